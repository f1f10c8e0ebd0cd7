import type { HeaderList } from '../../core/headers.ts';
import { maxDeltaSeconds } from '../../http/cache-control.ts';
import { parseHttpDate } from '../../http/date.ts';

/**
 * The seconds of an Age field. `invalid` where there are several or what is there is no number: the answer is then taken to be stale, since
 * nobody can say which one is true (RFC 9111 §5.1 would let the first count; public caches do as they like here).
 */
export function ageField(headers: HeaderList): number | 'invalid' {
  const values = headers.getAll('age');
  const [value, ...more] = values;
  if (value === undefined) return 0;
  if (more.length > 0 || !/^\d+$/.test(value.trim())) return 'invalid';
  return Math.min(Number(value), maxDeltaSeconds);
}

/** How old an answer was when it came, in milliseconds (RFC 9111 §4.2.3, corrected_initial_age). Times in milliseconds since 1970. */
export function initialAge(headers: HeaderList, requestedAt: number, respondedAt: number): number {
  const date = parseHttpDate(headers.get('date') ?? '');
  const field = ageField(headers);
  const apparent = date === undefined ? 0 : Math.max(0, Math.floor(respondedAt / 1000) - date) * 1000;
  const corrected = (field === 'invalid' ? 0 : field * 1000) + (respondedAt - requestedAt);
  return Math.max(apparent, corrected);
}
