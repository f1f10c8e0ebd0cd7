import { codeLengths, codes } from './huffman-code.ts';

/** Bytes that `bytes[from, to)` has in Huffman code. */
export function huffmanSize(bytes: Uint8Array, from: number, to: number): number {
  let bits = 0;
  for (let at = from; at < to; at++) bits += codeLengths[bytes[at] as number] as number;
  return (bits + 7) >>> 3;
}

/** Writes `bytes[from, to)` in Huffman code (RFC 7541 §5.2) and gives the end. */
export function encodeHuffman(bytes: Uint8Array, from: number, to: number, into: Uint8Array, place: number): number {
  let end = place;
  // The lowest `count` bits of `bits` are not written yet: 7 at most before a code is added, of which 16 bits at a time.
  let bits = 0;
  let count = 0;
  for (let at = from; at < to; at++) {
    const symbol = bytes[at] as number;
    const code = codes[symbol] as number;
    let length = codeLengths[symbol] as number;
    if (length > 16) {
      length -= 16;
      bits = (bits << length) | (code >>> 16);
      count += length;
      while (count >= 8) {
        count -= 8;
        into[end++] = bits >>> count;
      }
      length = 16;
    }
    bits = (bits << length) | (code & 0xffff);
    count += length;
    while (count >= 8) {
      count -= 8;
      into[end++] = bits >>> count;
    }
  }
  if (count > 0) into[end++] = (bits << (8 - count)) | (0xff >>> count);
  return end;
}
