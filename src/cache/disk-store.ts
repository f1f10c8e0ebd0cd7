import { close, open, unlinkSync, utimes, write } from 'node:fs';
import { promisify } from 'node:util';
import type { CachePlan } from '../plan/cache-plan.ts';
import type { CacheCounts, CacheEvent } from './cache-event.ts';
import type { CacheEntry, CacheLock, CachePurgeRequest, CacheWriter, StoredHead } from './cache-store.ts';
import { DiskEntry, type EntryPlace, isSameFile } from './disk-entry.ts';
import type { DiskFolder } from './disk-folder.ts';
import { DiskIndex, type DiskItem, type KeyRecord, oldestOf } from './disk-index.ts';
import { DiskPace } from './disk-pace.ts';
import { DiskPurges } from './disk-purges.ts';
import { DiskReader } from './disk-reader.ts';
import { DiskRoom } from './disk-room.ts';
import { DiskTroubles } from './disk-troubles.ts';
import { DiskWriter } from './disk-writer.ts';
import {
  blockSize,
  encodeSlot,
  fileName,
  keyNameIn,
  keyNameOf,
  otherSlotAt,
  readStart,
  startSize,
} from './entry-file.ts';
import { GatheredBody } from './gathered-body.ts';
import { isMeant, variesAlike } from './head-match.ts';
import { HotEntries, type HotKey } from './hot-entries.ts';
import { mostVariants, type OpenStore, type StoreSurroundings } from './open-store.ts';
import type { Guard } from './purge-guards.ts';
import { UseCounts } from './use-counts.ts';
import { WorkUnderWay } from './work-under-way.ts';

const openFile = promisify(open);
const closeFile = promisify(close);
const writeFile = promisify(write);

/** A file tells that it was used at most so often, in milliseconds. */
const mostMarkMs = 60_000;

const none: readonly CacheEntry[] = [];

/**
 * Keeps answers in files, and those that were used of late in memory as well. All front threads have the same files: each tells the
 * others what it changes. When a file was used last is told by its time of modification.
 */
export class DiskStore implements OpenStore {
  #plan: CachePlan;
  readonly #folder: DiskFolder;
  readonly #surroundings: StoreSurroundings;
  readonly #uses: UseCounts;
  readonly #index: DiskIndex<HotKey> = new DiskIndex();
  readonly #hot: HotEntries;
  readonly #purges: DiskPurges;
  readonly #reader: DiskReader;
  readonly #writers: Set<DiskWriter> = new Set();
  /** What goes on by itself, and what writers that are done have still to do. */
  readonly #work: WorkUnderWay = new WorkUnderWay();
  readonly #room: DiskRoom;
  readonly #pace: DiskPace = new DiskPace();
  readonly #place: EntryPlace;
  readonly #scanning: Promise<void>;
  #isScanned = false;
  #isOpen = true;
  readonly #troubles: DiskTroubles;
  #hits = 0;
  #misses = 0;
  #discarded = 0;

