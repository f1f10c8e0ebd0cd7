import { clientPreface, Flag, FrameKind, Http2Code } from './codes.ts';
import { frameHeadSize } from './frame-writer.ts';
import { Http2Error } from './http2-error.ts';

/** Gets frames in their order. */
export interface FrameReceiver {
  /** A frame that is no DATA; its payload is `bytes[from, to)`, which is valid during the call. */
  frame(kind: number, flags: number, stream: number, bytes: Buffer, from: number, to: number): void;
  /** A DATA frame began, with `length` bytes of which `padding` are no content. */
  dataBegin(flags: number, stream: number, length: number, padding: number): void;
  /** Content of it, in the received chunk. Never empty. */
  dataContent(chunk: Buffer, from: number, to: number): void;
  /** All of it has come. */
  dataEnd(): void;
  /** Whether no more frames are to be read for now. */
  readonly isFull: boolean;
}

const nothing = Buffer.alloc(0);

/** Cuts what a client sends into frames (RFC 9113 §3.4, §4.1). Of what has not come whole it keeps one frame, and no content. */
export class FrameReader {
  readonly #receiver: FrameReceiver;
  readonly #maxFrameSize: number;
  #prefaceAt = 0;
  #kept: Buffer = nothing;
  #keptSize = 0;
  #isInData = false;
  #content = 0;
  #padding = 0;

  constructor(receiver: FrameReceiver, maxFrameSize: number) {
    this.#receiver = receiver;
    this.#maxFrameSize = maxFrameSize;
  }

  /** Bytes kept. */
  get buffered(): number {
    return this.#keptSize;
  }

  /** Whether the preface or a frame has begun and not ended. */
  get isInside(): boolean {
    const isInPreface = this.#prefaceAt > 0 && this.#prefaceAt < clientPreface.length;
    return isInPreface || this.#keptSize > 0 || this.#isInData;
  }

  /** Gives how many bytes it has read: not all where the receiver is full. Throws Http2Error, and what the receiver throws. */
  read(chunk: Buffer): number {
    let at = this.#prefaceAt < clientPreface.length ? this.#readPreface(chunk) : 0;
    while (at < chunk.length) {
      if (this.#isInData) at = this.#readData(chunk, at);
      else if (this.#receiver.isFull) return at;
      else if (this.#keptSize > 0) at = this.#fill(chunk, at);
      else {
        const needed = chunk.length - at < frameHeadSize ? frameHeadSize : this.#needed(chunk, at);
        if (chunk.length - at < needed) {
          this.#keep(chunk, at, needed);
          return chunk.length;
        }
        this.#give(chunk, at, needed);
        at += needed;
      }
    }
    return at;
  }

  #readPreface(chunk: Buffer): number {
    const size = Math.min(chunk.length, clientPreface.length - this.#prefaceAt);
    for (let at = 0; at < size; at++) {
      if (chunk[at] === clientPreface[this.#prefaceAt++]) continue;
      throw new Http2Error(
        Http2Code.protocolError,
        'Cannot speak HTTP/2: the connection does not begin with its preface',
      );
    }
    return size;
  }

  /** How many bytes must have come of the frame whose head is at `at`: all of it, but no content. */
  #needed(bytes: Buffer, at: number): number {
    const length = frameLength(bytes, at);
    if (length > this.#maxFrameSize) {
      throw new Http2Error(
        Http2Code.frameSizeError,
        `Cannot take a frame of ${length} bytes: ${this.#maxFrameSize} are allowed`,
      );
    }
    if (bytes[at + 3] !== FrameKind.data) return frameHeadSize + length;
    if (((bytes[at + 4] as number) & Flag.padded) === 0) return frameHeadSize;
    if (length === 0) throw new Http2Error(Http2Code.frameSizeError, 'Cannot take DATA: it has no padding length');
    return frameHeadSize + 1;
  }

  /** A frame has come as far as is needed. */
  #give(bytes: Buffer, at: number, needed: number): void {
    const kind = bytes[at + 3] as number;
    const flags = bytes[at + 4] as number;
    const stream =
      (((bytes[at + 5] as number) & 0x7f) << 24) |
      ((bytes[at + 6] as number) << 16) |
      ((bytes[at + 7] as number) << 8) |
      (bytes[at + 8] as number);
    if (kind !== FrameKind.data) {
      this.#receiver.frame(kind, flags, stream, bytes, at + frameHeadSize, at + needed);
      return;
    }
    const length = frameLength(bytes, at);
    let padding = 0;
    if (needed > frameHeadSize) {
      padding = 1 + (bytes[at + frameHeadSize] as number);
      if (padding > length)
        throw new Http2Error(Http2Code.protocolError, 'Cannot take DATA: it is shorter than its padding');
    }
    this.#receiver.dataBegin(flags, stream, length, padding);
    this.#content = length - padding;
    this.#padding = Math.max(padding - 1, 0);
    this.#isInData = true;
    this.#endData();
  }

  #readData(chunk: Buffer, from: number): number {
    let at = Math.min(chunk.length, from + this.#content);
    if (at > from) {
      this.#content -= at - from;
      this.#receiver.dataContent(chunk, from, at);
    }
    const padding = Math.min(chunk.length - at, this.#padding);
    this.#padding -= padding;
    at += padding;
    this.#endData();
    return at;
  }

  #endData(): void {
    if (this.#content > 0 || this.#padding > 0) return;
    this.#isInData = false;
    this.#receiver.dataEnd();
  }

  #keep(chunk: Buffer, from: number, needed: number): void {
    this.#kept = Buffer.allocUnsafe(needed);
    this.#keptSize = chunk.copy(this.#kept, 0, from);
  }

  #fill(chunk: Buffer, from: number): number {
    const at = Math.min(chunk.length, from + this.#kept.length - this.#keptSize);
    this.#keptSize += chunk.copy(this.#kept, this.#keptSize, from, at);
    if (this.#keptSize < this.#kept.length) return at;
    const kept = this.#kept;
    if (kept.length === frameHeadSize) {
      const needed = this.#needed(kept, 0);
      if (needed > frameHeadSize) {
        this.#keep(kept, 0, needed);
        return at;
      }
    }
    this.#kept = nothing;
    this.#keptSize = 0;
    this.#give(kept, 0, kept.length);
    return at;
  }
}

function frameLength(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
}
