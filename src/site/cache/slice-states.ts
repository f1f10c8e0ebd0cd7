import { randomBytes } from 'node:crypto';
import type { CacheEntry, CacheLock, CacheStore, StoredHead } from '../../cache/cache-store.ts';
import { HeaderList } from '../../core/headers.ts';
import type { CacheSettings } from '../../plan/cache-plan.ts';
import type { SiteRequest } from '../site-request.ts';
import { type KnownMisses, knownMissesOf } from './known-misses.ts';

/** What no request varies by: the name of a state is the answer to none. */
const vary: StoredHead['vary'] = [[':slices', '']];

/** A state of a resource. Its pieces have its name in their keys. */
export interface SliceState {
  /** Undefined where its pieces are for one request alone. */
  readonly name: string | undefined;
  readonly isNew: boolean;
  /** The first piece of a new state has come: is it kept? False where it says that it must not be. To be called in any case. */
  settle(isKept: boolean | undefined): void;
}

/** Of a request that keeps no pieces. */
const ownState: SliceState = { name: undefined, isNew: true, settle: () => {} };

/**
 * Which pieces of a resource belong together. The name of its state is kept like an answer. Without it none of its pieces is found: so all of them
 * are forgotten with that one, however many there are.
 */
export class SliceStates {
  readonly #store: CacheStore;
  readonly #plan: CacheSettings;
  readonly #knownMisses: KnownMisses;

  constructor(store: CacheStore, plan: CacheSettings) {
    this.#store = store;
    this.#plan = plan;
    this.#knownMisses = knownMissesOf(store);
  }

  /**
   * The state of now. Where none is known, one request at a time makes one, since the pieces of several would be kept several times. Who neither
   * makes one nor waits for it, or not any longer, has one of its own. `isOwn`: it must not make one.
   */
  async of(key: string, request: SiteRequest, isOwn: boolean): Promise<SliceState> {
    if (isOwn) return ownState;
    const { lock: waits, lockAgeMs, lockTimeoutMs, minUses } = this.#plan;
    const { now } = request.services;
    const until = now() + lockTimeoutMs;
    let known = await this.find(key);
    if (!known && minUses > 1 && this.#store.countUse(key) < minUses) return ownState;
    while (!known) {
      const lock = this.#store.lock(key, lockAgeMs);
      if (lock) return this.#new(key, request, lock);
      const left = until - now();
      if (!waits || left <= 0 || this.#knownMisses.has(key, now())) return ownState;
      const isFree = await this.#store.unlocked(key, Math.min(left, lockAgeMs));
      if (!isFree && lockAgeMs >= left) return ownState;
      known = await this.find(key);
    }
    return known;
  }

  /** The state that is known. */
  async find(key: string): Promise<SliceState | undefined> {
    const entry = stateIn(await this.#store.find(key));
    return entry && { name: entry.head.reason, isNew: false, settle: () => {} };
  }

  /** All pieces of a state are of no use any more. Another one may have come since. */
  async forget(key: string, { name }: SliceState): Promise<void> {
    if (name !== undefined && (await this.find(key))?.name === name) this.#store.remove(key);
  }

  #new(key: string, request: SiteRequest, lock: CacheLock): SliceState {
    const name = randomBytes(6).toString('base64url');
    const begunAt = this.#store.begin();
    const settle = (isKept: boolean | undefined): void => {
      const now = request.services.now();
      if (isKept) this.#knownMisses.delete(key);
      else if (isKept === false) this.#knownMisses.add(key, now);
      const writer = isKept ? this.#store.write(key, headOf(name, now), 0, begunAt) : undefined;
      void Promise.resolve(writer?.commit()).finally(() => lock.release());
    };
    return { name, isNew: true, settle };
  }
}

function stateIn(entries: readonly CacheEntry[]): CacheEntry | undefined {
  return entries.find(({ head }) => head.vary[0]?.[0] === vary[0]?.[0]);
}

function headOf(name: string, now: number): StoredHead {
  return {
    status: 200,
    reason: name,
    headers: HeaderList.empty,
    requestedAt: now,
    respondedAt: now,
    freshUntil: now,
    staleWhileRevalidateUntil: now,
    staleIfErrorUntil: now,
    mustRevalidate: 'no',
    vary,
    tags: [],
  };
}
