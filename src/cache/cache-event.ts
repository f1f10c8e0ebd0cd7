import type { CachePurgeRequest } from './cache-store.ts';

/** What one front thread tells the others of what it did to a cache. */
export type CacheEvent =
  /** A file of the disk was made, replaced, or has another head. `size`: of the file, in bytes. */
  | { readonly kind: 'kept'; readonly file: string; readonly size: number }
  | { readonly kind: 'removed'; readonly file: string }
  /** `at`: what was begun to be kept until then is meant, in milliseconds since 1970; it names the purge. */
  | { readonly kind: 'purged'; readonly what: CachePurgeRequest; readonly at: number }
  /** All files that a purge means are removed. */
  | { readonly kind: 'swept'; readonly at: number };

export interface CacheNews {
  /** The name of the cache. */
  readonly cache: string;
  readonly event: CacheEvent;
}

/** What a front thread has in a cache, and has counted since it opened it. */
export interface CacheCounts {
  readonly name: string;
  /** Whether all front threads have the same. */
  readonly isOnDisk: boolean;
  readonly entries: number;
  readonly bytes: number;
  /** Times that something was found for a key, and that nothing was. */
  readonly hits: number;
  readonly misses: number;
  /** Removed to make room. */
  readonly evicted: number;
  /** Files that were not whole. */
  readonly discarded: number;
}
