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

const maskSize = 4;

/** The most that a frame has before its payload, unmasked, in bytes. */
export const maxHeadSize = 10;

/** Writes what comes before the payload of an unmasked frame (RFC 6455 §5.2) and gives the offset after it. `first` as in `buildFrame`. */
export function writeFrameHead(into: Uint8Array, at: number, first: number, length: number): number {
  into[at] = first;
  if (length < 126) {
    into[at + 1] = length;
    return at + 2;
  }
  if (length < 65_536) {
    into[at + 1] = 126;
    into[at + 2] = length >>> 8;
    into[at + 3] = length;
    return at + 4;
  }
  into[at + 1] = 127;
  writeU32(into, at + 2, Math.floor(length / 2 ** 32));
  writeU32(into, at + 6, length);
  return at + 10;
}

/**
 * A frame's bytes (RFC 6455 §5.2): its head and the payload itself, or both in one new buffer where it is masked.
 * `first` is the first byte: opcode, `FINAL`, `COMPRESSED`; `mask` is the four bytes of a fresh masking key.
 */
export function buildFrame(first: number, payload: Uint8Array, mask: Uint8Array | undefined): Uint8Array[] {
  const { length } = payload;
  const bytes = Buffer.allocUnsafe(mask ? maxHeadSize + maskSize + length : maxHeadSize);
  const headEnd = writeFrameHead(bytes, 0, first, length);
  if (mask === undefined) return length === 0 ? [bytes.subarray(0, headEnd)] : [bytes.subarray(0, headEnd), payload];
  const start = headEnd + maskSize;
  bytes[1] = (bytes[1] as number) | MASKED;
  bytes.set(mask, headEnd);
  bytes.set(payload, start);
  applyMask(bytes, start, start + length, maskingKey(mask, 0));
  return [bytes.subarray(0, start + length)];
}

function writeU32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}
