const semicolon = 0x3b;
const space = 0x20;
const tab = 0x09;

/** Bytes of the field that are read at most; it names a handful of codings. */
const longestField = 1024;

/**
 * How much a client wants a content coding (lower-case), by its Accept-Encoding (RFC 9110 §12.5.3): 1 to 1000 thousandths, 0 where it does
 * not take it. `field` is undefined where the request has none: then nothing but `identity` is sure to be understood.
 */
export function encodingWeight(field: string | undefined, coding: string): number {
  return namedWeight(field ?? '', coding) ?? (coding === 'identity' ? 1 : 0);
}

/**
 * The coding of `offered` (lower-case, best first) that a client wants most; undefined where it is best served with the content as it is.
 * Of codings that it wants alike the first one is taken.
 */
export function chooseEncoding<Coding extends string>(
  field: string | undefined,
  offered: readonly Coding[],
): Coding | undefined {
  if (field === undefined) return undefined;
  let best: Coding | undefined;
  let most = 0;
  for (const coding of offered) {
    const weight = encodingWeight(field, coding);
    if (weight <= most) continue;
    best = coding;
    most = weight;
  }
  return most >= (namedWeight(field, 'identity') ?? 0) ? best : undefined;
}

/** The weight that the field gives to a coding, by name or by `*`; undefined where it says nothing of it. */
function namedWeight(field: string, coding: string): number | undefined {
  const end = Math.min(field.length, longestField);
  let rest: number | undefined;
  // An element that is cut off is not read.
  for (let at = 0; at < end; ) {
    let next = field.indexOf(',', at);
    if (next < 0) next = field.length;
    if (next > end) break;
    const start = afterSpace(field, at, next);
    let nameEnd = start;
    while (nameEnd < next && !endsName(field.charCodeAt(nameEnd))) nameEnd++;
    if (isNamed(field, start, nameEnd, coding)) return weightOf(field, nameEnd, next);
    if (nameEnd === start + 1 && field[start] === '*') rest = weightOf(field, nameEnd, next);
    at = next + 1;
  }
  return rest;
}

function endsName(code: number): boolean {
  return code === semicolon || code === space || code === tab;
}

function afterSpace(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && (text.charCodeAt(at) === space || text.charCodeAt(at) === tab)) at++;
  return at;
}

/** Names are compared without regard to case; `x-gzip` is gzip (RFC 9110 §8.4.1.3). */
function isNamed(field: string, start: number, end: number, coding: string): boolean {
  const from = coding === 'gzip' && end - start === 6 && /^x-/i.test(field.slice(start, start + 2)) ? start + 2 : start;
  if (end - from !== coding.length) return false;
  for (let index = 0; index < coding.length; index++) {
    const code = field.charCodeAt(from + index);
    const lower = code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
    if (lower !== coding.charCodeAt(index)) return false;
  }
  return true;
}

const weight = /^[ \t]*;[ \t]*q[ \t]*=[ \t]*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*$/i;

/** A weight that is no weight (RFC 9110 §12.4.2) counts as 0: nothing is sent that may not be understood. */
function weightOf(field: string, from: number, end: number): number {
  if (afterSpace(field, from, end) === end) return 1000;
  const match = weight.exec(field.slice(from, end));
  return match ? Math.round(Number(match[1]) * 1000) : 0;
}
