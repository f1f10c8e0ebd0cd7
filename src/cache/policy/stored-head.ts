import { HeaderList } from '../../core/headers.ts';
import type { CacheControl } from '../../http/cache-control.ts';
import { formatHttpDate } from '../../http/date.ts';
import { reasonPhrase } from '../../http/status.ts';
import type { StoredHead } from '../cache-store.ts';
import { ageField } from './age.ts';
import { nginxFreshness } from './nginx-freshness.ts';
import {
  acceleratedLifetime,
  type CachePolicy,
  configuredLifetime,
  type FetchedAnswer,
  type Freshness,
} from './policy.ts';
import { type Directives, directivesOf, isHeuristicallyCacheable, rfcFreshness } from './rfc-freshness.ts';
import { varyNames, varyValues } from './vary.ts';

/** Of one connection, of one proxy, or for the server alone (RFC 9111 §3.1, RFC 9110 §7.6.1). */
const notStored: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-accel-expires',
];

/** Most tags of one answer. */
const maxTags = 128;

/** What a cache keeps of the answer to a GET with these fields, or undefined where it must not be kept or is of no use. */
export function storedHeadOf(request: HeaderList, answer: FetchedAnswer, policy: CachePolicy): StoredHead | undefined {
  const { status, headers } = answer;
  const { ignoredFields, keepsParts } = policy;
  if (status < 200 || status === 304 || (status === 206 && !keepsParts)) return undefined;
  // nginx, Varnish and all CDNs do so, though the RFC does not ask for it: what one client is known by would be given to others.
  if (headers.has('set-cookie') && !ignoredFields.includes('set-cookie')) return undefined;
  // What is sent elsewhere instead is not this answer.
  if (headers.has('x-accel-redirect')) return undefined;
  const vary = ignoredFields.includes('vary') ? [] : varyNames(headers);
  if (vary === 'any') return undefined;
  if (policy.rules === 'nginx') {
    const freshness = nginxFreshness(answer, policy);
    return freshness && headOf(request, answer, vary, freshness, headers.without(...notStored));
  }
  const directives = directivesOf(headers, policy);
  if (!mayStore(request, answer, directives, policy)) return undefined;
  const freshness = rfcFreshness(answer, policy, directives);
  const isUsable = freshness.lifetime !== 0 && freshness.mustRevalidate !== 'always';
  if (!isUsable && !headers.has('etag') && !headers.has('last-modified')) return undefined;
  if (acceleratedLifetime(headers, policy, answer.respondedAt) === 0) return undefined;
  return headOf(request, answer, vary, freshness, keptFields(answer, directives));
}

/** RFC 9111 §3. */
function mayStore(
  request: HeaderList,
  { status, headers }: FetchedAnswer,
  { control }: Directives,
  policy: CachePolicy,
): boolean {
  if (control.isMalformed) return false;
  // A status that is understood makes of must-understand that no-store does not count (RFC 9111 §5.2.2.3).
  if (control.mustUnderstand ? !isUnderstood(status) : control.noStore) return false;
  if (control.private === 'all') return false;
  if (request.has('authorization') && !isForAll(control)) return false;
  if (isHeuristicallyCacheable(status) || control.public || configuredLifetime(policy, status) !== undefined)
    return true;
  return (
    control.maxAge !== undefined ||
    control.sharedMaxAge !== undefined ||
    headers.has('expires') ||
    headers.has('x-accel-expires')
  );
}

/** Whether what one who is authorized was told may be told to others (RFC 9111 §3.5). */
export function isForAll(control: CacheControl): boolean {
  return control.public || control.mustRevalidate || control.sharedMaxAge !== undefined;
}

function isUnderstood(status: number): boolean {
  return reasonPhrase(status) !== '';
}

/** Without what must not be given to others, with a Date that it did not have (RFC 9110 §6.6.1). */
function keptFields({ headers, respondedAt }: FetchedAnswer, { control }: Directives): HeaderList {
  const names = [...notStored];
  for (const value of headers.getAll('connection'))
    names.push(...value.split(',').map((name) => name.trim().toLowerCase()));
  if (Array.isArray(control.noCache)) names.push(...control.noCache);
  if (Array.isArray(control.private)) names.push(...control.private);
  if (ageField(headers) === 'invalid') names.push('age');
  const kept = headers.without(...names);
  return kept.has('date') ? kept : kept.with('date', formatHttpDate(Math.floor(respondedAt / 1000)));
}

function headOf(
  request: HeaderList,
  { status, reason, requestedAt, respondedAt }: FetchedAnswer,
  vary: readonly string[],
  freshness: Freshness,
  headers: HeaderList,
): StoredHead {
  return {
    status,
    reason,
    // What came shares its memory with what came beside it.
    headers: HeaderList.empty.withAll(headers),
    requestedAt,
    respondedAt,
    freshUntil: freshness.until,
    staleWhileRevalidateUntil: freshness.until + freshness.staleWhileRevalidate,
    staleIfErrorUntil: freshness.until + freshness.staleIfError,
    mustRevalidate: freshness.mustRevalidate,
    vary: varyValues(vary, request),
    tags: tagsOf(headers),
  };
}

function tagsOf(headers: HeaderList): readonly string[] {
  if (!headers.has('surrogate-key') && !headers.has('cache-tag')) return [];
  const keys = headers.getAll('surrogate-key').flatMap((value) => value.split(' '));
  const tags = headers.getAll('cache-tag').flatMap((value) => value.split(','));
  const all = [...keys, ...tags].map((tag) => tag.trim()).filter((tag) => tag !== '');
  return [...new Set(all)].slice(0, maxTags);
}
