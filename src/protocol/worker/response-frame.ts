import { ProtocolError } from '../../core/errors.ts';
import { HeaderList, TOKEN, VALUE } from '../../core/headers.ts';

const LF = 10;
const headAt = 6;

/** What a RESPONSE or INFORM frame says. */
export interface ResponseFrame {
  readonly status: number;
  /** '' where the app chose none. */
  readonly reason: string;
  readonly headers: HeaderList;
  /** Where the body bytes begin in the frame's payload. */
  readonly bodyStart: number;
}

/**
 * Reads `bytes[start, end)`, the payload of a RESPONSE or INFORM; header names are lower-cased in place and the headers are a
 * view. Throws ProtocolError `worker-protocol` where the layout is broken and `app-response-invalid` where the app's head is
 * not valid HTTP.
 */
export function readResponseFrame(bytes: Buffer, start: number, end: number): ResponseFrame {
  if (end - start < headAt) throw new ProtocolError('worker-protocol', 'Cannot read an answer: the frame is too short');
  const headEnd = start + headAt + bytes.readUInt32LE(start);
  if (headEnd > end || bytes[headEnd - 1] !== LF) {
    throw new ProtocolError('worker-protocol', 'Cannot read an answer: its head does not end in the frame');
  }
  const status = bytes.readUInt16LE(start + 4);
  if (status < 100 || status > 599) throw new ProtocolError('app-response-invalid', `Cannot send status ${status}`);
  let at = start + headAt;
  while (bytes[at] !== LF) at += VALUE[bytes[at] as number] ? 1 : badHead('the reason phrase');
  const reason = at === start + headAt ? '' : bytes.toString('latin1', start + headAt, at);
  return { status, reason, headers: readFields(bytes, at + 1, headEnd), bodyStart: headEnd };
}

/** Reads the fields `bytes[start, end)`, each name and value ended by LF: a view, with the names lower-cased in place. */
export function readFields(bytes: Buffer, start: number, end: number): HeaderList {
  if (start >= end) return HeaderList.empty;
  if (bytes[end - 1] !== LF) badHead('a header value');
  let at = start;
  while (at < end) {
    const nameStart = at;
    while (bytes[at] !== LF) {
      const lower = TOKEN[bytes[at] as number] as number;
      if (lower === 0) badHead('a header name');
      bytes[at++] = lower;
    }
    if (at++ === nameStart || at === end) badHead('a header name');
    while (bytes[at] !== LF) at += VALUE[bytes[at] as number] ? 1 : badHead('a header value');
    at++;
  }
  return HeaderList.ofValidBlock(bytes, start, end);
}

function badHead(part: string): never {
  throw new ProtocolError(
    'app-response-invalid',
    `Cannot send the app's answer: ${part} holds a character that HTTP does not allow`,
  );
}
