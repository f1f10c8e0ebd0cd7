import { anyMark, markOf } from './name-mark.ts';
import type { NameSet } from './name-set.ts';

/** Lower-case of every byte that may stand in a header name (RFC 9110 §5.6.2 token), 0 for all others. */
export const TOKEN: Uint8Array = tokenTable();

/** 1 for every byte that may stand in a header value (RFC 9110 §5.5: HTAB, SP, VCHAR, obs-text), 0 for all others. */
export const VALUE: Uint8Array = valueTable();

/** A header name or value that HTTP does not allow; whoever built it is at fault. */
export class InvalidHeader extends Error {}

/** What a field of a block has besides its name and value, in bytes; its name begins `nameAt` bytes from its start. */
export const fieldOverhead = 15;
export const nameAt = 10;

const tupleCode = 0x28;
const bytesCode = 0x73;

/**
 * Header fields in order, duplicates kept, names lower-case, every name and value valid by RFC 9110 §5. An immutable value.
 * It is kept in `bytes[start, end)` in the form that the worker protocol carries, Python's marshal format of a pair of byte
 * strings for each field (frame.md, "Heads"), and decoded when asked:
 *
 *     "(" 2 · "s" length name · "s" length value        numbers are u32, little-endian
 */
export class HeaderList implements Iterable<[name: string, value: string]> {
  static readonly empty: HeaderList = new HeaderList(Buffer.alloc(0), 0, 0, 0);

  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** The marks of all its names, and maybe of others: most of what is looked for is not there, and is not looked for then. */
  readonly marks: number;

