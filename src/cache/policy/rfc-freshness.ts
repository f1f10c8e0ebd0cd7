import type { HeaderList } from '../../core/headers.ts';
import { type CacheControl, parseCacheControl } from '../../http/cache-control.ts';
import { parseHttpDate } from '../../http/date.ts';
import { ageField, initialAge } from './age.ts';
import {
  acceleratedLifetime,
  type CachePolicy,
  configuredLifetime,
  type FetchedAnswer,
  type Freshness,
  heeded,
} from './policy.ts';

/** Statuses that may be kept although nothing says so (RFC 9110 §15.1); 206 is not kept here. */
const heuristicStatuses: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);

/** What `valid any` means nothing for, since others would get them. */
const requestFaults: ReadonlySet<number> = new Set([400, 408, 413, 417, 421, 431]);

/** Whether a request that nobody else would send that way has made such an answer. */
export function isRequestFault(status: number): boolean {
  return requestFaults.has(status);
}

const hour = 3_600_000;
/** Of the time since an answer was changed last, so much is it fresh (RFC 9111 §4.2.2), but no longer than a day. */
const heuristicShare = 0.1;
const longestHeuristic = 24 * hour;

/** The directives that hold for this cache, and whether `expires` counts beside them. */
export interface Directives {
  readonly control: CacheControl;
  readonly isTargeted: boolean;
}

/** What forbids something, were it understood. */
const forbids = /no-store|no-cache|private/i;

/** Those of CDN-Cache-Control stand in place of the others where they are there and can be read (RFC 9213 §2.2), or may forbid something. */
export function directivesOf(headers: HeaderList, policy: CachePolicy): Directives {
  const { ignoredFields } = policy;
  const targeted = ignoredFields.includes('cdn-cache-control') ? [] : headers.getAll('cdn-cache-control');
  if (targeted.some((value) => value.trim() !== '')) {
    const control = parseCacheControl(targeted);
    if (!control.isMalformed || targeted.some((value) => forbids.test(value))) return { control, isTargeted: true };
  }
  const values = ignoredFields.includes('cache-control') ? [] : headers.getAll('cache-control');
  return { control: parseCacheControl(values), isTargeted: false };
}

/** How long an answer is fresh by RFC 9111 §4.2, for a shared cache. */
export function rfcFreshness(
  answer: FetchedAnswer,
  policy: CachePolicy,
  { control, isTargeted }: Directives,
): Freshness {
  const { headers, status, requestedAt, respondedAt } = answer;
  const { until, lifetime } = lifetimeOf();
  return {
    until,
    lifetime,
    staleWhileRevalidate: (control.staleWhileRevalidate ?? 0) * 1000,
    staleIfError: (control.staleIfError ?? 0) * 1000,
    mustRevalidate: mustRevalidate(control),
  };

  function lifetimeOf(): { readonly until: number; readonly lifetime: number } {
    const accelerated = acceleratedLifetime(headers, policy, respondedAt);
    if (accelerated !== undefined) return { until: respondedAt + accelerated, lifetime: accelerated };
    const said = saidLifetime();
    if (said === undefined) {
      const configured = isConfigured() ? configuredLifetime(policy, status) : undefined;
      if (configured !== undefined) return { until: respondedAt + configured, lifetime: configured };
    }
    const lifetime = said ?? heuristicLifetime();
    if (ageField(headers) === 'invalid') return { until: respondedAt, lifetime };
    return { until: respondedAt + lifetime - initialAge(headers, requestedAt, respondedAt), lifetime };
  }

  /** What the answer itself says (RFC 9111 §4.2.1). */
  function saidLifetime(): number | undefined {
    const seconds = control.sharedMaxAge ?? control.maxAge;
    if (seconds !== undefined) return seconds * 1000;
    if (isTargeted) return undefined;
    const expires = heeded(headers, 'expires', policy);
    if (expires === undefined) return undefined;
    const end = parseHttpDate(expires);
    if (end === undefined || headers.getAll('expires').length > 1) return 0;
    return Math.max(0, end * 1000 - (dateOf(headers) ?? respondedAt));
  }

  function isConfigured(): boolean {
    if (!isRequestFault(status)) return true;
    return policy.valid.some(({ statuses }) => statuses !== 'any' && statuses.includes(status));
  }

  function heuristicLifetime(): number {
    if (!heuristicStatuses.has(status) && !control.public) return 0;
    const modified = parseHttpDate(headers.get('last-modified') ?? '');
    if (modified === undefined) return 0;
    const since = (dateOf(headers) ?? respondedAt) - modified * 1000;
    return Math.min(Math.max(0, since * heuristicShare), longestHeuristic);
  }
}

function mustRevalidate(control: CacheControl): Freshness['mustRevalidate'] {
  if (control.noCache === 'all') return 'always';
  // RFC 9111 §5.2.2.10: s-maxage has the meaning of proxy-revalidate too.
  return control.mustRevalidate || control.proxyRevalidate || control.sharedMaxAge !== undefined ? 'stale' : 'no';
}

/** In milliseconds since 1970. */
function dateOf(headers: HeaderList): number | undefined {
  const seconds = parseHttpDate(headers.get('date') ?? '');
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Whether an answer may be kept though nothing in it says so. */
export function isHeuristicallyCacheable(status: number): boolean {
  return heuristicStatuses.has(status);
}
