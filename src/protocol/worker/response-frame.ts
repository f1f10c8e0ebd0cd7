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
 * Reads `bytes[start, end)`, the payload of a RESPONSE or INFORM. Throws ProtocolError
 * `worker-protocol` where the layout is broken and `app-response-invalid` where the app's head is not valid HTTP.
 */
export function readResponseFrame(bytes: Buffer, start: number, end: number): ResponseFrame {
  if (end - start < headAt) throw new ProtocolError('worker-protocol', 'Cannot read an answer: the frame is too short');
  const headEnd = start + headAt + bytes.readUInt32LE(start);
  if (headEnd > end)
    throw new ProtocolError('worker-protocol', 'Cannot read an answer: its head is longer than the frame');
  const status = bytes.readUInt16LE(start + 4);
  if (status < 100 || status > 599) throw new ProtocolError('app-response-invalid', `Cannot send status ${status}`);
  let at = start + headAt;
  while (at < headEnd && bytes[at] !== LF) at += VALUE[bytes[at] as number] ? 1 : badHead('the reason phrase');
  const reason = at === start + headAt ? '' : bytes.toString('latin1', start + headAt, at);
  return { status, reason, headers: readFields(bytes, at + 1, headEnd), bodyStart: headEnd };
}

/** Reads fields separated by LF in `bytes[start, end)`: a copy with the names lower-cased and a final LF. */
export function readFields(bytes: Buffer, start: number, end: number): HeaderList {
  if (start >= end) return HeaderList.empty;
  const size = end - start;
  const block = Buffer.allocUnsafe(size + 1);
  bytes.copy(block, 0, start, end);
  block[size] = LF;
  let at = 0;
  while (at < size) {
    const nameStart = at;
    while (block[at] !== LF) {
      const lower = TOKEN[block[at] as number] as number;
      if (lower === 0) badHead('a header name');
      block[at++] = lower;
    }
    if (at === nameStart || at === size) badHead('a header name');
    at++;
    while (block[at] !== LF) at += VALUE[block[at] as number] ? 1 : badHead('a header value');
    at++;
  }
  return HeaderList.ofValidBlock(block, 0, size + 1);
}

function badHead(part: string): never {
  throw new ProtocolError(
    'app-response-invalid',
    `Cannot send the app's answer: ${part} holds a character that HTTP does not allow`,
  );
}
