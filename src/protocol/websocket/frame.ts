import { applyMask, maskingKey } from './mask.ts';

/** The kinds of frames (RFC 6455 §11.8). */
export const Opcode = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** The most that a control frame's payload may have, in bytes (RFC 6455 §5.5). */
export const maxControlSize = 125;

export const FINAL = 0x80;
/** RSV1, which says that the message is compressed (RFC 7692 §6). */
export const COMPRESSED = 0x40;
export const MASKED = 0x80;

/**
 * A frame's bytes (RFC 6455 §5.2): its head and the payload itself, or both in one new buffer where it is masked.
 * `first` is the first byte: opcode, `FINAL`, `COMPRESSED`; `mask` is the four bytes of a fresh masking key.
 */
export function buildFrame(first: number, payload: Uint8Array, mask: Uint8Array | undefined): Uint8Array[] {
  const { length } = payload;
  const headSize = (length < 126 ? 2 : length < 65_536 ? 4 : 10) + (mask ? 4 : 0);
  const bytes = Buffer.allocUnsafe(mask ? headSize + length : headSize);
  bytes[0] = first;
  if (length < 126) {
    bytes[1] = length;
  } else if (length < 65_536) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeUInt32BE(Math.floor(length / 2 ** 32), 2);
    bytes.writeUInt32BE(length >>> 0, 6);
  }
  if (mask === undefined) return length === 0 ? [bytes] : [bytes, payload];
  bytes[1] = (bytes[1] as number) | MASKED;
  bytes.set(mask, headSize - 4);
  bytes.set(payload, headSize);
  applyMask(bytes, headSize, bytes.length, maskingKey(mask, 0));
  return [bytes];
}