  private constructor(bytes: Buffer, start: number, end: number, marks: number) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.marks = marks;
  }

  /** Wraps a block of fields that are already valid. Nothing is copied. `marks`: those of its names, where they are known. */
  static ofValidBlock(bytes: Buffer, start: number, end: number, marks: number = anyMark): HeaderList {
    return new HeaderList(bytes, start, end, marks);
  }

  /** Encodes fields as latin-1. Throws {@link InvalidHeader} for a name that is no token or a value with control characters. */
  static of(fields: Iterable<readonly [name: string, value: string]>): HeaderList {
    return HeaderList.empty.withAll(fields);
  }

  /** These fields, then those of a list whose names are not among `dropped`. Throws {@link InvalidHeader}. */
  static joined(
    first: HeaderList | readonly (readonly [name: string, value: string])[],
    rest: HeaderList,
    dropped: NameSet,
  ): HeaderList {
    let room = rest.end - rest.start;
    if (first instanceof HeaderList) {
      const joined = Buffer.allocUnsafe(room + first.end - first.start);
      const size = first.bytes.copy(joined, 0, first.start, first.end);
      return new HeaderList(joined, 0, rest.#copyBut(dropped, joined, size), first.marks | rest.marks);
    }
    for (const [name, value] of first) room += fieldOverhead + name.length + value.length;
    const joined = Buffer.allocUnsafe(room);
    let size = 0;
    let { marks } = rest;
    for (const [name, value] of first) {
      const checked = checkedName(name);
      size = writeField(joined, size, checked, checkedValue(name, value));
      marks |= markOf(checked);
    }
    return new HeaderList(joined, 0, rest.#copyBut(dropped, joined, size), marks);
  }

  /** How many fields there are. */
  get count(): number {
    let count = 0;
    for (let at = this.start; at < this.end; at = endOfField(this.bytes, at)) count++;
    return count;
  }

  /** The value of the first field of that name (lower-case), latin-1 decoded. */
  get(name: string): string | undefined {
    const { bytes } = this;
    if ((this.marks & markOf(name)) === 0) return undefined;
    for (let at = this.start; at < this.end; at = endOfField(bytes, at)) {
      if (isNamed(bytes, at, name)) return bytes.toString('latin1', valueStart(bytes, at), endOfField(bytes, at));
    }
    return undefined;
  }

  /** The values of all fields of that name (lower-case), in order. */
  getAll(name: string): string[] {
    const { bytes } = this;
    const values: string[] = [];
    if ((this.marks & markOf(name)) === 0) return values;
    for (let at = this.start; at < this.end; at = endOfField(bytes, at)) {
      if (isNamed(bytes, at, name)) values.push(bytes.toString('latin1', valueStart(bytes, at), endOfField(bytes, at)));
    }
    return values;
  }

  has(name: string): boolean {
    return this.#find(name) < this.end;
  }

  /** A copy with one more field at the end. Throws {@link InvalidHeader}. */
  with(name: string, value: string): HeaderList {
    const checked = checkedName(name);
    const bytes = this.#copied(fieldOverhead + checked.length + value.length);
    const end = writeField(bytes, this.end - this.start, checked, checkedValue(name, value));
    return new HeaderList(bytes, 0, end, this.marks | markOf(checked));
  }

  /** A copy with more fields at the end: encoded ones, or those of another list, which are only copied. Throws {@link InvalidHeader}. */
  withAll(fields: Iterable<readonly [name: string, value: string]>): HeaderList {
    let at = this.end - this.start;
    if (fields instanceof HeaderList) {
      const bytes = this.#copied(fields.end - fields.start);
      fields.bytes.copy(bytes, at, fields.start, fields.end);
      return new HeaderList(bytes, 0, bytes.length, this.marks | fields.marks);
    }
    const checked = Array.from(fields, ([name, value]) => [checkedName(name), checkedValue(name, value)] as const);
    const bytes = this.#copied(
      checked.reduce((sum, [name, value]) => sum + fieldOverhead + name.length + value.length, 0),
    );
    let { marks } = this;
    for (const [name, value] of checked) {
      at = writeField(bytes, at, name, value);
      marks |= markOf(name);
    }
    return new HeaderList(bytes, 0, at, marks);
  }

  /** The same without the fields of these names (lower-case). */
  without(...names: string[]): HeaderList {
    const { bytes, start, end } = this;
    let kept: Buffer | undefined;
    let size = 0;
    let from = start;
    for (let at = start; at < end; ) {
      const next = endOfField(bytes, at);
      if (names.some((name) => isNamed(bytes, at, name))) {
        kept ??= Buffer.allocUnsafe(end - start);
        size += bytes.copy(kept, size, from, at);
        from = next;
      }
      at = next;
    }
    if (!kept) return this;
    return new HeaderList(kept, 0, size + bytes.copy(kept, size, from, end), this.marks);
  }

  /**
   * A copy with this field in the place of the first one of its name (lower-case), or at the end; others of that name are left out.
   * Throws {@link InvalidHeader}.
   */
  replaced(name: string, value: string): HeaderList {
    const { bytes, start, end } = this;
    const at = this.#find(name);
    if (at >= end) return this.with(name, value);
    const next = endOfField(bytes, at);
    const changed = Buffer.allocUnsafe(end - start - (next - at) + fieldOverhead + name.length + value.length);
    bytes.copy(changed, 0, start, at);
    let size = writeField(changed, at - start, checkedName(name), checkedValue(name, value));
    for (let rest = next; rest < end; ) {
      const restEnd = endOfField(bytes, rest);
      if (!isNamed(bytes, rest, name)) size += bytes.copy(changed, size, rest, restEnd);
      rest = restEnd;
    }
    return new HeaderList(changed, 0, size, this.marks);
  }

  /** The same without the fields whose names are among these. */
  withoutAny(names: NameSet): HeaderList {
    const { bytes } = this;
    if ((this.marks & names.marks) === 0) return this;
    for (let at = this.start; at < this.end; at = endOfField(bytes, at)) {
      if (!names.has(bytes, at + nameAt, nameEnd(bytes, at))) continue;
      const kept = Buffer.allocUnsafe(this.end - this.start);
      return new HeaderList(kept, 0, this.#copyBut(names, kept, 0), this.marks);
    }
    return this;
  }

  /** Copies all fields but those of these names. Gives where they end. */
  #copyBut(dropped: NameSet, to: Buffer, at: number): number {
    const { bytes, end } = this;
    let out = at;
    let from = this.start;
    for (let field = from; field < end; ) {
      const next = endOfField(bytes, field);
      if (dropped.has(bytes, field + nameAt, nameEnd(bytes, field))) {
        if (field > from) out += bytes.copy(to, out, from, field);
        from = next;
      }
      field = next;
    }
    return end > from ? out + bytes.copy(to, out, from, end) : out;
  }

  /** Where the first field of that name begins; `end` or more where there is none. */
  #find(name: string): number {
    if ((this.marks & markOf(name)) === 0) return this.end;
    let at = this.start;
    while (at < this.end && !isNamed(this.bytes, at, name)) at = endOfField(this.bytes, at);
    return at;
  }

  /** The fields at the beginning of a new buffer that has room for `more` bytes behind them. */
  #copied(more: number): Buffer {
    const bytes = Buffer.allocUnsafe(this.end - this.start + more);
    this.bytes.copy(bytes, 0, this.start, this.end);
    return bytes;
  }

  *[Symbol.iterator](): Iterator<[name: string, value: string]> {
    const { bytes } = this;
    for (let at = this.start; at < this.end; at = endOfField(bytes, at)) {
      const name = bytes.toString('latin1', at + nameAt, nameEnd(bytes, at));
      yield [name, bytes.toString('latin1', valueStart(bytes, at), endOfField(bytes, at))];
    }
  }
}