  constructor(plan: CachePlan, folder: DiskFolder, surroundings: StoreSurroundings) {
    this.#plan = plan;
    this.#folder = folder;
    this.#surroundings = surroundings;
    this.#uses = new UseCounts(plan.inactiveMs, surroundings.now);
    this.#hot = new HotEntries(plan.memorySize);
    this.#troubles = new DiskTroubles(plan.name, surroundings.log, surroundings.now);
    this.#place = {
      pathOf: (file) => folder.pathOf(file),
      gone: (file) => this.#drop(file),
      changed: (file) => this.#hot.drop(this.#index.recordOf(keyNameIn(file))?.hot),
      broken: (file, why) => this.#discard(file, why),
      failed: (error) => this.#troubles.tell(error),
    };
    this.#room = new DiskRoom(this.#index, folder, {
      now: surroundings.now,
      remove: (file) => this.#removeFile(file),
      failed: (error) => this.#troubles.tell(error),
      track: (work) => this.#work.track(work),
    });
    this.#purges = new DiskPurges(this.#index, this.#hot, {
      now: surroundings.now,
      isOpen: () => this.#isOpen,
      pathOf: (file) => folder.pathOf(file),
      look: (file) => this.#reader.entryOf(file),
      drop: (file) => this.#drop(file),
      unlink: (file) => this.#unlink(file),
      remove: (file) => this.#removeFile(file),
      track: (work) => this.#work.track(work),
      tell: surroundings.tell,
    });
    this.#reader = new DiskReader(this.#index, this.#hot, folder, {
      ...{ place: this.#place, pace: this.#pace, guards: this.#purges.guards },
      isOpen: () => this.#isOpen,
      isScanned: () => this.#isScanned,
      remove: (file) => this.#removeFile(file),
      used: (record) => this.#use(record),
      asked: (isFound) => {
        if (isFound) this.#hits++;
        else this.#misses++;
      },
    });
    this.#lockFolder();
    this.#scanning = this.#work.track(this.#scan());
  }

  get counts(): CacheCounts {
    return {
      name: this.#plan.name,
      isOnDisk: true,
      entries: this.#index.entries,
      bytes: this.#index.bytes,
      hits: this.#hits,
      misses: this.#misses,
      evicted: this.#room.evicted,
      discarded: this.#discarded,
    };
  }

  find(key: string): readonly CacheEntry[] | Promise<readonly CacheEntry[]> {
    const hot = this.#hot.get(key);
    if (hot) {
      this.#hits++;
      this.#use(hot.record);
      return hot.entries;
    }
    const keyName = keyNameOf(key);
    if (!this.#isOpen || (this.#isScanned && !this.#index.recordOf(keyName))) {
      this.#misses++;
      return none;
    }
    return this.#reader.find(key, keyName);
  }

  begin(): number {
    return this.#purges.guards.stamp();
  }

  write(
    key: string,
    head: StoredHead,
    length: number | undefined,
    begunAt: number = this.begin(),
  ): CacheWriter | undefined {
    const size = startSize(key, head);
    const { maxEntrySize, disk } = this.#plan;
    if (!this.#isOpen || size === undefined || !this.#purges.guards.mayKeep(key, head, begunAt)) return undefined;
    const most = Math.min(maxEntrySize, (disk?.maxSize ?? Number.MAX_SAFE_INTEGER) - size);
    if (most < (length ?? 0)) return undefined;
    const ended = Promise.withResolvers<void>();
    const writer = new DiskWriter(key, head, begunAt, new GatheredBody(most, length), {
      pace: this.#pace,
      temporaryPath: () => this.#folder.temporaryPath(),
      finish: (temporary, start, fileSize, bytes) => {
        // It may have been purged since.
        if (!this.#writers.has(writer) || !this.#isOpen) return false;
        this.#keep(temporary, key, head, start, fileSize, bytes);
        return true;
      },
      failed: (error) => this.#troubles.tell(error),
      ended: () => {
        this.#writers.delete(writer);
        ended.resolve();
      },
    });
    this.#writers.add(writer);
    void this.#work.track(ended.promise);
    return writer;
  }

  update(key: string, entry: CacheEntry, head: StoredHead): void | Promise<void> {
    if (!(entry instanceof DiskEntry) || !this.#index.get(entry.file)) return;
    const { slot, serial } = entry.slotted;
    const bytes = variesAlike(head, entry.head) ? encodeSlot(head, serial + 1, entry.start.slotSize) : undefined;
    if (!bytes) return this.#work.track(this.#rewrite(key, entry, head));
    const hot = this.#hot.get(key);
    if (hot) {
      // Another one has taken its place.
      if (!hot.entries.includes(entry)) return;
      const next = entry.with({ head, slot: slot === 0 ? 1 : 0, serial: serial + 1 });
      this.#hot.put(key, [next, ...hot.entries.filter((each) => each !== entry)], hot.record);
    }
    return this.#work.track(this.#writeSlot(entry, bytes));
  }

  remove(key: string, entry?: CacheEntry): void {
    if (!entry) void this.purge({ kind: 'key', value: key });
    else if (entry instanceof DiskEntry && this.#index.get(entry.file)) this.#removeFile(entry.file);
  }

  countUse(key: string): number {
    return this.#uses.count(key);
  }

  lock(key: string, ageMs?: number): CacheLock | undefined {
    return this.#surroundings.locks.lock(key, ageMs);
  }

  unlocked(key: string, timeoutMs: number): Promise<boolean> {
    return this.#surroundings.locks.unlocked(key, timeoutMs);
  }

  purge(what: CachePurgeRequest): number | Promise<number> {
    const at = this.begin();
    this.#surroundings.tell({ kind: 'purged', what, at });
    const guard = this.#guard(what, at);
    if (this.#isScanned) return this.#purges.purge(guard);
    return this.#work.track(this.#scanning.then(() => this.#purges.purge(guard)));
  }

  heard(event: CacheEvent): void {
    const now = this.#surroundings.now();
    switch (event.kind) {
      case 'kept':
        this.#hot.drop(this.#index.put(event.file, event.size, now, now).hot);
        if (this.#purges.guards.mayMean(keyNameIn(event.file))) void this.#work.track(this.#reader.entryOf(event.file));
        break;
      case 'removed':
        this.#drop(event.file);
        break;
      case 'purged':
        this.#guard(event.what, event.at);
        this.#purges.heard(event.what, event.at);
        break;
      case 'swept':
        this.#purges.guards.swept(event.at);
        break;
    }
  }

  resize(plan: CachePlan): void {
    this.#plan = plan;
    this.#hot.resize(plan.memorySize);
    this.#room.make(this.#plan);
  }

  removeInactive(): void {
    this.#purges.guards.forgetOld();
    this.#room.removeInactive(this.#plan);
    this.#room.make(this.#plan);
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#folder.close();
    this.#surroundings.locks.close();
    for (const writer of this.#writers) writer.abort();
    this.#room.close();
    await this.#work.ended();
    for (const { file } of this.#index.items()) this.#drop(file);
  }

  #lockFolder(): void {
    try {
      this.#folder.lock((pid, folder) => {
        this.#surroundings.log.warn(
          `The folder "${folder}" of the cache "${this.#plan.name}" is used by another Galley, process ${pid}: what one of them removes, the other may ` +
            'still give. Give each a folder of its own',
        );
      });
    } catch (error) {
      this.#troubles.tell(error);
    }
  }

  async #scan(): Promise<void> {
    try {
      await this.#folder.scan((found) => {
        if (!this.#index.get(found.file)) this.#index.put(found.file, found.size, found.usedAt, 0);
      });
    } catch (error) {
      this.#troubles.tell(error);
    }
    this.#index.sort();
    this.#isScanned = true;
    this.#room.open();
    this.#room.make(this.#plan);
  }

  /** Puts a file in its place. Throws errors of the system. */
  #keep(
    temporary: string,
    key: string,
    head: StoredHead,
    startBytes: Buffer,
    size: number,
    bytes: Uint8Array | undefined,
  ): void {
    const keyName = keyNameOf(key);
    const file = fileName(keyName, head);
    this.#folder.moveIn(temporary, file);
    const before = this.#index.recordOf(keyName)?.hot;
    const others = before?.entries.filter((entry) => entry.file !== file) ?? [];
    const now = this.#surroundings.now();
    const record = this.#index.put(file, size, now, now);
    const start = readStart(startBytes, size);
    const short = start.bodyLength <= blockSize ? bytes : undefined;
    const entry = new DiskEntry(file, start, { head, slot: 0, serial: 1 }, short, this.#place);
    const isAll = record.items.length === others.length + 1;
    if (isAll && this.#isScanned) this.#hot.put(key, [entry, ...others], record);
    else this.#hot.drop(before);
    this.#surroundings.tell({ kind: 'kept', file, size });
    if (record.items.length > mostVariants) this.#removeFile(oldestOf(record.items).file);
    this.#room.make(this.#plan);
  }

  /** Writes another head into the file, beside the one that is there. */
  async #writeSlot({ file, start, slotted }: DiskEntry, bytes: Buffer): Promise<void> {
    let descriptor: number | undefined;
    try {
      descriptor = await openFile(this.#folder.pathOf(file), 'r+');
      if (!isSameFile(descriptor, start)) return;
      await writeFile(descriptor, bytes, 0, bytes.length, otherSlotAt(start, slotted.slot));
      const size = this.#index.get(file)?.size;
      if (size !== undefined) this.#surroundings.tell({ kind: 'kept', file, size });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.#drop(file);
      else this.#troubles.tell(error);
    } finally {
      if (descriptor !== undefined) await closeFile(descriptor);
    }
  }

  /** Another head that does not fit into the file. */
  async #rewrite(key: string, entry: DiskEntry, head: StoredHead): Promise<void> {
    const writer = this.write(key, head, entry.length);
    const body = writer && entry.body();
    if (!writer || !body) {
      writer?.abort();
      return;
    }
    try {
      for await (const piece of body instanceof Uint8Array ? [body] : body) if (!(await writer.write(piece))) return;
      if ((await writer.commit()) && fileName(keyNameOf(key), head) !== entry.file) this.#removeFile(entry.file);
    } catch (error) {
      writer.abort();
      this.#troubles.tell(error);
    }
  }

  /** What is begun until then is meant by it, also what is being written, and what no thread has looked into. */
  #guard(what: CachePurgeRequest, at: number): Guard {
    for (const writer of this.#writers) {
      if (writer.begunAt <= at && isMeant(what, writer.key, writer.head)) this.#writers.delete(writer);
    }
    return this.#purges.guards.add(what, at);
  }

  #removeFile(file: string): void {
    this.#drop(file);
    this.#unlink(file);
    this.#surroundings.tell({ kind: 'removed', file });
  }

  #unlink(file: string): void {
    try {
      unlinkSync(this.#folder.pathOf(file));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#troubles.tell(error);
    }
  }

  /** It is not there any more. */
  #drop(file: string): void {
    this.#hot.drop(this.#index.remove(file)?.hot);
  }

  #discard(file: string, why: string): void {
    this.#discarded++;
    this.#surroundings.log.warn(`removed "${this.#folder.pathOf(file)}" from the cache "${this.#plan.name}": ${why}`);
    this.#removeFile(file);
  }

  #use({ items }: KeyRecord<HotKey>): void {
    const now = this.#surroundings.now();
    for (const item of items) {
      this.#index.touch(item, now);
      if (now - item.markedAt > Math.min(mostMarkMs, this.#plan.inactiveMs / 4)) this.#mark(item, now);
    }
  }

  #mark(item: DiskItem, now: number): void {
    item.markedAt = now;
    utimes(this.#folder.pathOf(item.file), now / 1000, now / 1000, (error) => {
      if (error && error.code !== 'ENOENT') this.#troubles.tell(error);
    });
  }
}
