import { close, read } from 'node:fs';
import { PeerError } from '../../core/errors.ts';
import type { ByteRange } from '../../http/range.ts';

/** Bytes of a file that are read at once. */
const readSize = 128 * 1024;

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Bytes between parts of a file, or a part of it. */
export type FileSegment = Uint8Array | ByteRange;

/**
 * The body of an answer that is read from a file, piece by piece as it is asked for. It owns the descriptor, and closes it at the end or
 * when the reader stops, also one that never began.
 */
export class FileBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #descriptor: number;
  readonly #segments: readonly FileSegment[];
  #segment = 0;
  /** How much of the segment was read. */
  #at = 0;
  #state: 'open' | 'reading' | 'stopped' | 'closed' = 'open';

  constructor(descriptor: number, segments: readonly FileSegment[]) {
    this.#descriptor = descriptor;
    this.#segments = segments;
  }

  /** Rejects where the file has become shorter, or cannot be read. */
  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const segment = this.#segments[this.#segment];
    if (this.#state !== 'open' || segment === undefined) {
      this.#close();
      return Promise.resolve(done);
    }
    if (segment instanceof Uint8Array) {
      this.#segment++;
      return Promise.resolve({ done: false, value: segment });
    }
    return new Promise((resolve, reject) => {
      this.#read(segment, resolve, reject);
    });
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    // What is being read must be over before the number of its descriptor can stand for another file.
    if (this.#state === 'reading') this.#state = 'stopped';
    else this.#close();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #read(
    { start, end }: ByteRange,
    resolve: (result: IteratorResult<Uint8Array, undefined>) => void,
    reject: (error: Error) => void,
  ): void {
    const from = start + this.#at;
    const bytes = Buffer.allocUnsafeSlow(Math.min(readSize, end - from));
    this.#state = 'reading';
    read(this.#descriptor, bytes, 0, bytes.length, from, (error, length) => {
      const isStopped = this.#state === 'stopped';
      this.#state = 'open';
      if (isStopped || error || length === 0) {
        this.#close();
        if (isStopped) resolve(done);
        else reject(error ?? new PeerError('internal-error', `A file ended ${end - from} bytes before its end`));
        return;
      }
      this.#at += length;
      if (from + length === end) {
        this.#segment++;
        this.#at = 0;
        if (this.#segment === this.#segments.length) this.#close();
      }
      resolve({ done: false, value: length === bytes.length ? bytes : bytes.subarray(0, length) });
    });
  }

  #close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    close(this.#descriptor, () => {});
  }
}
