import type { HeaderList } from '../../core/headers.ts';
import { type CacheControl, parseCacheControl } from '../../http/cache-control.ts';
import type { StoredHead } from '../cache-store.ts';

/** What a request says of answers that are kept (RFC 9111 §5.2.1). Times in milliseconds. */
export interface CacheWish {
  readonly noCache: boolean;
  readonly noStore: boolean;
  readonly onlyIfCached: boolean;
  readonly maxAge: number;
  /** Undefined where it says nothing; 0 wants what is fresh. */
  readonly minFresh: number | undefined;
  readonly maxStale: number;
}

/** Of a request that says nothing. */
export const noWish: CacheWish = {
  noCache: false,
  noStore: false,
  onlyIfCached: false,
  maxAge: Number.POSITIVE_INFINITY,
  minFresh: undefined,
  maxStale: 0,
};

/** `Pragma: no-cache` counts where there is no Cache-Control (RFC 9111 §5.4). */
export function cacheWish(headers: HeaderList): CacheWish {
  const values = headers.getAll('cache-control');
  if (values.length === 0) {
    const pragma = headers.getAll('pragma').join(',').toLowerCase();
    return /(?:^|[, \t])no-cache(?:$|[, \t=])/.test(pragma) ? { ...noWish, noCache: true } : noWish;
  }
  return wishOf(parseCacheControl(values));
}

function wishOf({ noCache, noStore, onlyIfCached, maxAge, minFresh, maxStale }: CacheControl): CacheWish {
  return {
    noCache: noCache !== undefined,
    noStore,
    onlyIfCached,
    maxAge: maxAge === undefined ? Number.POSITIVE_INFINITY : maxAge * 1000,
    minFresh: minFresh === undefined ? undefined : minFresh * 1000,
    maxStale: maxStale === 'any' ? Number.POSITIVE_INFINITY : (maxStale ?? 0) * 1000,
  };
}

/** Whether an answer is given without asking for it (RFC 9111 §4): it is fresh enough, or the request takes it stale. Times in milliseconds. */
export function isReusable(head: StoredHead, wish: CacheWish, now: number, age: number): boolean {
  if (head.mustRevalidate === 'always' || wish.noCache || wish.noStore || age > wish.maxAge) return false;
  const left = head.freshUntil - now;
  if (left > 0) return left >= (wish.minFresh ?? 0);
  return head.mustRevalidate === 'no' && wish.minFresh === undefined && -left < wish.maxStale;
}

/** Whether a request may get what is stale while it is fetched anew, where somebody says that it may be given. */
export function takesStale(head: StoredHead, wish: CacheWish, now: number): boolean {
  if (head.mustRevalidate !== 'no' || now < head.freshUntil) return false;
  return !wish.noCache && !wish.noStore && wish.minFresh === undefined && wish.maxAge === Number.POSITIVE_INFINITY;
}

/** What RFC 5861 §4 calls an error. */
const errors: ReadonlySet<string> = new Set([
  'error',
  'timeout',
  'invalid_header',
  'http_500',
  'http_502',
  'http_503',
  'http_504',
]);

/** Whether it is given in place of a failure. `allowed`: for what the config allows it, however stale it is. */
export function mayReplaceFailure(
  head: StoredHead,
  condition: string,
  allowed: readonly string[],
  now: number,
): boolean {
  if (head.mustRevalidate !== 'no') return false;
  return allowed.includes(condition) || (errors.has(condition) && now < head.staleIfErrorUntil);
}
