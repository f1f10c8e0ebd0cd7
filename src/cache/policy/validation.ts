import type { HeaderList } from '../../core/headers.ts';
import type { StoredHead } from '../cache-store.ts';
import type { CachePolicy, FetchedAnswer } from './policy.ts';
import { storedHeadOf } from './stored-head.ts';

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

/**
 * A stored answer that a 304 has confirmed, or a HEAD: with its fields and its times. `isKept` is false where it must not be kept any
 * more; it may still be given to the one who asked.
 */
export function freshened(
  stored: StoredHead,
  request: HeaderList,
  answer: FetchedAnswer,
  policy: CachePolicy,
): { readonly head: StoredHead; readonly isKept: boolean } {
  const { requestedAt, respondedAt } = answer;
  const { status, reason } = stored;
  // Whoever may see an answer that is kept may have it confirmed.
  const asked = request.without('authorization');
  const merged = mergedFields(stored.headers, answer.headers);
  const head = storedHeadOf(asked, { status, reason, headers: merged, requestedAt, respondedAt }, policy);
  if (!head)
    return { head: { ...stored, headers: merged, requestedAt, respondedAt, freshUntil: respondedAt }, isKept: false };
  // nginx gives the fields as they were.
  const headers = policy.rules === 'nginx' ? stored.headers : head.headers;
  return { head: { ...head, headers, vary: stored.vary }, isKept: true };
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
