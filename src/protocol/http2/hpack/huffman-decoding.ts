import { codeLengths, codes, endOfString, longestCode, symbolsByCode } from './huffman-code.ts';

/** What {@link decodeHuffman} answers for what no encoder writes: EOS, padding of 8 bits or more, or of others than ones. */
export const badHuffman = -1;
/** What it answers where there are more bytes than there may be. */
export const tooLongHuffman = -2;

/** The most bytes that so many encoded ones can be: the shortest codes have 5 bits. */
export function decodedHuffmanBound(size: number): number {
  return (8 * size) / 5 + 1;
}

/** The bits that are looked up at once: two of most characters. */
const windowBits = 12;
const windowMask = (1 << windowBits) - 1;

/**
 * What begins with these bits: the first symbol, the second << 8, the bits of both << 16, those of the first << 20, how many there
 * are << 24. 0 where not even one is complete.
 */
const windows: Int32Array = windowsOf();

/** By their length: the first code, how many there are, and where their symbols begin in `symbolsByCode`. */
const firstCodes = new Uint32Array(longestCode + 1);
const codeCounts = new Uint16Array(longestCode + 1);
const firstSymbols = new Uint16Array(longestCode + 1);
for (const [order, symbol] of symbolsByCode.entries()) {
  const length = codeLengths[symbol] as number;
  if (codeCounts[length] === 0) {
    firstCodes[length] = codes[symbol] as number;
    firstSymbols[length] = order;
  }
  codeCounts[length] = (codeCounts[length] as number) + 1;
}

/**
 * Decodes `input[from, to)` (RFC 7541 §5.2) to `out[outFrom, outTo)` and gives the end; `out` has two bytes more than that. Gives
 * {@link badHuffman} or {@link tooLongHuffman} where it cannot.
 */
export function decodeHuffman(
  input: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  outFrom: number,
  outTo: number,
): number {
  let at = from;
  let end = outFrom;
  // The lowest `count` bits of `bits` are those that were read and not decoded.
  let bits = 0;
  let count = 0;
  for (;;) {
    if (count < windowBits) {
      while (count <= 24 && at < to) {
        bits = (bits << 8) | (input[at++] as number);
        count += 8;
      }
      if (count < windowBits) break;
    }
    const window = windows[(bits >>> (count - windowBits)) & windowMask] as number;
    if (window !== 0) {
      out[end] = window;
      out[end + 1] = window >>> 8;
      end += window >>> 24;
      count -= (window >>> 16) & 0xf;
    } else {
      const position = 8 * at - count;
      const code = longSymbol(input, position, to);
      if (code < 0) return badHuffman;
      out[end++] = code;
      const next = position + (code >>> 8);
      at = next >>> 3;
      count = 0;
      if ((next & 7) !== 0) {
        bits = input[at++] as number;
        count = 8 - (next & 7);
      }
    }
    if (end > outTo) return tooLongHuffman;
  }
  while (count > 0) {
    const missing = windowBits - count;
    const window = windows[((bits << missing) | ((1 << missing) - 1)) & windowMask] as number;
    const length = (window >>> 20) & 0xf;
    if (length === 0 || length > count) {
      const ones = (1 << count) - 1;
      return count < 8 && (bits & ones) === ones ? end : badHuffman;
    }
    if (end >= outTo) return tooLongHuffman;
    out[end++] = window;
    count -= length;
  }
  return end;
}

/** The symbol at a bit whose code is longer than a window, and the code's length << 8; -1 where there is none. */
function longSymbol(input: Uint8Array, position: number, to: number): number {
  let at = position >>> 3;
  const skipped = position & 7;
  const high = (byteAt(input, at++, to) << 16) | (byteAt(input, at++, to) << 8) | byteAt(input, at++, to);
  const low = (byteAt(input, at++, to) << 8) | byteAt(input, at, to);
  // 24 and 16 bits, of which the first `skipped` are not wanted: the next 30 are.
  const word = (((high << (8 + skipped)) >>> 2) | ((low << skipped) >>> 10)) >>> 0;
  const available = 8 * to - position;
  for (let length = windowBits + 1; length <= longestCode && length <= available; length++) {
    const offset = (word >>> (longestCode - length)) - (firstCodes[length] as number);
    if (offset >= 0 && offset < (codeCounts[length] as number)) {
      const symbol = symbolsByCode[(firstSymbols[length] as number) + offset] as number;
      return symbol === endOfString ? -1 : symbol | (length << 8);
    }
  }
  return -1;
}

function byteAt(input: Uint8Array, at: number, to: number): number {
  return at < to ? (input[at] as number) : 0;
}

function windowsOf(): Int32Array {
  const singles = new Int32Array(1 << windowBits);
  for (const symbol of symbolsByCode) {
    const length = codeLengths[symbol] as number;
    if (length > windowBits) break;
    const first = (codes[symbol] as number) << (windowBits - length);
    singles.fill(symbol | (length << 16) | (length << 20) | (1 << 24), first, first + (1 << (windowBits - length)));
  }
  return singles.map((first, window) => {
    const length = (first >>> 20) & 0xf;
    const second = singles[(window << length) & windowMask] as number;
    const both = length + ((second >>> 20) & 0xf);
    if (first === 0 || second === 0 || both > windowBits) return first;
    return (first & 0xff) | ((second & 0xff) << 8) | (both << 16) | (length << 20) | (2 << 24);
  });
}
