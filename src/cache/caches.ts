import type { Log } from '../observe/log.ts';
import type { CachePlan } from '../plan/cache-plan.ts';
import type { CacheCounts, CacheNews } from './cache-event.ts';
import type { CachePurgeRequest, CacheStore } from './cache-store.ts';
import { DiskFolder } from './disk-folder.ts';
import { DiskStore } from './disk-store.ts';
import { FetchLocks } from './fetch-locks.ts';
import { MemoryStore } from './memory-store.ts';
import type { OpenStore, StoreSurroundings } from './open-store.ts';

/** What the caches of a front thread are given to work with. */
export interface CacheSurroundings {
  /** The number of this thread. */
  readonly front: number;
  readonly frontCount: number;
  /** See FetchLocks. */
  readonly locks: SharedArrayBuffer;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Tells the other front threads, which give it to `heard`. */
  readonly tell: (news: readonly CacheNews[]) => void;
}

/** How often what nobody asked for lately is looked for, in milliseconds. */
const inactiveCheckMs = 10_000;

/** The caches of one front thread, from one config to the next. */
export class Caches {
  readonly #surroundings: CacheSurroundings;
  #current: ReadonlyMap<string, Opened> = new Map();
  /** What `open` has opened or taken over. */
  #next: ReadonlyMap<string, Opened> = new Map();
  #timer: NodeJS.Timeout | undefined;
  /** What is told at the end of this turn of the event loop. */
  #news: CacheNews[] = [];

  constructor(surroundings: CacheSurroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * The stores of a config, which is to be used (`keep`) or not (`drop`). Those that are open with the same name and folder are taken
   * over with all that they keep. Throws CacheFolderError; then `drop` is to be called.
   */
  open(plans: readonly CachePlan[]): ReadonlyMap<string, CacheStore> {
    const next = new Map<string, Opened>();
    // Where one cannot be opened, `drop` closes those before it.
    this.#next = next;
    for (const plan of plans) next.set(plan.name, { plan, store: this.#takenOver(plan) ?? this.#opened(plan) });
    return new Map([...this.#next].map(([name, { store }]) => [name, store]));
  }

  /** The config of the last `open` serves: its sizes hold, and caches that it does not name are closed. */
  keep(): void {
    const before = this.#current;
    this.#current = this.#next;
    for (const { plan, store } of this.#current.values()) store.resize(plan);
    closeOthers(before, this.#current);
    clearInterval(this.#timer);
    if (this.#current.size === 0) return;
    this.#timer = setInterval(() => {
      for (const { store } of this.#current.values()) store.removeInactive();
    }, inactiveCheckMs);
    this.#timer.unref();
  }

  /** The config of the last `open` does not serve. */
  drop(): void {
    closeOthers(this.#next, this.#current);
    this.#next = this.#current;
  }

  /** Another front thread tells this. */
  heard({ cache, event }: CacheNews): void {
    this.#current.get(cache)?.store.heard(event);
  }

  /**
   * Removes what is meant from the cache of that name. How many entries here; undefined where there is no such cache. All front threads
   * are asked; files are removed by the first.
   */
  purge(cache: string, what: CachePurgeRequest, isFirst: boolean): number | Promise<number> | undefined {
    const { plan, store } = this.#current.get(cache) ?? {};
    return plan?.disk && !isFirst ? 0 : store?.purge(what);
  }

  get counts(): readonly CacheCounts[] {
    return [...this.#current.values()].map(({ store }) => store.counts);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const stores = [...this.#current.values()];
    this.#current = new Map();
    await Promise.all(stores.map(({ store }) => store.close()));
  }

  #tell(news: CacheNews): void {
    this.#news.push(news);
    if (this.#news.length > 1) return;
    setImmediate(() => {
      const all = this.#news;
      this.#news = [];
      this.#surroundings.tell(all);
    });
  }

  #takenOver(plan: CachePlan): OpenStore | undefined {
    const before = this.#current.get(plan.name);
    return before && isSame(before.plan, plan) ? before.store : undefined;
  }

  #opened(plan: CachePlan): OpenStore {
    const { locks, front, frontCount, log, now } = this.#surroundings;
    const surroundings: StoreSurroundings = {
      locks: new FetchLocks(locks, plan.name, front, now),
      log,
      now,
      tell: (event) => {
        if (frontCount > 1) this.#tell({ cache: plan.name, event });
      },
    };
    if (!plan.disk) return new MemoryStore(plan, surroundings);
    return new DiskStore(plan, new DiskFolder(plan.disk, front), surroundings);
  }
}

interface Opened {
  readonly plan: CachePlan;
  readonly store: OpenStore;
}

function isSame(one: CachePlan, other: CachePlan): boolean {
  return one.disk?.folder === other.disk?.folder && one.disk?.levels.join() === other.disk?.levels.join();
}

function closeOthers(some: ReadonlyMap<string, Opened>, besides: ReadonlyMap<string, Opened>): void {
  for (const [name, { store }] of some) if (besides.get(name)?.store !== store) void store.close();
}
