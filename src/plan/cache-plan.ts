import type { Template } from './site-plan.ts';

/** Where answers are kept; nginx `proxy_cache_path`. Durations in milliseconds, sizes in bytes. */
export interface CachePlan {
  readonly name: string;
  /** Undefined for memory alone. */
  readonly disk: CacheDiskPlan | undefined;
  /** Bytes of answers in the memory of one front thread at most: the whole store, or what is kept in front of the disk. */
  readonly memorySize: number;
  /** The largest answer that is kept. */
  readonly maxEntrySize: number;
  /** Entries at most. */
  readonly maxEntries: number;
  /** What nobody asked for so long is removed. */
  readonly inactiveMs: number;
}

export interface CacheDiskPlan {
  /** Absolute. */
  readonly folder: string;
  /** Characters of the names of folders in folders, as `[1, 2]`. */
  readonly levels: readonly number[];
  /** Undefined for any. */
  readonly maxSize: number | undefined;
  /** So much stays free on the file system. */
  readonly minFree: number;
}

/** For what a stale answer is given in place of a new one (nginx `proxy_cache_use_stale`). */
export const staleConditions = [
  'error',
  'timeout',
  'invalid_header',
  'updating',
  'http_500',
  'http_502',
  'http_503',
  'http_504',
  'http_403',
  'http_404',
  'http_429',
] as const;

export type StaleCondition = (typeof staleConditions)[number];

/** How answers of a location are kept and given again. */
export interface CacheSettings {
  /** A cache of the plan. */
  readonly cache: string;
  /** `rfc`: RFC 9111 as a shared cache, with Age and what requests ask for; `nginx`: as nginx, which has neither. */
  readonly rules: 'rfc' | 'nginx';
  /** Undefined for the URL, by `nginx` rules for that of the upstream; see src/site/cache/cache-key.ts. */
  readonly key: Template | undefined;
  /** How long answers that do not say so themselves are fresh. The first that fits counts. */
  readonly valid: readonly { readonly statuses: readonly number[] | 'any'; readonly ms: number }[];
  /** One that is neither empty nor '0': the answer is not taken from the cache. */
  readonly bypass: readonly Template[];
  /** … is not kept. */
  readonly noStore: readonly Template[];
  /** Requests for a key after which its answer is kept. */
  readonly minUses: number;
  readonly methods: readonly string[];
  /** A range that begins behind this is not filled from the whole answer; undefined for any. */
  readonly maxRangeOffset: number | undefined;
  readonly useStale: readonly StaleCondition[];
  /** Of requests for a key that is missing one fetches, the others wait. */
  readonly lock: boolean;
  readonly lockTimeoutMs: number;
  readonly lockAgeMs: number;
  /** What is stale is asked for with conditions. */
  readonly revalidate: boolean;
  /** What is stale is given at once, where `useStale` has `updating`, and fetched behind the client's back. */
  readonly backgroundUpdate: boolean;
  /** HEAD becomes GET. */
  readonly convertsHead: boolean;
  /** Answers get `cache-status` (RFC 9211). */
  readonly tellsStatus: boolean;
  /** Bytes of the pieces in which large answers are fetched and kept; undefined for whole ones. */
  readonly sliceSize: number | undefined;
  /** Methods by which trusted clients remove what is kept for their path; none for no method. */
  readonly purge: CachePurge | undefined;
  /** Answers' fields that mean nothing here; lower-case. */
  readonly ignoredFields: readonly string[];
}

export interface CachePurge {
  /** `PURGE` */
  readonly method: string;
  /** Addresses and networks of those who may. */
  readonly from: readonly string[];
}
