import { completeField, fieldOverhead, nameAt, nameEnd } from '../../../core/headers.ts';
import { httpLimits } from '../../../core/limits.ts';
import { nameMark } from '../../../core/name-mark.ts';
import { Http2Code } from '../codes.ts';
import type { HpackField, HpackSink } from '../hpack-field.ts';
import { Http2Error } from '../http2-error.ts';
import { copyBytes } from './copy-bytes.ts';
import { DynamicTable } from './dynamic-table.ts';
import { badHuffman, decodedHuffmanBound, decodeHuffman, tooLongHuffman } from './huffman-decoding.ts';
import { entryOverhead, firstDynamicIndex, staticFields } from './static-table.ts';
import { TableField } from './table-field.ts';

/** Bytes of an integer behind its prefix: as many as 2^28 needs. */
const maxIntegerBytes = 4;

/** RFC 7541 §4.2: the smallest size between two sections, and the last one. */
const maxSizeUpdates = 2;

const tooLong = -1;

/** Where a field that goes into no table is put together, by all decoders: a sink has it until the next one. */
let scratch: Buffer = Buffer.allocUnsafeSlow(4096);

/**
 * Reads the field sections of one direction of a connection (RFC 7541), in their order. What they say changes what the next one
 * means: after an error, its own or one that a sink throws, it refuses everything.
 */
export class HpackDecoder {
  /** A field whose name and value are longer than this, in bytes, goes to `tooLarge` of the sink. */
  maxFieldSize: number = httpLimits.maxFieldSize;
  readonly #table: DynamicTable;
  readonly #literal = new TableField(scratch, 0, 0, 0, 0, 0);
  #maxTableSize: number;
  /** The limit that the peer must come down to first; -1 where it need not. */
  #owedSize = -1;
  /** Where what was read last ends. */
  #at = 0;
  #isBroken = false;

  /** `maxTableSize`: what the peer believes at first, 4096 (RFC 9113 §6.5.2). */
  constructor(maxTableSize: number) {
    this.#maxTableSize = maxTableSize;
    this.#table = new DynamicTable(maxTableSize);
  }

