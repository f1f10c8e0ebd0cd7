import type { Body } from '../core/body.ts';
import type { CachePlan } from '../plan/cache-plan.ts';
import type { CacheCounts, CacheEvent } from './cache-event.ts';
import type { CacheEntry, CacheLock, CachePurgeRequest, CacheWriter, StoredHead } from './cache-store.ts';
import type { FetchLocks } from './fetch-locks.ts';
import { GatheredBody } from './gathered-body.ts';
import { headCost, isMeant, variesAlike } from './head-match.ts';
import { mostVariants, type OpenStore, type StoreSurroundings } from './open-store.ts';
import { PurgeGuards } from './purge-guards.ts';
import { UseCounts } from './use-counts.ts';
import { type Used, UseOrder } from './use-order.ts';

const none: readonly CacheEntry[] = [];

/** Keeps answers in the memory of one front thread. Other threads have answers of their own; what is purged is purged in all. */
export class MemoryStore implements OpenStore {
  #plan: CachePlan;
  readonly #locks: FetchLocks;
  readonly #now: () => number;
  readonly #tell: (event: CacheEvent) => void;
  readonly #uses: UseCounts;
  readonly #guards: PurgeGuards;
  /** The newest first. An array that was given out is not changed any more. */
  readonly #kept: Map<string, readonly MemoryEntry[]> = new Map();
  readonly #order: UseOrder<MemoryEntry> = new UseOrder();
  readonly #writers: Set<MemoryWriter> = new Set();
  #isOpen = true;
  #entries = 0;
  #bytes = 0;
  #hits = 0;
  #misses = 0;
  #evicted = 0;

  constructor(plan: CachePlan, { locks, now, tell }: StoreSurroundings) {
    this.#plan = plan;
    this.#locks = locks;
    this.#now = now;
    this.#tell = tell;
    this.#uses = new UseCounts(plan.inactiveMs, now);
    this.#guards = new PurgeGuards(now);
  }

  get counts(): CacheCounts {
    return {
      name: this.#plan.name,
      isOnDisk: false,
      entries: this.#entries,
      bytes: this.#bytes,
      hits: this.#hits,
      misses: this.#misses,
      evicted: this.#evicted,
      discarded: 0,
    };
  }

  find(key: string): readonly CacheEntry[] {
    const entries = this.#kept.get(key);
    if (!entries) {
      this.#misses++;
      return none;
    }
    this.#hits++;
    const now = this.#now();
    for (const entry of entries) {
      entry.usedAt = now;
      this.#order.touch(entry);
    }
    return entries;
  }

  begin(): number {
    return this.#guards.stamp();
  }

