import { ProtocolError } from '../../core/errors.ts';

const codeSize = 2;
const fileHeadSize = 16;

/** Reads `bytes[start, end)`, the payload of a WS_CLOSE. Throws ProtocolError `worker-protocol`. */
export function readClose(
  bytes: Buffer,
  start: number,
  end: number,
): { readonly code: number; readonly reason: string } {
  if (end - start < codeSize) throw new ProtocolError('worker-protocol', 'A WS_CLOSE frame has no code');
  return { code: bytes.readUInt16LE(start), reason: bytes.toString('utf8', start + codeSize, end) };
}

/**
 * Reads `bytes[start, end)`, the payload of a FILE: bytes of a file, from an offset on. Throws ProtocolError `worker-protocol`,
 * also for what is larger than 2^53 - 1.
 */
export function readFilePart(
  bytes: Buffer,
  start: number,
  end: number,
): { readonly path: Buffer; readonly offset: number; readonly length: number } {
  if (end - start <= fileHeadSize) throw new ProtocolError('worker-protocol', 'A FILE frame has no path');
  const offset = Number(bytes.readBigUInt64LE(start));
  const length = Number(bytes.readBigUInt64LE(start + 8));
  if (!Number.isSafeInteger(offset + length)) throw new ProtocolError('worker-protocol', 'A FILE frame is too large');
  return { path: bytes.subarray(start + fileHeadSize, end), offset, length };
}