  /** Our SETTINGS_HEADER_TABLE_SIZE, from when the peer has acknowledged it. */
  set maxTableSize(size: number) {
    this.#maxTableSize = size;
    if (size < this.#table.maxSize) this.#owedSize = this.#owedSize < 0 ? size : Math.min(this.#owedSize, size);
  }

  /** The size of the dynamic table (RFC 7541 §4.1). */
  get tableSize(): number {
    return this.#table.size;
  }

  /**
   * Reads the section `input[from, to)`, all its fragments together. Throws Http2Error with COMPRESSION_ERROR for what no encoder
   * writes. Names and values are what was sent: whether HTTP allows them is for the sink to see.
   */
  decode(input: Buffer, from: number, to: number, sink: HpackSink): void {
    if (this.#isBroken) throw refusal('an earlier one was refused');
    this.#isBroken = true;
    const { maxFieldSize } = this;
    let at = this.#readSizeUpdates(input, from, to);
    while (at < to) {
      const first = input[at++] as number;
      if (first >= 0x80) {
        let index = first & 0x7f;
        if (index === 0x7f) {
          index = this.#readInteger(input, at, to, index);
          at = this.#at;
        }
        const field = this.#fieldAt(index);
        if (field.size > maxFieldSize + entryOverhead) sink.tooLarge();
        else sink.field(field);
      } else if (first >= 0x40) {
        at = this.#readLiteral(input, at, to, first, 0x3f, true, sink);
      } else if (first >= 0x20) {
        throw refusal('the size of the table changes where it may not');
      } else {
        at = this.#readLiteral(input, at, to, first, 0x0f, false, sink);
      }
    }
    this.#isBroken = false;
  }

  #readSizeUpdates(input: Buffer, from: number, to: number): number {
    let at = from;
    for (let count = 0; at < to && ((input[at] as number) & 0xe0) === 0x20; count++) {
      if (count === maxSizeUpdates) throw refusal('the size of the table changes too often');
      let size = (input[at++] as number) & 0x1f;
      if (size === 0x1f) {
        size = this.#readInteger(input, at, to, size);
        at = this.#at;
      }
      if (size > this.#maxTableSize) throw refusal(`the table may have ${this.#maxTableSize} bytes, not ${size}`);
      if (this.#owedSize >= 0 && size <= this.#owedSize) this.#owedSize = -1;
      this.#table.maxSize = size;
    }
    if (this.#owedSize >= 0) throw refusal('the table was not made smaller as it had to be');
    return at;
  }

  #fieldAt(index: number): HpackField {
    const field = index < firstDynamicIndex ? staticFields[index] : this.#table.at(index - firstDynamicIndex);
    if (!field) throw refusal(`there is no entry ${index}`);
    return field;
  }

  /** RFC 7541 §6.2. Gives where it ends. */
  #readLiteral(
    input: Buffer,
    from: number,
    to: number,
    first: number,
    prefix: number,
    isIndexed: boolean,
    sink: HpackSink,
  ): number {
    let at = from;
    let index = first & prefix;
    if (index === prefix) {
      index = this.#readInteger(input, at, to, index);
      at = this.#at;
    }
    // What the table can hold must be read, whatever a field may have.
    let room = Math.max(this.maxFieldSize, isIndexed ? this.#table.maxSize : 0);
    let nameLength: number;
    let mark: number;
    if (index === 0) {
      this.#at = at;
      nameLength = this.#readString(input, to, nameAt, room);
      at = this.#at;
      mark = nameLength > 0 ? nameMark(nameLength, scratch[nameAt] as number) : 0;
    } else {
      const named = this.#fieldAt(index);
      nameLength = copyName(named);
      mark = named.mark;
    }
    room -= nameLength;
    this.#at = at;
    const valueLength = this.#readString(input, to, fieldOverhead + nameLength, nameLength === tooLong ? -1 : room);
    if (valueLength === tooLong) {
      if (isIndexed) this.#table.clear();
      sink.tooLarge();
      return this.#at;
    }
    const end = completeField(scratch, 0, nameLength, valueLength);
    const size = nameLength + valueLength + entryOverhead;
    let field = isIndexed ? this.#table.insert(scratch, 0, end, size, mark) : undefined;
    if (size > this.maxFieldSize + entryOverhead) {
      sink.tooLarge();
      return this.#at;
    }
    if (!field) {
      field = this.#literal;
      field.bytes = scratch;
      field.end = end;
      field.size = size;
      field.mark = mark;
      field.kind = 0;
    }
    sink.field(field);
    return this.#at;
  }

  /** Reads a string (RFC 7541 §5.2) to that place in the scratch. Gives its length; `tooLong`, and nothing read, where it has more than `room`. */
  #readString(input: Buffer, to: number, place: number, room: number): number {
    let at = this.#at;
    if (at >= to) throw refusal('it ends inside a field');
    const first = input[at++] as number;
    let length = first & 0x7f;
    if (length === 0x7f) {
      length = this.#readInteger(input, at, to, length);
      at = this.#at;
    }
    const end = at + length;
    if (end > to) throw refusal('it ends inside a string');
    this.#at = end;
    if (first < 0x80) {
      if (length > room) return tooLong;
      reserve(place + length);
      copyBytes(input, at, end, scratch, place);
      return length;
    }
    if (room < 0) return tooLong;
    const most = place + Math.min(room, decodedHuffmanBound(length) | 0);
    reserve(most);
    const decoded = decodeHuffman(input, at, end, scratch, place, most);
    if (decoded === badHuffman) throw refusal('a string has no valid Huffman code');
    return decoded === tooLongHuffman ? tooLong : decoded - place;
  }

  /** RFC 7541 §5.1: what follows a prefix of ones. */
  #readInteger(input: Buffer, from: number, to: number, prefix: number): number {
    let value = prefix;
    for (let count = 0; count < maxIntegerBytes; count++) {
      if (from + count >= to) throw refusal('it ends inside a number');
      const byte = input[from + count] as number;
      value += (byte & 0x7f) << (7 * count);
      if (byte < 0x80) {
        this.#at = from + count + 1;
        return value;
      }
    }
    throw refusal('a number is too large');
  }
}

/** Copies a field's name to its place in the scratch. */
function copyName(field: HpackField): number {
  const { bytes } = field;
  const end = nameEnd(bytes, field.start);
  const start = field.start + nameAt;
  reserve(nameAt + end - start);
  copyBytes(bytes, start, end, scratch, nameAt);
  return end - start;
}

/** Room up to there, and for what stands between a name and a value or what Huffman decoding writes behind. */
function reserve(end: number): void {
  if (end + fieldOverhead <= scratch.length) return;
  const grown = Buffer.allocUnsafeSlow(2 * (end + fieldOverhead));
  scratch.copy(grown);
  scratch = grown;
}

function refusal(reason: string): Http2Error {
  return new Http2Error(Http2Code.compressionError, `Cannot decode a field section: ${reason}`);
}
