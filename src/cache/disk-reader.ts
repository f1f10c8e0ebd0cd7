import type { CacheEntry } from './cache-store.ts';
import { type DiskEntry, type EntryPlace, readEntry, readEntryNow } from './disk-entry.ts';
import type { DiskFolder } from './disk-folder.ts';
import type { DiskIndex, KeyRecord } from './disk-index.ts';
import type { DiskPace } from './disk-pace.ts';
import { BrokenFile } from './entry-file.ts';
import type { HotEntries, HotKey } from './hot-entries.ts';
import type { PurgeGuards } from './purge-guards.ts';

/** What reads files of a cache is given to work with. */
export interface ReaderTools {
  readonly place: EntryPlace;
  readonly pace: DiskPace;
  readonly guards: PurgeGuards;
  readonly isOpen: () => boolean;
  /** Whether all files are known. */
  readonly isScanned: () => boolean;
  readonly remove: (file: string) => void;
  readonly used: (record: KeyRecord<HotKey>) => void;
  /** Told once of each key that the disk was asked for. */
  readonly asked: (isFound: boolean) => void;
}

/** Finds in files what is not in memory, and puts it there. What all wait for is read once. */
export class DiskReader {
  readonly #index: DiskIndex<HotKey>;
  readonly #hot: HotEntries;
  readonly #folder: DiskFolder;
  readonly #tools: ReaderTools;
  readonly #finding: Map<string, Promise<readonly CacheEntry[]>> = new Map();

  constructor(index: DiskIndex<HotKey>, hot: HotEntries, folder: DiskFolder, tools: ReaderTools) {
    this.#index = index;
    this.#hot = hot;
    this.#folder = folder;
    this.#tools = tools;
  }

  /** The entries of a key, the newest first. */
  find(key: string, keyName: string): Promise<readonly CacheEntry[]> {
    const before = this.#finding.get(key);
    if (before) return before;
    const finding = this.#find(key, keyName).finally(() => this.#finding.delete(key));
    this.#finding.set(key, finding);
    return finding;
  }

  /** Undefined where it cannot be used; it is removed where it never can, or was purged. */
  async entryOf(file: string, key?: string): Promise<DiskEntry | undefined> {
    const { place, pace, guards, remove } = this.#tools;
    try {
      const entry = await (pace.isQuick ? pace.run(() => readEntryNow(file, place)) : readEntry(file, place));
      if (key !== undefined && entry.start.key !== key) throw new BrokenFile('its key is another one');
      const item = this.#index.get(file);
      const purged = guards.isPurged(entry.start.key, entry.head, item?.putAt === 0 ? 0 : entry.start.begunAt);
      if (purged === false) return entry;
      if (purged !== true && item) purged.removed++;
      remove(file);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof BrokenFile) place.broken(file, error.message);
      else if (code === 'ELOOP') place.broken(file, 'it is a link');
      else if (code === 'ENOENT') place.gone(file);
      else place.failed(error);
    }
    return undefined;
  }

  async #find(key: string, keyName: string): Promise<readonly CacheEntry[]> {
    try {
      if (!this.#tools.isScanned()) await this.#look(keyName);
      const entries = await this.#read(key, keyName);
      this.#tools.asked(entries.length > 0);
      return entries;
    } catch (error) {
      this.#tools.place.failed(error);
      return [];
    }
  }

  /** Looks for the files of a key where the scan has not come by. */
  async #look(keyName: string): Promise<void> {
    for (const { file, size, usedAt } of await this.#folder.filesOf(keyName)) {
      if (!this.#index.get(file)) this.#index.put(file, size, usedAt, 0);
    }
  }

  async #read(key: string, keyName: string): Promise<readonly DiskEntry[]> {
    const { isOpen, isScanned, used } = this.#tools;
    for (;;) {
      const record = this.#index.recordOf(keyName);
      if (!record || !isOpen()) return [];
      const { version } = record;
      const read = await Promise.all(record.items.map(({ file }) => this.entryOf(file, key)));
      // What was changed meanwhile is read again.
      if (record.version !== version || this.#index.recordOf(keyName) !== record) continue;
      const entries = read.filter((entry) => entry !== undefined);
      entries.sort(
        (one, other) => other.head.respondedAt - one.head.respondedAt || other.start.begunAt - one.start.begunAt,
      );
      // One that could not be read for now is not known to be missing.
      const isWhole = entries.length === record.items.length;
      if (isWhole && isScanned() && isOpen()) this.#hot.put(key, entries, record);
      used(record);
      return entries;
    }
  }
}
