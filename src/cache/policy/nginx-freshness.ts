import { maxDeltaSeconds } from '../../http/cache-control.ts';
import { parseHttpDate } from '../../http/date.ts';
import {
  acceleratedLifetime,
  type CachePolicy,
  configuredLifetime,
  type FetchedAnswer,
  type Freshness,
} from './policy.ts';

/** What nginx keeps of a Vary field: an answer with a longer one is not kept. */
const longestVary = 128;

/**
 * How long an answer is fresh in nginx's cache; undefined where it is not kept. Its fields count in the order in which they come, as in nginx
 * 1.22: what forbids to keep it holds whatever comes later, `expires` counts where nothing did before, `cache-control` before and behind all
 * but `x-accel-expires`. Ages do not count, and nothing must be revalidated.
 */
export function nginxFreshness(
  { headers, status, respondedAt }: FetchedAnswer,
  policy: CachePolicy,
): Freshness | undefined {
  /** Since 1970; 0 where nothing said so yet, as in nginx. */
  let until = 0;
  let isAccelerated = false;
  let isBuffered = true;
  /** In seconds. */
  let staleWhileRevalidate = 0;
  let staleIfError = 0;
  for (const [name, value] of headers) {
    if (policy.ignoredFields.includes(name)) continue;
    switch (name) {
      case 'cache-control': {
        if (until !== 0 && isAccelerated) break;
        const said = saidBy(value);
        if (!said) return undefined;
        if (said.maxAge !== undefined) until = respondedAt + said.maxAge * 1000;
        staleWhileRevalidate = said.staleWhileRevalidate ?? staleWhileRevalidate;
        staleIfError = said.staleIfError ?? staleIfError;
        break;
      }
      case 'expires': {
        if (until !== 0) break;
        const end = parseHttpDate(value);
        if (end === undefined || end < Math.floor(respondedAt / 1000)) return undefined;
        until = end * 1000;
        break;
      }
      case 'x-accel-expires': {
        isAccelerated = true;
        const lifetime = acceleratedLifetime(headers, policy, respondedAt);
        if (lifetime === 0 || !isBuffered) return undefined;
        if (lifetime !== undefined) until = respondedAt + lifetime;
        break;
      }
      case 'x-accel-buffering':
        isBuffered = value.toLowerCase() === 'yes' || (isBuffered && value.toLowerCase() !== 'no');
        break;
      case 'vary':
        if (value.length > longestVary) return undefined;
    }
  }
  if (until === 0) until = respondedAt + (configuredLifetime(policy, status) ?? 0);
  const lifetime = until - respondedAt;
  if (lifetime === 0 || !isBuffered) return undefined;
  return {
    until,
    lifetime,
    staleWhileRevalidate: staleWhileRevalidate * 1000,
    staleIfError: staleIfError * 1000,
    mustRevalidate: 'no',
  };
}

interface Said {
  readonly maxAge: number | undefined;
  readonly staleWhileRevalidate: number | undefined;
  readonly staleIfError: number | undefined;
}

/** What nginx finds in a Cache-Control field, wherever it stands in its text, in seconds; undefined where the answer is not kept. */
function saidBy(value: string): Said | undefined {
  const text = value.toLowerCase();
  if (text.includes('no-cache') || text.includes('no-store') || text.includes('private')) return undefined;
  const maxAge = secondsBehind(text, 's-maxage=') ?? secondsBehind(text, 'max-age=');
  const staleWhileRevalidate = secondsBehind(text, 'stale-while-revalidate=');
  const staleIfError = secondsBehind(text, 'stale-if-error=');
  if (maxAge === 0 || [maxAge, staleWhileRevalidate, staleIfError].some(Number.isNaN)) return undefined;
  return { maxAge, staleWhileRevalidate, staleIfError };
}

/** NaN for what is no number; undefined where there is none. */
function secondsBehind(text: string, name: string): number | undefined {
  const at = text.indexOf(name);
  if (at < 0) return undefined;
  const digits = /^[^,; ]*/.exec(text.slice(at + name.length))?.[0] ?? '';
  return /^\d*$/.test(digits) ? Math.min(Number(digits), maxDeltaSeconds) : Number.NaN;
}
