import type { Body } from '../core/body.ts';
import type { HeaderList } from '../core/headers.ts';

/** What is kept of an answer beside its body. Times in milliseconds since 1970. */
export interface StoredHead {
  readonly status: number;
  readonly reason: string;
  /** As they are to be sent, without those of the connection. */
  readonly headers: HeaderList;
  /** When the request for it was sent and when its head came (RFC 9111 §4.2.3); after revalidation those of the last one. */
  readonly requestedAt: number;
  readonly respondedAt: number;
  /** Until when it is fresh, as the policy said when it was stored. */
  readonly freshUntil: number;
  /** Until when it may be given stale while it is fetched, and where fetching fails (RFC 5861); as `freshUntil` where not. */
  readonly staleWhileRevalidateUntil: number;
  readonly staleIfErrorUntil: number;
  /** It is never given without asking (`no-cache`), or not when stale (`must-revalidate`). */
  readonly mustRevalidate: 'always' | 'stale' | 'no';
  /** Fields of the request that chose it (RFC 9111 §4.1), lower-case, and their normalised values. */
  readonly vary: readonly (readonly [name: string, value: string])[];
  /** What it can be purged by (`surrogate-key`, `cache-tag`). */
  readonly tags: readonly string[];
}

/** A kept answer. */
export interface CacheEntry {
  readonly head: StoredHead;
  /** Bytes of the body. */
  readonly length: number;
  /**
   * All bytes of the body, or those from `from` (included) to `to` (excluded). Bytes where they are in memory. A stream is to be read or
   * its `return` called. Undefined where the entry was removed since it was found: then it counts as not found.
   */
  body(from?: number, to?: number): Body | undefined;
}

/** An answer on its way into a store. Nobody sees it before `commit`. */
export interface CacheWriter {
  /** Resolves when more may come; false where it is given up: too large, no room, the disk fails. The bytes must not be changed afterwards. */
  write(bytes: Uint8Array): boolean | Promise<boolean>;
  /** Takes the place of what was there. False where it was given up. */
  commit(): boolean | Promise<boolean>;
  abort(): void;
}

/** Keeps answers by key. One for each cache of a front thread; all front threads see the same files. Keys are latin-1. */
export interface CacheStore {
  /** The answers that are kept for a key, which differ in what they vary by; the newest first. A promise where the disk is asked. */
  find(key: string): readonly CacheEntry[] | Promise<readonly CacheEntry[]>;
  /** When a fetch begins, for `write`: what is purged later means it. */
  begin(): number;
  /**
   * Begins to keep an answer: it replaces the one with the same key and the same `vary`. `begunAt`: as `begin` told before it was asked for;
   * now where it is left out. Undefined where it is refused at once, as what was purged since is.
   */
  write(key: string, head: StoredHead, length: number | undefined, begunAt?: number): CacheWriter | undefined;
  /** The same body with another head: it was revalidated. */
  update(key: string, entry: CacheEntry, head: StoredHead): void | Promise<void>;
  remove(key: string, entry?: CacheEntry): void;
  /** How often the key was asked for of late in this thread, this time too: for `minUses`. */
  countUse(key: string): number;
  /**
   * Becomes the one that fetches for a key, of all front threads; undefined where another one does, and has for not longer than
   * `ageMs`. `release` wakes those that wait.
   */
  lock(key: string, ageMs?: number): CacheLock | undefined;
  /** Resolves when nobody fetches for the key any more, or after so long: false then. */
  unlocked(key: string, timeoutMs: number): Promise<boolean>;
  /** Removes what is kept, of all front threads; gives how many entries here. A promise where files have to be looked into. */
  purge(what: CachePurgeRequest): number | Promise<number>;
}

export interface CacheLock {
  release(): void;
}

/** What to remove from a cache. `prefix`: of keys. */
export type CachePurgeRequest =
  | { readonly kind: 'all' }
  | { readonly kind: 'key' | 'prefix' | 'tag'; readonly value: string };
