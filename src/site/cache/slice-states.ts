import { randomBytes } from 'node:crypto';
import type { CacheEntry, CacheLock, CacheStore, StoredHead } from '../../cache/cache-store.ts';
import { HeaderList } from '../../core/headers.ts';
import type { CacheSettings } from '../plan/cache-plan.ts';
import type { SiteRequest } from '../site-request.ts';
import { type KnownMisses, knownMissesOf } from './known-misses.ts';

/** What no request varies by: the name of a state is the answer to none. */
const vary: StoredHead['vary'] = [[':slices', '']];

/** A state of a resource. Its pieces have its name in their keys. */
export interface SliceState {
  readonly name: string;
  /** The first piece of a new state has come: is it kept? To be called in any case. */
  settle(isKept: boolean): void;
}

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

  /** The state of now; a new one where none is known, for one request at a time, since the pieces of several would be fetched for each of them. */
  async of(key: string, request: SiteRequest): Promise<SliceState> {
    const { lock: locks, lockAgeMs, lockTimeoutMs } = this.#plan;
    const known = await this.#find(key);
    if (known) return known;
    if (!locks || this.#knownMisses.has(key, request.services.now())) return this.#new(key, request);
    const lock = this.#store.lock(key, lockAgeMs);
    if (lock) return this.#new(key, request, lock);
    await this.#store.unlocked(key, Math.min(lockTimeoutMs, lockAgeMs));
    return (await this.#find(key)) ?? this.#new(key, request);
  }

  /** All pieces are of no use any more. */
  forget(key: string): void {
    this.#store.remove(key);
  }

  async #find(key: string): Promise<SliceState | undefined> {
    const found = this.#store.find(key);
    const entry = stateIn(found instanceof Promise ? await found : found);
    return entry && { name: entry.head.reason, settle: () => {} };
  }

  #new(key: string, request: SiteRequest, lock?: CacheLock): SliceState {
    const name = randomBytes(6).toString('base64url');
    const begunAt = this.#store.begin();
    const settle = (isKept: boolean): void => {
      const now = request.services.now();
      if (!isKept) this.#knownMisses.add(key, now);
      else this.#knownMisses.delete(key);
      const writer = isKept ? this.#store.write(key, headOf(name, now), 0, begunAt) : undefined;
      void Promise.resolve(writer?.commit()).finally(() => lock?.release());
    };
    return { name, settle };
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