  write(
    key: string,
    head: StoredHead,
    length: number | undefined,
    begunAt: number = this.begin(),
  ): CacheWriter | undefined {
    const most = Math.min(this.#plan.maxEntrySize, this.#plan.memorySize - headCost(key, head));
    if (!this.#isOpen || most < (length ?? 0) || !this.#guards.mayKeep(key, head, begunAt)) return undefined;
    const writer = new MemoryWriter(key, head, begunAt, new GatheredBody(most, length), (bytes) => {
      const isLeft = this.#writers.delete(writer);
      if (isLeft && bytes) this.#put(new MemoryEntry(key, head, bytes, this.#now()));
      return isLeft;
    });
    this.#writers.add(writer);
    return writer;
  }

  update(key: string, entry: CacheEntry, head: StoredHead): void {
    const old = this.#kept.get(key)?.find((each) => each === entry);
    if (!old) return;
    this.#drop(old);
    this.#put(new MemoryEntry(key, head, old.bytes, this.#now()));
  }

  remove(key: string, entry?: CacheEntry): void {
    if (!entry) {
      this.purge({ kind: 'key', value: key });
      return;
    }
    const kept = this.#kept.get(key)?.find((each) => each === entry);
    if (kept) this.#drop(kept);
  }

  countUse(key: string): number {
    return this.#uses.count(key);
  }

  lock(key: string, ageMs?: number): CacheLock | undefined {
    return this.#locks.lock(key, ageMs);
  }

  unlocked(key: string, timeoutMs: number): Promise<boolean> {
    return this.#locks.unlocked(key, timeoutMs);
  }

  purge(what: CachePurgeRequest): number {
    const at = this.begin();
    this.#tell({ kind: 'purged', what, at });
    return this.#purge(what, at);
  }

  heard(event: CacheEvent): void {
    if (event.kind === 'purged') this.#purge(event.what, event.at);
  }

  resize(plan: CachePlan): void {
    this.#plan = plan;
    this.#makeRoom();
  }

  removeInactive(): void {
    this.#guards.forgetOld();
    const before = this.#now() - this.#plan.inactiveMs;
    for (let entry = this.#order.oldest; entry && entry.usedAt < before; entry = this.#order.oldest) this.#drop(entry);
  }

  close(): Promise<void> {
    this.#isOpen = false;
    this.#purge({ kind: 'all' }, this.begin());
    this.#locks.close();
    return Promise.resolve();
  }

  /** What was asked for before is not kept either. */
  #purge(what: CachePurgeRequest, at: number): number {
    this.#guards.add(what, at);
    this.#guards.swept(at);
    for (const writer of this.#writers) {
      if (writer.begunAt <= at && isMeant(what, writer.key, writer.head)) this.#writers.delete(writer);
    }
    const before = this.#entries;
    const meant = what.kind === 'key' ? (this.#kept.get(what.value) ?? []) : [...this.#kept.values()].flat();
    for (const entry of meant) if (isMeant(what, entry.key, entry.head)) this.#drop(entry);
    return before - this.#entries;
  }

  #put(entry: MemoryEntry): void {
    for (const old of this.#kept.get(entry.key) ?? []) if (variesAlike(old.head, entry.head)) this.#drop(old);
    const others = this.#kept.get(entry.key) ?? [];
    for (const old of others.slice(mostVariants - 1)) this.#drop(old);
    this.#kept.set(entry.key, [entry, ...others.slice(0, mostVariants - 1)]);
    this.#order.add(entry);
    this.#entries++;
    this.#bytes += entry.cost;
    this.#makeRoom();
  }

  #makeRoom(): void {
    const { memorySize, maxEntries } = this.#plan;
    while (this.#bytes > memorySize || this.#entries > maxEntries) {
      const { oldest } = this.#order;
      if (!oldest) return;
      this.#drop(oldest);
      this.#evicted++;
    }
  }

  #drop(entry: MemoryEntry): void {
    const left = this.#kept.get(entry.key)?.filter((each) => each !== entry) ?? [];
    if (left.length > 0) this.#kept.set(entry.key, left);
    else this.#kept.delete(entry.key);
    this.#order.remove(entry);
    this.#entries--;
    this.#bytes -= entry.cost;
  }
}

class MemoryEntry implements CacheEntry, Used<MemoryEntry> {
  readonly key: string;
  readonly head: StoredHead;
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly cost: number;
  usedAt: number;
  older: MemoryEntry | undefined;
  newer: MemoryEntry | undefined;

  constructor(key: string, head: StoredHead, bytes: Uint8Array, now: number) {
    this.key = key;
    this.head = head;
    this.bytes = bytes;
    this.length = bytes.length;
    this.cost = headCost(key, head) + bytes.length;
    this.usedAt = now;
  }

  body(from = 0, to: number = this.length): Body {
    return from === 0 && to === this.length ? this.bytes : this.bytes.subarray(from, to);
  }
}

class MemoryWriter implements CacheWriter {
  readonly key: string;
  readonly head: StoredHead;
  readonly begunAt: number;
  readonly #body: GatheredBody;
  /** Takes the whole body, or nothing where it is given up; false where it is not wanted any more. */
  readonly #end: (bytes: Uint8Array | undefined) => boolean;
  #isOpen = true;

  constructor(
    key: string,
    head: StoredHead,
    begunAt: number,
    body: GatheredBody,
    end: (bytes: Uint8Array | undefined) => boolean,
  ) {
    this.key = key;
    this.head = head;
    this.begunAt = begunAt;
    this.#body = body;
    this.#end = end;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isOpen && !this.#body.add(bytes)) this.abort();
    return this.#isOpen;
  }

  commit(): boolean {
    if (!this.#isOpen || !this.#body.isWhole) {
      this.abort();
      return false;
    }
    this.#isOpen = false;
    return this.#end(this.#body.take());
  }

  abort(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#end(undefined);
  }
}
