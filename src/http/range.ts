/** Bytes `start` to `end` of content, `end` not counted. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** `whole`: the range is as if it were not there. */
export type RangeDecision = 'whole' | 'unsatisfiable' | readonly ByteRange[];

const unit = /^bytes=/i;
const unitLength = 'bytes='.length;
const rangeSpec = / *(?:(\d+) *- *(?:(\d+) *)?|-(\d+) *)(,|$)/y;
/** The largest number that nginx reads; more is 416 (http.md 259). */
const largest = '9223372036854775807';

/**
 * Which bytes of content a Range field asks for (RFC 9110 §14.2), in its order, as nginx decides it: what is no range is unsatisfiable, and
 * more than `most` ranges, or ranges that have more bytes together than the content, are the whole.
 */
export function decideRanges(field: string, size: number, most: number): RangeDecision {
  if (most === 0 || field.length === unitLength || !unit.test(field)) return 'whole';
  const ranges: ByteRange[] = [];
  let sum = 0;
  rangeSpec.lastIndex = unitLength;
  for (let isLast = false; !isLast; ) {
    const match = rangeSpec.exec(field);
    if (!match) return 'unsatisfiable';
    const [, first, last, suffix, separator] = match;
    if (isTooLarge(first) || isTooLarge(last) || isTooLarge(suffix)) return 'unsatisfiable';
    const start = first === undefined ? Math.max(0, size - Number(suffix)) : Number(first);
    const end = last === undefined ? size : Math.min(size, Number(last) + 1);
    if (start < end) {
      if (ranges.length === most) return 'whole';
      ranges.push({ start, end });
      sum += end - start;
    } else if (start === 0) {
      return 'whole';
    }
    isLast = separator !== ',';
  }
  if (ranges.length === 0) return 'unsatisfiable';
  return sum > size ? 'whole' : ranges;
}

function isTooLarge(digits: string | undefined): boolean {
  if (digits === undefined || digits.length < largest.length) return false;
  const significant = digits.replace(/^0+/, '');
  return significant.length > largest.length || (significant.length === largest.length && significant > largest);
}
