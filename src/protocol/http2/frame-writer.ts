import { Flag, FrameKind, type Http2Code } from './codes.ts';
import type { FrameOutput } from './server-sink.ts';

export const frameHeadSize = 9;

/** Content up to this size is copied behind its frame's head, in bytes: a write of its own costs more. */
const copiedSize = 4096;

/** Writes a frame's head (RFC 9113 §4.1) and gives the offset after it. */
export function writeFrameHead(
  into: Buffer,
  at: number,
  length: number,
  kind: number,
  flags: number,
  stream: number,
): number {
  into[at] = length >>> 16;
  into[at + 1] = length >>> 8;
  into[at + 2] = length;
  into[at + 3] = kind;
  into[at + 4] = flags;
  return writeNumber(into, at + 5, stream);
}

function writeNumber(into: Buffer, at: number, value: number): number {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
  return at + 4;
}

interface Spans {
  first: number;
  second: number;
}

/** Writes the frames of one connection, and knows how many bytes of answers the other side has not taken. */
export class FrameWriter {
  /** The longest frame that the other side takes (SETTINGS_MAX_FRAME_SIZE). */
  maxFrameSize: number = 16_384;
  readonly #output: FrameOutput;
  #written = 0;
  // Both are counted in two spans of the output: those of the first one are forgotten when all of it was taken.
  #spanEnd = 0;
  readonly #control: Spans = { first: 0, second: 0 };
  readonly #sections: Spans = { first: 0, second: 0 };

  constructor(output: FrameOutput) {
    this.#output = output;
  }

  /** The most bytes of control frames that may not have been taken yet. */
  get unsentControl(): number {
    return this.#unsent(this.#control);
  }

  /** Whether field sections of more than so many bytes have not been taken: no window of the other side bounds them. */
  hasUnsentSections(most: number): boolean {
    const { first, second } = this.#sections;
    return first + second > most && this.#unsent(this.#sections) > most;
  }

  /** Pairs of an identifier and its value (RFC 9113 §6.5). */
  settings(values: readonly (readonly [setting: number, value: number])[]): void {
    const { buffer, offset } = this.#output.reserve(frameHeadSize + 6 * values.length);
    let at = writeFrameHead(buffer, offset, 6 * values.length, FrameKind.settings, 0, 0);
    for (const [setting, value] of values) {
      buffer[at] = setting >>> 8;
      buffer[at + 1] = setting;
      at = writeNumber(buffer, at + 2, value);
    }
    this.#commit(offset, at);
  }

  settingsAck(): void {
    this.#short(0, FrameKind.settings, Flag.ack, 0);
  }

  ping(opaque: Uint8Array, from: number, isAck: boolean): void {
    const { buffer, offset } = this.#output.reserve(frameHeadSize + 8);
    const at = writeFrameHead(buffer, offset, 8, FrameKind.ping, isAck ? Flag.ack : 0, 0);
    for (let index = 0; index < 8; index++) buffer[at + index] = opaque[from + index] as number;
    this.#control.second += frameHeadSize + 8;
    this.#commit(offset, at + 8);
  }

  reset(stream: number, code: Http2Code): void {
    this.#short(4, FrameKind.resetStream, 0, stream, code);
  }

  windowUpdate(stream: number, increment: number): void {
    this.#short(4, FrameKind.windowUpdate, 0, stream, increment);
  }

  goaway(lastStream: number, code: Http2Code): void {
    this.#short(8, FrameKind.goaway, 0, 0, lastStream, code);
  }

  /** Where `most` bytes of a field section can be written behind the room for a frame's head; `section` then sends it. */
  reserveSection(most: number): { readonly buffer: Buffer; readonly offset: number } {
    return this.#output.reserve(frameHeadSize + most);
  }

  /** Sends what was written from `offset + frameHeadSize` to `end`, in as many frames as it needs. Gives how many bytes that are. */
  section(buffer: Buffer, offset: number, end: number, stream: number, flags: number): number {
    const from = offset + frameHeadSize;
    const size = end - from;
    if (size <= this.maxFrameSize) {
      writeFrameHead(buffer, offset, size, FrameKind.headers, flags | Flag.endHeaders, stream);
      this.#sections.second += frameHeadSize + size;
      return this.#commit(offset, end);
    }
    const whole = Buffer.from(buffer.subarray(from, end));
    let written = 0;
    for (let at = 0; at < size; at += this.maxFrameSize) {
      const piece = whole.subarray(at, at + this.maxFrameSize);
      const isLast = at + piece.length === size;
      const kind = at === 0 ? FrameKind.headers : FrameKind.continuation;
      const frame = this.#output.reserve(frameHeadSize + piece.length);
      const own = (at === 0 ? flags : 0) | (isLast ? Flag.endHeaders : 0);
      const contentAt = writeFrameHead(frame.buffer, frame.offset, piece.length, kind, own, stream);
      frame.buffer.set(piece, contentAt);
      written += this.#commit(frame.offset, contentAt + piece.length);
    }
    this.#sections.second += written;
    return written;
  }

  /** Sends `bytes[from, to)` as one frame, which must not be longer than `maxFrameSize`. Gives how many bytes that are. */
  data(stream: number, bytes: Uint8Array, from: number, to: number, isEnd: boolean): number {
    const size = to - from;
    const isCopied = size <= copiedSize;
    const { buffer, offset } = this.#output.reserve(frameHeadSize + (isCopied ? size : 0));
    const at = writeFrameHead(buffer, offset, size, FrameKind.data, isEnd ? Flag.endStream : 0, stream);
    const piece = size === bytes.length ? bytes : bytes.subarray(from, to);
    if (isCopied) {
      buffer.set(piece, at);
      return this.#commit(offset, at + size);
    }
    this.#commit(offset, at);
    this.#output.write(piece);
    this.#written += size;
    return frameHeadSize + size;
  }

  #short(length: number, kind: number, flags: number, stream: number, first = 0, second = 0): void {
    const { buffer, offset } = this.#output.reserve(frameHeadSize + length);
    const at = writeFrameHead(buffer, offset, length, kind, flags, stream);
    if (length > 0) writeNumber(buffer, at, first);
    if (length > 4) writeNumber(buffer, at + 4, second);
    this.#control.second += frameHeadSize + length;
    this.#commit(offset, at + length);
  }

  #unsent(spans: Spans): number {
    const { unsent } = this.#output;
    if (this.#written - unsent >= this.#spanEnd) {
      for (const each of [this.#control, this.#sections]) {
        each.first = each.second;
        each.second = 0;
      }
      this.#spanEnd = this.#written;
    }
    return Math.min(unsent, spans.first + spans.second);
  }

  #commit(from: number, end: number): number {
    this.#output.commit(end);
    this.#written += end - from;
    return end - from;
  }
}
