import { parseCacheControl } from '../../http/cache-control.ts';
import { parseHttpDate } from '../../http/date.ts';
import {
  acceleratedLifetime,
  type CachePolicy,
  configuredLifetime,
  type FetchedAnswer,
  type Freshness,
  heeded,
} from './policy.ts';

/**
 * How long an answer is fresh in nginx's cache; undefined where it is not kept. `x-accel-expires` goes before `cache-control`, that before
 * `expires`, that before `proxy_cache_valid`. Ages do not count, and nothing must be revalidated.
 */
export function nginxFreshness(
  { headers, status, respondedAt }: FetchedAnswer,
  policy: CachePolicy,
): Freshness | undefined {
  const control = parseCacheControl(
    policy.ignoredFields.includes('cache-control') ? [] : headers.getAll('cache-control'),
  );
  const accelerated = acceleratedLifetime(headers, policy, respondedAt);
  const lifetime = accelerated ?? saidLifetime() ?? configuredLifetime(policy, status);
  if (lifetime === undefined || lifetime === 0) return undefined;
  return {
    until: respondedAt + lifetime,
    lifetime,
    staleWhileRevalidate: (control.staleWhileRevalidate ?? 0) * 1000,
    staleIfError: (control.staleIfError ?? 0) * 1000,
    mustRevalidate: 'no',
  };

  /** 0 for an answer that is not to be kept. */
  function saidLifetime(): number | undefined {
    if (control.noCache !== undefined || control.noStore || control.private !== undefined) return 0;
    const seconds = control.sharedMaxAge ?? control.maxAge;
    if (seconds !== undefined) return seconds * 1000;
    const expires = heeded(headers, 'expires', policy);
    if (expires === undefined) return undefined;
    const end = parseHttpDate(expires);
    return end === undefined ? 0 : Math.max(0, end * 1000 - respondedAt);
  }
}
