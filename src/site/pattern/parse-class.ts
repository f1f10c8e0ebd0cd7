import { type ByteSet, escapedSets, not, oneOf, posixSets, range, withBothCases } from './byte-set.ts';
import { characterEscape, type PatternReader } from './pattern-reader.ts';

/** Reads what follows a `[`, up to its `]`. */
export function parseClass(reader: PatternReader, ignoreCase: boolean): ByteSet {
  const isNegated = reader.take('^');
  let set = 0n;
  for (let isFirst = true; isFirst || reader.peek() !== ']'; isFirst = false) {
    if (reader.isAtEnd) throw reader.error('missing terminating ] for character class');
    if (reader.take('\\E')) continue;
    const quoted = reader.takeMatch(/\\Q([\s\S]*?)(?:\\E|$)/y);
    if (quoted) {
      set |= oneOf(quoted[1] ?? '');
      continue;
    }
    const posix = reader.takeMatch(/\[:(\^?)([a-z]+):\]/y);
    if (posix) {
      const named = posixSets.get(posix[2] ?? '');
      if (named === undefined) throw reader.error('unknown POSIX class name');
      set |= posix[1] === '^' ? not(named) : named;
      continue;
    }
    const first = parseItem(reader);
    if (typeof first !== 'number') {
      set |= first;
      continue;
    }
    set |= parseRange(reader, first);
  }
  reader.take(']');
  const whole = ignoreCase ? withBothCases(set) : set;
  return isNegated ? not(whole) : whole;
}

/** A byte, or the range that begins with it. */
function parseRange(reader: PatternReader, first: number): ByteSet {
  const start = reader.at;
  if (!reader.take('-')) return range(first, first);
  if (reader.peek() === ']' || reader.isAtEnd) {
    reader.at = start;
    return range(first, first);
  }
  const last = parseItem(reader);
  if (typeof last !== 'number') throw reader.error('invalid range in character class');
  if (last < first) throw reader.error('range out of order in character class');
  return range(first, last);
}

function parseItem(reader: PatternReader): number | ByteSet {
  if (!reader.take('\\')) return reader.next().charCodeAt(0);
  const letter = reader.peek();
  const set = letter === 'N' ? undefined : escapedSets.get(letter);
  if (set !== undefined) {
    reader.next();
    return set;
  }
  if (reader.take('b')) return 8;
  return characterEscape(reader, true);
}
