import { endOfField, type HeaderList, nameAt, nameEnd } from '../../core/headers.ts';

/** What of a request's fields matters to a cache, as bits: most requests have none of it, and one look finds that out. */
export const trait = {
  /** Says what may be given: `cache-control`, `pragma`. */
  wish: 1,
  /** `if-none-match` and its like. */
  condition: 2,
  range: 4,
  /** Some apps take another method from it than that of the request. */
  methodOverride: 8,
} as const;

const traits: ReadonlyMap<string, number> = new Map([
  ['cache-control', trait.wish],
  ['pragma', trait.wish],
  ['if-match', trait.condition],
  ['if-none-match', trait.condition],
  ['if-modified-since', trait.condition],
  ['if-unmodified-since', trait.condition],
  ['if-range', trait.range],
  ['range', trait.range],
  ['x-http-method', trait.methodOverride],
  ['x-http-method-override', trait.methodOverride],
  ['x-method-override', trait.methodOverride],
]);

/** Which lengths and first letters such names have, so that the others need not become strings. */
const lookups: ReadonlySet<number> = new Set(
  Array.from(traits.keys(), (name) => (name.length << 8) | name.charCodeAt(0)),
);

/** All bits of what a request has. */
export function traitsOf({ bytes, start, end }: HeaderList): number {
  let found = 0;
  for (let at = start; at < end; at = endOfField(bytes, at)) {
    const ending = nameEnd(bytes, at);
    const length = ending - at - nameAt;
    if (lookups.has((length << 8) | (bytes[at + nameAt] as number))) {
      found |= traits.get(bytes.toString('latin1', at + nameAt, ending)) ?? 0;
    }
  }
  return found;
}
