import type { HeaderList } from '../../core/headers.ts';
import type { StoredHead } from '../cache-store.ts';

/** Fields whose order says nothing, so that their members are sorted. */
const unordered: ReadonlySet<string> = new Set(['accept-encoding']);
/** Fields whose case says nothing. */
const caseless: ReadonlySet<string> = new Set(['accept-encoding', 'accept-language', 'accept-charset', 'accept']);

/** Most fields that an answer may vary by: each is looked at for each request. */
const maxNames = 32;

/** The names of a Vary field, lower-case and sorted; `any` where it names `*`, or more than are looked at (RFC 9110 §12.5.5). */
export function varyNames(headers: HeaderList): readonly string[] | 'any' {
  const names = new Set<string>();
  for (const value of headers.getAll('vary')) {
    for (const part of value.split(',')) {
      const name = part.trim().toLowerCase();
      if (name === '*') return 'any';
      if (name !== '') names.add(name);
    }
  }
  return names.size > maxNames ? 'any' : [...names].sort();
}

/** What a request has of these fields. */
export function varyValues(names: readonly string[], request: HeaderList): StoredHead['vary'] {
  return names.map((name) => [name, normalisedValue(name, request)] as const);
}

/** Whether an answer was made for such a request (RFC 9111 §4.1). */
export function matchesVary(vary: StoredHead['vary'], request: HeaderList): boolean {
  for (const [name, value] of vary) {
    if (normalisedValue(name, request) !== value) return false;
  }
  return true;
}

/** All values as one list, without spaces around its members. A field that is not there is told from an empty one. */
function normalisedValue(name: string, request: HeaderList): string {
  const values = request.getAll(name);
  if (values.length === 0) return '\0';
  let text = values.join(',');
  if (caseless.has(name)) text = text.toLowerCase();
  if (!text.includes(',') && !/^[ \t]|[ \t]$/.test(text)) return text;
  // A comma in a quoted string separates nothing; two that differ there alone still differ.
  const members = text.split(',').map((member) => member.trim());
  return (unordered.has(name) ? members.sort() : members).join(',');
}
