import type { HeaderList } from '../../core/headers.ts';
import type { StoredHead } from '../cache-store.ts';
import type { CachePolicy, FetchedAnswer } from './policy.ts';
import { directivesOf } from './rfc-freshness.ts';
import { isForAll, storedHeadOf } from './stored-head.ts';

/** Fields of a 304 that say nothing of the stored answer: they are of its content (RFC 9111 §3.2), or choose it. */
const notUpdated: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'etag',
]);

/** Fields of a request that make it conditional, or ask for a part. They are the client's, and not for what is kept. */
export const conditionFields: readonly string[] = [
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
];

/** Most entity tags of one request. */
const maxTags = 16;

/** The fields that ask whether an answer still holds (RFC 9111 §4.3.1); none where nothing tells it from others. */
export function validationFields({ headers }: StoredHead): readonly (readonly [name: string, value: string])[] {
  const tag = headers.get('etag');
  const modified = headers.get('last-modified');
  const fields: (readonly [string, string])[] = [];
  if (tag !== undefined) fields.push(['if-none-match', tag]);
  if (modified !== undefined) fields.push(['if-modified-since', modified]);
  return fields;
}

/**
 * The same for a request that none of the key's answers was made for: one of them may be what it would get. Strong tags alone say that, as
 * those of a packed and a plain answer may match weakly.
 */
export function variantFields(heads: readonly StoredHead[]): readonly (readonly [name: string, value: string])[] {
  const tags = new Set(heads.map(({ headers }) => headers.get('etag')).filter((tag) => tag?.startsWith('"')));
  return tags.size === 0 ? [] : [['if-none-match', [...tags].slice(0, maxTags).join(', ')]];
}

/** Which of these variants a 304 is about (RFC 9111 §4.3.4); undefined where it does not say. */
export function variantOf<T extends { readonly head: StoredHead }>(
  variants: readonly T[],
  headers: HeaderList,
): T | undefined {
  const tag = headers.get('etag');
  return tag?.startsWith('"') ? variants.find(({ head }) => head.headers.get('etag') === tag) : undefined;
}

/** A stored answer that was asked for anew, and what becomes of the one that is kept. */
export interface Freshened {
  /** For the one who asked. */
  readonly head: StoredHead;
  /** `kept`: with this head; `untouched`: as it was; `gone`: it must not be kept any more. */
  readonly stored: 'kept' | 'untouched' | 'gone';
}

/** A stored answer that a 304 has confirmed, or a HEAD: with its fields and its times. */
export function freshened(
  stored: StoredHead,
  request: HeaderList,
  answer: FetchedAnswer,
  policy: CachePolicy,
): Freshened {
  const { requestedAt, respondedAt } = answer;
  const { status, reason } = stored;
  const merged = mergedFields(stored.headers, answer.headers);
  const own: StoredHead = { ...stored, headers: merged, requestedAt, respondedAt, freshUntil: respondedAt };
  if (!mayChange(request, answer.headers, policy)) return { head: own, stored: 'untouched' };
  // Whoever may change an answer that is kept may have it confirmed.
  const asked = request.without('authorization');
  const head = storedHeadOf(asked, { status, reason, headers: merged, requestedAt, respondedAt }, policy);
  if (!head) return { head: own, stored: 'gone' };
  // nginx gives the fields as they were.
  if (policy.rules === 'nginx')
    return { head: { ...head, headers: stored.headers, vary: stored.vary }, stored: 'kept' };
  // It is not known which requests it is for, if it depends on other fields than were looked at when it was stored.
  const variesAlike = String(head.vary.map(nameOf)) === String(stored.vary.map(nameOf));
  return variesAlike ? { head: { ...head, vary: stored.vary }, stored: 'kept' } : { head: own, stored: 'gone' };
}

function nameOf([name]: StoredHead['vary'][number]): string {
  return name;
}

/** Whether what was said to this request may be told to others with what is stored. nginx takes no notice of who asks. */
export function mayChange(request: HeaderList, answer: HeaderList, policy: CachePolicy): boolean {
  return policy.rules === 'nginx' || !request.has('authorization') || isForAll(directivesOf(answer, policy).control);
}

/** Whether the answer to a HEAD is about what is stored (RFC 9111 §4.3.5). */
export function isSameByHead(stored: StoredHead, length: number, headers: HeaderList): boolean {
  for (const name of ['etag', 'last-modified']) {
    const value = headers.get(name);
    if (value !== undefined && value !== stored.headers.get(name)) return false;
  }
  const said = headers.get('content-length');
  return said === undefined || Number(said) === length;
}

/** An Age or a Date that is not said again is not that of the answer any more. */
function mergedFields(stored: HeaderList, update: HeaderList): HeaderList {
  const fields = [...update].filter(([name]) => !notUpdated.has(name));
  return stored.without('age', 'date', ...new Set(fields.map(([name]) => name))).withAll(fields);
}
