const LF = 10;

/** Lower-case of every byte that may stand in a header name (RFC 9110 §5.6.2 token), 0 for all others. */
export const TOKEN: Uint8Array = tokenTable();

/** 1 for every byte that may stand in a header value (RFC 9110 §5.5: HTAB, SP, VCHAR, obs-text), 0 for all others. */
export const VALUE: Uint8Array = valueTable();

/** A header name or value that HTTP does not allow; whoever built it is at fault. */
export class InvalidHeader extends Error {}

/**
 * Header fields in order, duplicates kept, names lower-case, every name and value valid by RFC 9110 §5.
 * An immutable value. It is kept as the bytes `name LF value LF …` in `bytes[start, end)`, the form that the worker
 * protocol carries, and decoded when asked.
 */
export class HeaderList implements Iterable<[name: string, value: string]> {
  static readonly empty: HeaderList = new HeaderList(Buffer.alloc(0), 0, 0);

  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;

  private constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  /** Wraps bytes that are already valid: lower-case tokens and checked values, each ended by LF. Nothing is copied. */
  static ofValidBlock(bytes: Buffer, start: number, end: number): HeaderList {
    return new HeaderList(bytes, start, end);
  }

  /** Encodes fields as latin-1. Throws {@link InvalidHeader} for a name that is no token or a value with control characters. */
  static of(fields: Iterable<readonly [name: string, value: string]>): HeaderList {
    let text = '';
    for (const [name, value] of fields) text += `${checkedName(name)}\n${checkedValue(name, value)}\n`;
    const bytes = Buffer.from(text, 'latin1');
    return new HeaderList(bytes, 0, bytes.length);
  }

  /** The value of the first field of that name (lower-case), latin-1 decoded. */
  get(name: string): string | undefined {
    let at = this.start;
    while (at < this.end) {
      const nameEnd = this.bytes.indexOf(LF, at);
      const valueEnd = this.bytes.indexOf(LF, nameEnd + 1);
      if (this.#matches(name, at, nameEnd)) return this.bytes.toString('latin1', nameEnd + 1, valueEnd);
      at = valueEnd + 1;
    }
    return undefined;
  }

  /** The values of all fields of that name (lower-case), in order. */
  getAll(name: string): string[] {
    const values: string[] = [];
    for (const [each, value] of this) if (each === name) values.push(value);
    return values;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** A copy with one more field at the end. Throws {@link InvalidHeader}. */
  with(name: string, value: string): HeaderList {
    return HeaderList.of([...this, [name, value]]);
  }

  /** A copy without the fields of these names (lower-case). */
  without(...names: string[]): HeaderList {
    return HeaderList.of([...this].filter(([name]) => !names.includes(name)));
  }

  *[Symbol.iterator](): Iterator<[name: string, value: string]> {
    let at = this.start;
    while (at < this.end) {
      const nameEnd = this.bytes.indexOf(LF, at);
      const valueEnd = this.bytes.indexOf(LF, nameEnd + 1);
      yield [this.bytes.toString('latin1', at, nameEnd), this.bytes.toString('latin1', nameEnd + 1, valueEnd)];
      at = valueEnd + 1;
    }
  }

  #matches(name: string, start: number, end: number): boolean {
    if (end - start !== name.length) return false;
    for (let index = 0; index < name.length; index++) {
      if (this.bytes[start + index] !== name.charCodeAt(index)) return false;
    }
    return true;
  }
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
