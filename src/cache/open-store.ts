import type { Log } from '../observe/log.ts';
import type { CachePlan } from '../plan/cache-plan.ts';
import type { CacheCounts, CacheEvent } from './cache-event.ts';
import type { CacheStore } from './cache-store.ts';
import type { FetchLocks } from './fetch-locks.ts';

/** What a store is given to work with. */
export interface StoreSurroundings {
  readonly locks: FetchLocks;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Tells the other front threads. */
  readonly tell: (event: CacheEvent) => void;
}

/** A store as who opens it sees it. */
export interface OpenStore extends CacheStore {
  readonly counts: CacheCounts;
  /** Another front thread tells this. */
  heard(event: CacheEvent): void;
  /** Other sizes hold from now on; name and folder are the same. */
  resize(plan: CachePlan): void;
  /** Removes what nobody asked for lately. */
  removeInactive(): void;
  /** Nothing is found or kept any more. Resolves when no file is open but those that answers are read from. */
  close(): Promise<void>;
}

/** Answers of a key that are kept at most: another one takes the place of the oldest. */
export const mostVariants = 64;