/** Where the name of the field at `at` ends. */
export function nameEnd(bytes: Uint8Array, at: number): number {
  return at + nameAt + readSize(bytes, at + 6);
}

/** Where the value of the field at `at` begins. */
export function valueStart(bytes: Uint8Array, at: number): number {
  return nameEnd(bytes, at) + 5;
}

/** Where the field at `at` ends, its value with it. */
export function endOfField(bytes: Uint8Array, at: number): number {
  const end = nameEnd(bytes, at);
  return end + 5 + readSize(bytes, end + 1);
}

/** Writes what surrounds a name and a value that stand in their places already. Gives where the field ends. */
export function completeField(bytes: Uint8Array, at: number, nameLength: number, valueLength: number): number {
  bytes[at] = tupleCode;
  writeSize(bytes, at + 1, 2);
  bytes[at + 5] = bytesCode;
  writeSize(bytes, at + 6, nameLength);
  const end = at + nameAt + nameLength;
  bytes[end] = bytesCode;
  writeSize(bytes, end + 1, valueLength);
  return end + 5 + valueLength;
}

function writeField(bytes: Buffer, at: number, name: string, value: string): number {
  bytes.write(name, at + nameAt, 'latin1');
  bytes.write(value, at + fieldOverhead + name.length, 'latin1');
  return completeField(bytes, at, name.length, value.length);
}

function isNamed(bytes: Uint8Array, at: number, name: string): boolean {
  if (readSize(bytes, at + 6) !== name.length) return false;
  for (let index = 0; index < name.length; index++) {
    if (bytes[at + nameAt + index] !== name.charCodeAt(index)) return false;
  }
  return true;
}

function readSize(bytes: Uint8Array, at: number): number {
  // A head is never so long that the highest byte is used.
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
}

function writeSize(bytes: Uint8Array, at: number, size: number): void {
  bytes[at] = size;
  bytes[at + 1] = size >>> 8;
  bytes[at + 2] = size >>> 16;
  bytes[at + 3] = 0;
}

function checkedName(name: string): string {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
    throw new InvalidHeader(`Cannot use header name ${JSON.stringify(name)}: it is not a token`);
  }
  return name.toLowerCase();
}

function checkedValue(name: string, value: string): string {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw new InvalidHeader(`Cannot use the value of header ${name}: it holds a character that HTTP does not allow`);
  }
  return value;
}

function tokenTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
    table[character.charCodeAt(0)] = character.charCodeAt(0);
  }
  for (let code = 65; code <= 90; code++) table[code] = code + 32;
  return table;
}

function valueTable(): Uint8Array {
  const table = new Uint8Array(256).fill(1, 0x20, 0x100);
  table[0x09] = 1;
  table[0x7f] = 0;
  return table;
}
