import type { DiskEntry } from './disk-entry.ts';
import type { KeyRecord } from './disk-index.ts';
import { headCost } from './head-match.ts';
import { type Used, UseOrder } from './use-order.ts';

/** All that is kept for a key, in memory. */
export interface HotKey extends Used<HotKey> {
  readonly key: string;
  /** The newest first. */
  readonly entries: readonly DiskEntry[];
  readonly cost: number;
  readonly record: KeyRecord<HotKey>;
}

/** What was used of late of a cache on the disk. */
export class HotEntries {
  #size: number;
  readonly #keys: Map<string, HotKey> = new Map();
  readonly #order: UseOrder<HotKey> = new UseOrder();
  #cost = 0;

  /** `size`: bytes at most. */
  constructor(size: number) {
    this.#size = size;
  }

  /** All of them, also while they are changed. */
  get all(): readonly HotKey[] {
    return [...this.#keys.values()];
  }

  get(key: string): HotKey | undefined {
    const hot = this.#keys.get(key);
    if (hot) this.#order.touch(hot);
    return hot;
  }

  /** Takes the place of what was there for the key. */
  put(key: string, entries: readonly DiskEntry[], record: KeyRecord<HotKey>): void {
    this.drop(record.hot);
    const cost = entries.reduce((sum, { head, bytes }) => sum + headCost(key, head) + (bytes?.length ?? 0), 0);
    if (cost > this.#size) return;
    const hot: HotKey = { key, entries, cost, record, older: undefined, newer: undefined };
    record.hot = hot;
    this.#keys.set(key, hot);
    this.#order.add(hot);
    this.#cost += cost;
    this.#makeRoom();
  }

  drop(hot: HotKey | undefined): void {
    if (!hot || this.#keys.get(hot.key) !== hot) return;
    hot.record.hot = undefined;
    this.#keys.delete(hot.key);
    this.#order.remove(hot);
    this.#cost -= hot.cost;
  }

  resize(size: number): void {
    this.#size = size;
    this.#makeRoom();
  }

  #makeRoom(): void {
    while (this.#cost > this.#size) this.drop(this.#order.oldest);
  }
}
