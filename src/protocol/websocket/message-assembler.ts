import type { WebSocketLimits } from '../../core/limits.ts';
import { Opcode } from './frame.ts';
import type { DataFrameSink } from './frame-parser.ts';
import { isUtf8, Utf8Validator } from './utf8.ts';
import { WebSocketError } from './websocket-error.ts';

/** Gives back what a message of permessage-deflate stood for; see Deflate in codec.ts. */
type Inflate = (bytes: Uint8Array, maxSize: number) => Uint8Array;

// Room for the first fragment of a message of unknown length, in bytes.
const firstRoom = 256;

// What a sender leaves out at the end of every compressed message (RFC 7692 §7.2.1).
const deflateTail = Buffer.from([0, 0, 0xff, 0xff]);

/** Makes messages from data frames: their order, limits, decompression, and UTF-8 of text as early as it can be seen. */
export class MessageAssembler implements DataFrameSink {
  readonly #message: (data: Uint8Array, isText: boolean) => void;
  readonly #limits: WebSocketLimits;
  readonly #inflate: Inflate | undefined;
  readonly #utf8 = new Utf8Validator();
  #isOpen = false;
  #isText = false;
  #isCompressed = false;
  #isFinal = false;
  #announced = 0;
  #fragments = 0;
  #kept: Buffer | undefined;
  #size = 0;

  constructor(
    message: (data: Uint8Array, isText: boolean) => void,
    limits: WebSocketLimits,
    inflate: Inflate | undefined,
  ) {
    this.#message = message;
    this.#limits = limits;
    this.#inflate = inflate;
  }

  /** Whether a message has begun and is not complete. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes kept of a message that is not complete. */
  get buffered(): number {
    return this.#size;
  }

  begin(opcode: number, isFinal: boolean, isCompressed: boolean, length: number): void {
    if (opcode === Opcode.continuation) {
      if (!this.#isOpen) throw misplaced('a continuation frame came without a start');
      if (isCompressed) throw misplaced('a continuation frame is marked as compressed');
    } else {
      if (this.#isOpen) throw misplaced('a message began inside another one');
      this.#isOpen = true;
      this.#isText = opcode === Opcode.text;
      this.#isCompressed = isCompressed;
      this.#announced = 0;
      this.#fragments = 0;
    }
    const { maxFrameSize, maxMessageSize, maxFragments } = this.#limits;
    this.#isFinal = isFinal;
    this.#announced += length;
    this.#fragments++;
    if (length > maxFrameSize) throw tooBig(`one of its frames has more than ${maxFrameSize} bytes`);
    if (this.#announced > maxMessageSize) throw tooBig(`it has more than ${maxMessageSize} bytes`);
    if (this.#fragments > maxFragments) throw tooBig(`it has more than ${maxFragments} fragments`);
  }

  data(bytes: Buffer, start: number, end: number, isLast: boolean): void {
    const isComplete = isLast && this.#isFinal;
    const isWhole = isComplete && this.#kept === undefined;
    if (!isWhole) {
      if (this.#isText && !this.#isCompressed && !this.#utf8.write(bytes, start, end)) throw notUtf8();
      this.#keep(bytes, start, end);
    }
    if (isComplete) this.#finish(this.#kept?.subarray(0, this.#size) ?? bytes.subarray(start, end), isWhole);
  }

  #finish(received: Uint8Array, isWhole: boolean): void {
    const data = this.#isCompressed ? this.#inflated(received) : received;
    if (this.#isText) {
      const isValid = isWhole || this.#isCompressed ? isUtf8(data) : this.#utf8.isComplete;
      if (!isValid) throw notUtf8();
    }
    this.#isOpen = false;
    this.#kept = undefined;
    this.#size = 0;
    this.#message(data, this.#isText);
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const size = this.#size + end - start;
    let kept = this.#kept;
    if (!kept || kept.length < size) {
      // Memory follows what has come, not what a head announces, and grows twofold so that small pieces stay cheap.
      const room = Math.max(firstRoom, 2 * (kept?.length ?? 0));
      const grown = Buffer.allocUnsafe(Math.max(size, this.#isFinal ? Math.min(room, this.#announced) : room));
      kept?.copy(grown, 0, 0, this.#size);
      kept = grown;
      this.#kept = kept;
    }
    bytes.copy(kept, this.#size, start, end);
    this.#size = size;
  }

  #inflated(received: Uint8Array): Uint8Array {
    const { maxMessageSize } = this.#limits;
    try {
      return (this.#inflate as Inflate)(Buffer.concat([received, deflateTail]), maxMessageSize);
    } catch (error) {
      if (error instanceof RangeError) throw tooBig(`it has more than ${maxMessageSize} bytes after decompression`);
      throw new WebSocketError(1007, 'Cannot read a WebSocket message: its compressed data is broken');
    }
  }
}

function misplaced(reason: string): WebSocketError {
  return new WebSocketError(1002, `Cannot read a WebSocket message: ${reason}`);
}

function tooBig(reason: string): WebSocketError {
  return new WebSocketError(1009, `Cannot take a WebSocket message: ${reason}`);
}

function notUtf8(): WebSocketError {
  return new WebSocketError(1007, 'Cannot read a WebSocket message: its text is not UTF-8');
}
