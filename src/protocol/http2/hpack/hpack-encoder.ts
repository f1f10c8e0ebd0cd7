import { completeField, endOfField, fieldOverhead, nameAt, nameEnd } from '../../../core/headers.ts';
import { nameMark } from '../../../core/name-mark.ts';
import { copyBytes } from './copy-bytes.ts';
import { DynamicTable } from './dynamic-table.ts';
import { encodeHuffman, huffmanSize } from './huffman-encoding.ts';
import { type NameRule, nameRuleOf } from './name-rules.ts';
import { entryOverhead, firstDynamicIndex, staticEntries } from './static-table.ts';
import type { TableField } from './table-field.ts';

/** What a decoder's table may have before it says otherwise (RFC 9113 §6.5.2). */
const defaultTableSize = 4096;

/**
 * Bytes that a field can need beyond its name and value; no more than it has in a HeaderList, so that a block's size is enough for its
 * fields. `begin` and `encodeStatus` need no more than this either.
 */
export const maxEncodedOverhead = 11;

/** A field that has more than this part of the table would drive out too much. */
const largestShare = 4;

const slotCount = 64;

const statusIndexes: ReadonlyMap<number, number> = new Map(
  staticEntries.flatMap(([name, value], at) => (name === ':status' ? [[Number(value), at + 1] as const] : [])),
);
const statusName = 8;

/** Where a field of strings is put together. */
let scratch: Buffer = Buffer.allocUnsafeSlow(1024);

/**
 * Writes the field sections of one direction of a connection (RFC 7541). What was written must be sent, in that order, since it
 * changes what follows. `into` must have room: `maxEncodedOverhead` and the bytes of name and value.
 */
export class HpackEncoder {
  readonly #cap: number;
  readonly #table = new DynamicTable(defaultTableSize);
  /** Entries of the table by a hash of their field; evicted ones among them. */
  readonly #slots: (TableField | undefined)[] = new Array(slotCount).fill(undefined);
  /** The size that the table has from the next section on, and the smallest on the way there (RFC 7541 §4.2). */
  #nextSize: number;
  #leastSize: number;

