/** A set of bytes: bit n stands for byte n. Only worked with while patterns are compiled. */
export type ByteSet = bigint;

export const allBytes: ByteSet = (1n << 256n) - 1n;

export function range(first: number, last: number): ByteSet {
  return ((1n << BigInt(last - first + 1)) - 1n) << BigInt(first);
}

export function oneOf(characters: string): ByteSet {
  let set = 0n;
  for (const character of characters) set |= 1n << BigInt(character.charCodeAt(0));
  return set;
}

export function not(set: ByteSet): ByteSet {
  return allBytes ^ set;
}

const upper = range(65, 90);
const lower = range(97, 122);

/** With both cases of each ASCII letter; other bytes have no case, as in PCRE without UTF. */
export function withBothCases(set: ByteSet): ByteSet {
  return set | ((set & upper) << 32n) | ((set & lower) >> 32n);
}

/** The ranges that a set has, in order. */
export function rangesOf(set: ByteSet): [first: number, last: number][] {
  const ranges: [number, number][] = [];
  for (let byte = 0; byte < 256; byte++) {
    if (((set >> BigInt(byte)) & 1n) === 0n) continue;
    const last = ranges.at(-1);
    if (last && last[1] === byte - 1) last[1] = byte;
    else ranges.push([byte, byte]);
  }
  return ranges;
}

const digit = range(48, 57);
const alpha = upper | lower;
const space = oneOf(' \t\n\v\f\r');

/** By the letter after a backslash. */
export const escapedSets: ReadonlyMap<string, ByteSet> = new Map([
  ['d', digit],
  ['D', not(digit)],
  ['w', digit | alpha | oneOf('_')],
  ['W', not(digit | alpha | oneOf('_'))],
  ['s', space],
  ['S', not(space)],
  ['h', oneOf(' \t\xa0')],
  ['H', not(oneOf(' \t\xa0'))],
  ['v', oneOf('\n\v\f\r\x85')],
  ['V', not(oneOf('\n\v\f\r\x85'))],
  ['N', not(oneOf('\n'))],
]);

/** By the name between `[:` and `:]`. */
export const posixSets: ReadonlyMap<string, ByteSet> = new Map([
  ['alnum', digit | alpha],
  ['alpha', alpha],
  ['ascii', range(0, 127)],
  ['blank', oneOf(' \t')],
  ['cntrl', range(0, 31) | range(127, 127)],
  ['digit', digit],
  ['graph', range(33, 126)],
  ['lower', lower],
  ['print', range(32, 126)],
  ['punct', range(33, 126) & not(digit | alpha)],
  ['space', space],
  ['upper', upper],
  ['word', digit | alpha | oneOf('_')],
  ['xdigit', digit | range(65, 70) | range(97, 102)],
]);
