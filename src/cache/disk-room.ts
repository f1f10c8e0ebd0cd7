import { stat } from 'node:fs';
import { promisify } from 'node:util';
import type { CachePlan } from '../plan/cache-plan.ts';
import type { DiskFolder } from './disk-folder.ts';
import type { DiskIndex, DiskItem } from './disk-index.ts';
import type { HotKey } from './hot-entries.ts';

const statFile = promisify(stat);

/** How often the room on the file system is looked at, at most; in milliseconds. */
const freeCheckMs = 1_000;

/** Files that are removed at once since the file system is full, or since nobody asks for them. */
const mostRemoved = 1_000;

/** What makes room is given to do so. */
export interface RoomTools {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly remove: (file: string) => void;
  readonly failed: (error: unknown) => void;
  readonly track: (work: Promise<unknown>) => unknown;
}

/** Removes the files that were used least of late, where there are too many or nobody asks for them. It does so from `open` to `close`. */
export class DiskRoom {
  readonly #index: DiskIndex<HotKey>;
  readonly #folder: DiskFolder;
  readonly #tools: RoomTools;
  #isOpen = false;
  #isMaking = false;
  #freeCheckedAt = 0;
  #evicted = 0;

  constructor(index: DiskIndex<HotKey>, folder: DiskFolder, tools: RoomTools) {
    this.#index = index;
    this.#folder = folder;
    this.#tools = tools;
  }

  /** How many were removed to make room. */
  get evicted(): number {
    return this.#evicted;
  }

  /** All files are known. */
  open(): void {
    this.#isOpen = true;
  }

  close(): void {
    this.#isOpen = false;
  }

  /** Begins to remove what is too much. */
  make(plan: CachePlan): void {
    const now = this.#tools.now();
    const minFree = plan.disk?.minFree ?? 0;
    const looksAtFree = minFree > 0 && now - this.#freeCheckedAt >= freeCheckMs;
    if (this.#isMaking || !this.#isOpen || (!this.#isOver(plan) && !looksAtFree)) return;
    this.#isMaking = true;
    if (looksAtFree) this.#freeCheckedAt = now;
    const making = this.#make(plan, looksAtFree ? minFree : 0).finally(() => {
      this.#isMaking = false;
    });
    this.#tools.track(making);
  }

  /** Begins to remove what nobody asked for lately. */
  removeInactive(plan: CachePlan): void {
    const before = this.#tools.now() - plan.inactiveMs;
    this.#tools.track(this.#removeOldest(mostRemoved, (item) => item.usedAt < before));
  }

  #isOver({ maxEntries, disk }: CachePlan): boolean {
    return this.#index.entries > maxEntries || this.#index.bytes > (disk?.maxSize ?? Number.POSITIVE_INFINITY);
  }

  async #make(plan: CachePlan, minFree: number): Promise<void> {
    this.#evicted += await this.#removeOldest(Number.POSITIVE_INFINITY, () => this.#isOver(plan));
    if (minFree === 0) return;
    try {
      for (let removed = 0; removed < mostRemoved && (await this.#folder.free()) < minFree; removed++) {
        if ((await this.#removeOldest(1, () => true)) === 0) return;
        this.#evicted++;
      }
    } catch (error) {
      this.#tools.failed(error);
    }
  }

  /** Removes what was used least of late while that holds of it. Gives how many. */
  async #removeOldest(most: number, holds: (item: DiskItem) => boolean): Promise<number> {
    let removed = 0;
    for (let looks = this.#index.entries; looks > 0 && removed < most && this.#isOpen; looks--) {
      const item = this.#index.oldest;
      if (!item || !holds(item)) break;
      const usedAt = await this.#usedAt(item);
      // It was used or removed while it was looked at.
      if (item !== this.#index.oldest) continue;
      // Another thread has used it.
      if (usedAt > item.usedAt + 1) {
        this.#index.touch(item, usedAt);
        continue;
      }
      this.#tools.remove(item.file);
      removed++;
    }
    return removed;
  }

  /** As the file tells; 0 where it tells nothing. */
  async #usedAt({ file }: DiskItem): Promise<number> {
    try {
      return (await statFile(this.#folder.pathOf(file))).mtimeMs;
    } catch {
      return 0;
    }
  }
}
