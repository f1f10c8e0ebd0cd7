import type { HeaderList } from '../core/headers.ts';
import { parseHttpDate } from './date.ts';
import { listMatches, matchesStrongly } from './entity-tag.ts';

/** What tells one state of a resource from another. */
export interface Validators {
  readonly entityTag: string | undefined;
  /** Seconds since 1970. */
  readonly modifiedSeconds: number | undefined;
}

/** How If-Modified-Since is compared: not at all, with the very time, or with that time or a later one. */
export type ModifiedComparison = 'off' | 'exact' | 'before';

/**
 * Whether a GET or HEAD is to be answered, by its preconditions in the order of RFC 9110 §13.2.2; else `not-modified` is 304 and `failed` 412.
 * nginx looks at the dates also where there are entity tags.
 */
export function evaluatePreconditions(
  request: HeaderList,
  { entityTag, modifiedSeconds }: Validators,
  comparison: ModifiedComparison,
): 'go-on' | 'not-modified' | 'failed' {
  const ifMatch = listOf(request, 'if-match');
  if (ifMatch !== undefined) {
    if (!listMatches(ifMatch, entityTag, 'strong')) return 'failed';
  } else if (isModifiedAfter(request.get('if-unmodified-since'), modifiedSeconds)) {
    return 'failed';
  }
  const ifNoneMatch = listOf(request, 'if-none-match');
  if (ifNoneMatch !== undefined) return listMatches(ifNoneMatch, entityTag, 'weak') ? 'not-modified' : 'go-on';
  if (comparison === 'off') return 'go-on';
  const since = request.get('if-modified-since');
  if (since === undefined || modifiedSeconds === undefined) return 'go-on';
  const seconds = parseHttpDate(since);
  if (seconds === undefined) return 'go-on';
  const isSame = comparison === 'exact' ? seconds === modifiedSeconds : seconds >= modifiedSeconds;
  return isSame ? 'not-modified' : 'go-on';
}

/** Whether ranges may be sent, by If-Range (RFC 9110 §13.1.5); `field` is undefined where the request has none. */
export function ifRangeHolds(field: string | undefined, { entityTag, modifiedSeconds }: Validators): boolean {
  if (field === undefined) return true;
  if (field.endsWith('"')) return entityTag !== undefined && matchesStrongly(field, entityTag);
  return modifiedSeconds !== undefined && parseHttpDate(field) === modifiedSeconds;
}

/** A date that is none is as if it were not there (RFC 9110 §13.1.4). */
function isModifiedAfter(field: string | undefined, modifiedSeconds: number | undefined): boolean {
  if (field === undefined || modifiedSeconds === undefined) return false;
  const seconds = parseHttpDate(field);
  return seconds !== undefined && modifiedSeconds > seconds;
}

/** The values of all fields of that name, as one list. */
function listOf(request: HeaderList, name: string): string | undefined {
  return request.get(name) === undefined ? undefined : request.getAll(name).join(', ');
}
