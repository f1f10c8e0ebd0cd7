// Below this many bytes, making a view of words costs more than it saves.
const wordThreshold = 128;

const keyBytes = new Uint8Array(4);
const keyWord = new Int32Array(keyBytes.buffer);

/** The masking key at `bytes[at, at + 4)` as a number, its first byte lowest. */
export function maskingKey(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** The key as it applies `by` bytes further on. */
export function rotatedKey(key: number, by: number): number {
  const bits = (by & 3) * 8;
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}

/** Masks or unmasks `bytes[start, end)` in place, the key's first byte at `start` (RFC 6455 §5.3). */
export function applyMask(bytes: Uint8Array, start: number, end: number, key: number): void {
  if (end - start < wordThreshold) {
    maskBytes(bytes, start, end, key);
    return;
  }
  const wordsStart = start + (-(bytes.byteOffset + start) & 3);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + wordsStart, (end - wordsStart) >> 2);
  const wordsEnd = wordsStart + words.length * 4;
  const aligned = rotatedKey(key, wordsStart - start);
  const word = inHostOrder(aligned);
  maskBytes(bytes, start, wordsStart, key);
  for (let index = 0; index < words.length; index++) words[index] = (words[index] as number) ^ word;
  maskBytes(bytes, wordsEnd, end, aligned);
}

function maskBytes(bytes: Uint8Array, start: number, end: number, key: number): void {
  const key1 = key >>> 8;
  const key2 = key >>> 16;
  const key3 = key >>> 24;
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    bytes[at] = (bytes[at] as number) ^ key;
    bytes[at + 1] = (bytes[at + 1] as number) ^ key1;
    bytes[at + 2] = (bytes[at + 2] as number) ^ key2;
    bytes[at + 3] = (bytes[at + 3] as number) ^ key3;
  }
  if (at < end) bytes[at] = (bytes[at] as number) ^ key;
  if (at + 1 < end) bytes[at + 1] = (bytes[at + 1] as number) ^ key1;
  if (at + 2 < end) bytes[at + 2] = (bytes[at + 2] as number) ^ key2;
}

function inHostOrder(key: number): number {
  keyBytes[0] = key;
  keyBytes[1] = key >>> 8;
  keyBytes[2] = key >>> 16;
  keyBytes[3] = key >>> 24;
  return keyWord[0] as number;
}
