import { smallPieceSize } from './limits.ts';

/** The bytes of a message: at hand at once, or a stream with backpressure. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>;

export const emptyBody: Uint8Array = new Uint8Array(0);

/** Where a {@link BodyStream} gets its bytes from, told how the reader fares. Every call comes from the reader's turn. */
export interface BodySource {
  /** The reader asks for bytes for the first time. */
  wanted(): void;
  /** The reader took this many bytes. */
  taken(bytes: number): void;
  /** The reader stopped before the end; it will not ask again. */
  cancelled(): void;
}

/**
 * Adds a piece to those that wait. Small ones are copied behind each other into one of `smallPieceSize`: a body of single bytes
 * would else be held as as many objects. Pieces before `first` are not touched.
 */
export function gather(pieces: Uint8Array[], piece: Uint8Array, first = 0): void {
  const last = pieces.length - 1;
  const before = last >= first ? pieces[last] : undefined;
  if (piece.length >= smallPieceSize || !before || before.length + piece.length > smallPieceSize) {
    pieces.push(piece);
    return;
  }
  const backing = before.buffer;
  const end = before.byteOffset + before.length;
  const isOurs = ownBuffers.has(backing) && end + piece.length <= backing.byteLength;
  const whole = isOurs ? new Uint8Array(backing, before.byteOffset) : ownBuffer(before);
  whole.set(piece, before.length);
  pieces[last] = whole.subarray(0, before.length + piece.length);
}

/** How many pieces that were read are kept in front of those that wait, since taking each out by itself would move all the others. */
const longestTail = 256;

/** Buffers that were made here, and so may be written to behind what they hold. */
const ownBuffers: WeakSet<ArrayBufferLike> = new WeakSet();

function ownBuffer(piece: Uint8Array): Uint8Array {
  const whole = new Uint8Array(smallPieceSize);
  whole.set(piece);
  ownBuffers.add(whole.buffer);
  return whole;
}

interface Waiting {
  resolve(result: IteratorResult<Uint8Array, undefined>): void;
  reject(error: Error): void;
}

/**
 * A body that arrives in pieces. The producer calls `push`, `end` or `fail`; one reader iterates, once.
 * It holds what was pushed and not yet taken; the producer bounds that by heeding `taken` (`buffered` says how much it is).
 */
export class BodyStream implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #source: BodySource;
  readonly #chunks: Uint8Array[] = [];
  /** Which of them the reader gets next. */
  #next = 0;
  #buffered = 0;
  #state: 'open' | 'ended' | 'cancelled' | Error = 'open';
  #wanted = false;
  #waiting: Waiting | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** Bytes pushed and not yet taken. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Adds bytes, which the caller must not change afterwards. Ignored after the end. */
  push(chunk: Uint8Array): void {
    if (this.#state !== 'open' || chunk.length === 0) return;
    const waiting = this.#waiting;
    if (waiting) {
      this.#waiting = undefined;
      waiting.resolve({ done: false, value: chunk });
      this.#source.taken(chunk.length);
      return;
    }
    if (this.#next > 0 && this.#next === this.#chunks.length) {
      this.#chunks.length = 0;
      this.#next = 0;
    }
    gather(this.#chunks, chunk, this.#next);
    this.#buffered += chunk.length;
  }

  /** Marks the end: the reader gets what is buffered, then done. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  /** Breaks the stream: the reader gets what is buffered, then the error. */
  fail(error: Error): void {
    if (this.#state !== 'open') return;
    this.#state = error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#wanted) {
      this.#wanted = true;
      this.#source.wanted();
    }
    const chunk = this.#chunks[this.#next];
    if (chunk) {
      this.#chunks[this.#next++] = emptyBody;
      if (this.#next === longestTail) this.#chunks.splice(0, longestTail);
      this.#next %= longestTail;
      this.#buffered -= chunk.length;
      this.#source.taken(chunk.length);
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#state === 'open') {
      return new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject };
      });
    }
    if (this.#state instanceof Error) return Promise.reject(this.#state);
    return Promise.resolve({ done: true, value: undefined });
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#state === 'open') {
      this.#state = 'cancelled';
      this.#source.cancelled();
    }
    this.#chunks.length = 0;
    this.#next = 0;
    this.#buffered = 0;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