  /** `maxTableSize`: what our side spends on it at most, in bytes. */
  constructor(maxTableSize: number) {
    this.#cap = maxTableSize;
    this.#nextSize = Math.min(maxTableSize, defaultTableSize);
    this.#leastSize = this.#nextSize;
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE, as soon as it is received. */
  set peerTableSize(size: number) {
    this.#nextSize = Math.min(size, this.#cap);
    if (this.#nextSize < this.#leastSize) this.#leastSize = this.#nextSize;
  }

  /** Begins a section: says what size the table has where that changed. Gives the end, as all that writes does. */
  begin(into: Buffer, at: number): number {
    const table = this.#table;
    const next = this.#nextSize;
    let end = at;
    if (this.#leastSize < table.maxSize && this.#leastSize < next) end = this.#resize(into, end, this.#leastSize);
    if (next !== table.maxSize) end = this.#resize(into, end, next);
    this.#leastSize = next;
    return end;
  }

  #resize(into: Buffer, at: number, size: number): number {
    this.#table.maxSize = size;
    // What was evicted would keep the memory that the table has left.
    for (const [slot, entry] of this.#slots.entries()) {
      if (entry && this.#table.indexOf(entry) < 0) this.#slots[slot] = undefined;
    }
    return writeInteger(into, at, 0x20, 0x1f, size);
  }

  /** `:status`, of three digits. */
  encodeStatus(into: Buffer, at: number, status: number): number {
    const index = statusIndexes.get(status);
    if (index !== undefined) {
      into[at] = 0x80 | index;
      return at + 1;
    }
    into[at] = statusName;
    into[at + 1] = 3;
    into[at + 2] = 0x30 + Math.floor(status / 100);
    into[at + 3] = 0x30 + (Math.floor(status / 10) % 10);
    into[at + 4] = 0x30 + (status % 10);
    return at + 5;
  }

  /** A lower-case name and a value, latin-1. */
  encodeField(into: Buffer, at: number, name: string, value: string): number {
    const size = fieldOverhead + name.length + value.length;
    if (size > scratch.length) scratch = Buffer.allocUnsafeSlow(2 * size);
    writeText(scratch, nameAt, name);
    writeText(scratch, fieldOverhead + name.length, value);
    completeField(scratch, 0, name.length, value.length);
    return this.encodeBlockField(into, at, scratch, 0);
  }

  /** The field at `bytes[start]`, in the form in which HeaderList keeps it. */
  encodeBlockField(into: Buffer, at: number, bytes: Buffer, start: number): number {
    const end = endOfField(bytes, start);
    const slot = slotOf(bytes, start, end);
    const known = this.#slots[slot];
    if (known !== undefined && isSame(known, bytes, start, end)) {
      const index = this.#table.indexOf(known);
      if (index >= 0) return writeInteger(into, at, 0x80, 0x7f, firstDynamicIndex + index);
    }
    const name = start + nameAt;
    const nameEnds = nameEnd(bytes, start);
    const value = nameEnds + 5;
    const rule = nameRuleOf(bytes, name, nameEnds);
    if (rule !== undefined) {
      const index = staticIndexOf(rule, bytes, value, end);
      if (index > 0) return writeInteger(into, at, 0x80, 0x7f, index);
      if (rule.isIndexed) {
        const size = nameEnds - name + end - value + entryOverhead;
        if (size <= this.#table.maxSize / largestShare) {
          const out = writeLiteral(into, at, 0x40, 0x3f, rule.index, bytes, name, nameEnds, value, end, true);
          this.#slots[slot] = this.#table.insert(
            bytes,
            start,
            end,
            size,
            nameMark(nameEnds - name, bytes[name] as number),
          );
          return out;
        }
      }
    }
    // Huffman code costs more time here than the quarter of the bytes that it saves: only what is sent once has it.
    const pattern = rule?.isSecret ? 0x10 : 0x00;
    return writeLiteral(into, at, pattern, 0x0f, rule?.index ?? 0, bytes, name, nameEnds, value, end, false);
  }
}

function writeLiteral(
  into: Buffer,
  at: number,
  pattern: number,
  prefix: number,
  index: number,
  bytes: Buffer,
  name: number,
  nameEnds: number,
  value: number,
  valueEnds: number,
  isShortened: boolean,
): number {
  let end = writeInteger(into, at, pattern, prefix, index);
  if (index === 0) end = writeString(into, end, bytes, name, nameEnds, isShortened);
  return writeString(into, end, bytes, value, valueEnds, isShortened);
}

function writeString(into: Buffer, at: number, bytes: Buffer, from: number, to: number, isShortened: boolean): number {
  const length = to - from;
  if (isShortened) {
    const size = huffmanSize(bytes, from, to);
    if (size < length) return encodeHuffman(bytes, from, to, into, writeInteger(into, at, 0x80, 0x7f, size));
  }
  return copyBytes(bytes, from, to, into, writeInteger(into, at, 0, 0x7f, length));
}

/** RFC 7541 §5.1. */
function writeInteger(into: Buffer, at: number, pattern: number, prefix: number, value: number): number {
  if (value < prefix) {
    into[at] = pattern | value;
    return at + 1;
  }
  into[at] = pattern | prefix;
  let end = at + 1;
  let rest = value - prefix;
  for (; rest >= 0x80; rest >>>= 7) into[end++] = 0x80 | (rest & 0x7f);
  into[end] = rest;
  return end + 1;
}

function writeText(into: Buffer, at: number, text: string): void {
  for (let index = 0; index < text.length; index++) into[at + index] = text.charCodeAt(index);
}

function staticIndexOf(rule: NameRule, bytes: Buffer, value: number, end: number): number {
  for (const entry of rule.entries) {
    if (entry.value.length !== end - value) continue;
    let at = 0;
    while (at < entry.value.length && entry.value.charCodeAt(at) === bytes[value + at]) at++;
    if (at === entry.value.length) return entry.index;
  }
  return 0;
}

/** By its lengths and some of its bytes: the whole is compared afterwards. */
function slotOf(bytes: Buffer, start: number, end: number): number {
  const middle = (start + end) >>> 1;
  return (
    ((bytes[start + nameAt] as number) +
      3 * (bytes[start + 6] as number) +
      5 * (end - start) +
      7 * (bytes[middle] as number) +
      11 * (bytes[end - 1] as number)) &
    (slotCount - 1)
  );
}

/** Both have their lengths in them. */
function isSame(entry: TableField, bytes: Buffer, start: number, end: number): boolean {
  if (entry.end - entry.start !== end - start) return false;
  const kept = entry.bytes;
  // The end first: that is where fields of one name differ.
  for (let at = end - 1, other = entry.end - 1; at >= start; at--, other--) if (bytes[at] !== kept[other]) return false;
  return true;
}
