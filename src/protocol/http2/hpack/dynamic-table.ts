import { TableField } from './table-field.ts';

/** The first memory of a table, in bytes: what a browser says about itself. */
const firstMemory = 1024;
const firstCapacity = 16;

/**
 * The dynamic table of one direction of a connection (RFC 7541 §2.3.2, §4). Its bytes are in one ring of memory, so that they are
 * bounded by its size: at most four times that, or `firstMemory`.
 */
export class DynamicTable {
  #maxSize: number;
  #size = 0;
  #memory: Buffer = Buffer.alloc(0);
  /** Where the newest entry ends in the memory. */
  #end = 0;
  /** A ring whose length is a power of two. */
  #entries: (TableField | undefined)[] = [];
  #inserted = 0;
  #count = 0;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  /** Evicts what there is no room for any more. */
  set maxSize(size: number) {
    this.#evictDownTo(size);
    this.#maxSize = size;
    if (this.#memory.length > firstMemory && this.#memory.length > 4 * size) this.#moveTo(firstMemory, 0);
  }

  /** The sizes of all entries (RFC 7541 §4.1). */
  get size(): number {
    return this.#size;
  }

  /** The entry at this index, the newest one at 0. */
  at(index: number): TableField | undefined {
    if (index >= this.#count) return undefined;
    return this.#entries[(this.#inserted - 1 - index) & (this.#entries.length - 1)];
  }

  /** Where an entry is; -1 where it was evicted. */
  indexOf(entry: TableField): number {
    const index = this.#inserted - 1 - entry.number;
    return index < this.#count ? index : -1;
  }

  /** Puts a copy of `bytes[start, end)` in front. Undefined, and an empty table, where it is larger than the table (RFC 7541 §4.4). */
  insert(bytes: Buffer, start: number, end: number, size: number, mark: number): TableField | undefined {
    if (size > this.#maxSize) {
      this.clear();
      return undefined;
    }
    this.#evictDownTo(this.#maxSize - size);
    const place = this.#place(end - start);
    const memory = this.#memory;
    this.#end = place + bytes.copy(memory, place, start, end);
    if (this.#count === this.#entries.length) this.#growEntries();
    const entry = new TableField(memory, place, this.#end, size, mark, this.#inserted);
    this.#entries[this.#inserted++ & (this.#entries.length - 1)] = entry;
    this.#count++;
    this.#size += size;
    return entry;
  }

  clear(): void {
    this.#evictDownTo(0);
  }

  #evictDownTo(size: number): void {
    while (this.#size > size) {
      const slot = (this.#inserted - this.#count) & (this.#entries.length - 1);
      this.#size -= this.#entries[slot]?.size ?? 0;
      this.#entries[slot] = undefined;
      this.#count--;
    }
  }

  /** Room for so many bytes in one piece. */
  #place(length: number): number {
    const oldest = this.at(this.#count - 1);
    if (!oldest) {
      if (length <= this.#memory.length) return 0;
    } else if (this.#end > oldest.start) {
      if (this.#end + length <= this.#memory.length) return this.#end;
      if (length <= oldest.start) return 0;
    } else if (this.#end + length <= oldest.start) {
      return this.#end;
    }
    this.#moveTo(Math.max(firstMemory, 2 * this.#memory.length), length);
    return this.#end;
  }

  /** Moves all entries to new memory of that size, or a larger one where it would not hold them and `more`. */
  #moveTo(least: number, more: number): void {
    let needed = more;
    for (let index = 0; index < this.#count; index++) needed += this.at(index)?.size ?? 0;
    let size = least;
    while (size < needed) size *= 2;
    // Of its own: a view into the pool would keep all of that.
    const memory = Buffer.allocUnsafeSlow(size);
    let end = 0;
    for (let index = this.#count - 1; index >= 0; index--) {
      const entry = this.at(index);
      if (!entry) continue;
      const start = end;
      end += entry.bytes.copy(memory, start, entry.start, entry.end);
      entry.bytes = memory;
      entry.start = start;
      entry.end = end;
    }
    this.#memory = memory;
    this.#end = end;
  }

  #growEntries(): void {
    const old = this.#entries;
    const grown: (TableField | undefined)[] = new Array(Math.max(firstCapacity, 2 * old.length)).fill(undefined);
    for (const entry of old) if (entry) grown[entry.number & (grown.length - 1)] = entry;
    this.#entries = grown;
  }
}
