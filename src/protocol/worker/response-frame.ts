import { ProtocolError } from '../../core/errors.ts';
import { HeaderList, nameAt, TOKEN, VALUE } from '../../core/headers.ts';

const headAt = 6;
const listHead = 5;

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
  if (end - start <= headAt)
    throw new ProtocolError('worker-protocol', 'Cannot read an answer: the frame is too short');
  const headEnd = start + headAt + readU32(bytes, start);
  const reasonStart = start + headAt + 1;
  const reasonEnd = reasonStart + (bytes[start + headAt] as number);
  if (headEnd > end || reasonEnd > headEnd) {
    throw new ProtocolError('worker-protocol', 'Cannot read an answer: its head is longer than the frame');
  }
  const status = (bytes[start + 4] as number) | ((bytes[start + 5] as number) << 8);
  if (status < 100 || status > 599) throw new ProtocolError('app-response-invalid', `Cannot send status ${status}`);
  for (let at = reasonStart; at < reasonEnd; at++) if (!VALUE[bytes[at] as number]) badHead('the reason phrase');
  const reason = reasonStart === reasonEnd ? '' : bytes.toString('latin1', reasonStart, reasonEnd);
  return { status, reason, headers: readFields(bytes, reasonEnd, headEnd), bodyStart: headEnd };
}

/**
 * Reads `bytes[start, end)`, a marshalled list of pairs of byte strings: a view, with the names lower-cased in place.
 * Throws ProtocolError as `readResponseFrame` does.
 */
export function readFields(bytes: Buffer, start: number, end: number): HeaderList {
  const first = start + listHead;
  if (first > end || !isSequence(bytes[start])) notPairs();
  let count = 0;
  for (let at = first; at < end; count++) {
    // The sizes are checked before anything is read by them.
    const nameStart = at + nameAt;
    if (nameStart > end || !isSequence(bytes[at]) || readU32(bytes, at + 1) !== 2) notPairs();
    const nameStop = nameStart + sizeOfString(bytes, at + 5, end);
    const value = nameStop + 5;
    if (value > end) notPairs();
    const stop = value + sizeOfString(bytes, nameStop, end);
    if (stop > end) notPairs();
    if (nameStop === nameStart) badHead('a header name');
    for (let index = nameStart; index < nameStop; index++) {
      const lower = TOKEN[bytes[index] as number] as number;
      if (lower === 0) badHead('a header name');
      bytes[index] = lower;
    }
    for (let index = value; index < stop; index++) if (!VALUE[bytes[index] as number]) badHead('a header value');
    at = stop;
  }
  if (count !== readU32(bytes, start + 1)) notPairs();
  return count === 0 ? HeaderList.empty : HeaderList.ofValidBlock(bytes, first, end);
}

/** A list or a tuple: apps give either. */
function isSequence(code: number | undefined): boolean {
  return code === 0x5b || code === 0x28;
}

function sizeOfString(bytes: Buffer, at: number, end: number): number {
  if (bytes[at] !== 0x73) notPairs();
  const size = readU32(bytes, at + 1);
  if (size > end - at) notPairs();
  return size;
}

/** As `readUInt32LE`, which checks its arguments once more. */
function readU32(bytes: Buffer, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
  return (bytes[at + 3] as number) * 0x1000000 + low;
}

function notPairs(): never {
  throw new ProtocolError(
    'app-response-invalid',
    "Cannot send the app's answer: its headers are not pairs of a name and a value in bytes",
  );
}

function badHead(part: string): never {
  throw new ProtocolError(
    'app-response-invalid',
    `Cannot send the app's answer: ${part} holds a character that HTTP does not allow`,
  );
}
