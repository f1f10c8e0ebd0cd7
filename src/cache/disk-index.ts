import { keyNameIn } from './entry-file.ts';
import { type Used, UseOrder } from './use-order.ts';

/** What is known of a file of the cache without looking into it. */
export interface DiskItem extends Used<DiskItem> {
  readonly file: string;
  /** Bytes. */
  size: number;
  /** Milliseconds since 1970. */
  usedAt: number;
  /** The same as the file itself tells it to other threads, and to the next start. */
  markedAt: number;
  /** When this thread heard of it; 0 where it was there before, so that every purge means it, whatever the clock was then. */
  putAt: number;
}

/** The files of a key. */
export interface KeyRecord<Hot> {
  readonly items: DiskItem[];
  /** What of them is in memory. */
  hot: Hot | undefined;
  /** Changes whenever the items do. */
  version: number;
}

/** Which files a cache has on the disk. */
export class DiskIndex<Hot> {
  readonly #records: Map<string, KeyRecord<Hot>> = new Map();
  #order: UseOrder<DiskItem> = new UseOrder();
  #entries = 0;
  #bytes = 0;

  get entries(): number {
    return this.#entries;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get oldest(): DiskItem | undefined {
    return this.#order.oldest;
  }

  /** What is known of a key, by the beginning of its files' names. */
  recordOf(keyName: string): KeyRecord<Hot> | undefined {
    return this.#records.get(keyName);
  }

  get(file: string): DiskItem | undefined {
    return this.#records.get(keyNameIn(file))?.items.find((item) => item.file === file);
  }

  filesOf(keyName: string): readonly string[] {
    return this.#records.get(keyName)?.items.map(({ file }) => file) ?? [];
  }

  *items(): Iterable<DiskItem> {
    for (const { items } of this.#records.values()) yield* [...items];
  }

  /** A file is there, or is another one now; it is the one used last. */
  put(file: string, size: number, usedAt: number, now: number): KeyRecord<Hot> {
    const keyName = keyNameIn(file);
    const record = this.#records.get(keyName) ?? { items: [], hot: undefined, version: 0 };
    this.#records.set(keyName, record);
    record.version++;
    const known = record.items.find((item) => item.file === file);
    this.#bytes += size - (known?.size ?? 0);
    if (known) {
      Object.assign(known, { size, usedAt, markedAt: usedAt, putAt: now });
      this.#order.touch(known);
      return record;
    }
    const item: DiskItem = { file, size, usedAt, markedAt: usedAt, putAt: now, older: undefined, newer: undefined };
    record.items.push(item);
    this.#order.add(item);
    this.#entries++;
    return record;
  }

  touch(item: DiskItem, usedAt: number): void {
    item.usedAt = usedAt;
    this.#order.touch(item);
  }

  /** The file is gone. Gives the record that it was in; undefined where it was not known. */
  remove(file: string): KeyRecord<Hot> | undefined {
    const keyName = keyNameIn(file);
    const record = this.#records.get(keyName);
    const at = record?.items.findIndex((item) => item.file === file) ?? -1;
    const item = record?.items[at];
    if (!record || !item) return undefined;
    record.items.splice(at, 1);
    record.version++;
    if (record.items.length === 0) this.#records.delete(keyName);
    this.#order.remove(item);
    this.#entries--;
    this.#bytes -= item.size;
    return record;
  }

  /** Puts all in the order of their use: a folder tells its files in none. */
  sort(): void {
    const items = [...this.items()].sort((one, other) => one.usedAt - other.usedAt);
    this.#order = new UseOrder();
    for (const item of items) this.#order.add(item);
  }
}

/** The one that was used least of late; there is one. */
export function oldestOf(items: readonly DiskItem[]): DiskItem {
  return items.reduce((oldest, item) => (item.usedAt < oldest.usedAt ? item : oldest));
}
