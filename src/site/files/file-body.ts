import { closeSync, read, readSync } from 'node:fs';
import { PeerError } from '../../core/errors.ts';
import type { ByteRange } from '../../http/range.ts';

/** Bytes of a file that are read at once. */
const readSize = 128 * 1024;

/** What is read of a file before others get their turn, in bytes. */
const mostAtOnce = 1024 * 1024;

/** A read that takes longer is one of a disk, not of memory: those that follow are done in another thread (decisions/0015). */
const slowMs = 1;

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
  /** Since others had their turn. */
  #readAtOnce = 0;
  #isSlow = false;
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
    const settle = (error: Error | null, length: number): void => {
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
    };
    if (this.#readAtOnce + bytes.length <= mostAtOnce) {
      this.#readNow(bytes, from, settle);
      return;
    }
    this.#state = 'reading';
    this.#readAtOnce = this.#isSlow ? mostAtOnce : 0;
    read(this.#descriptor, bytes, 0, bytes.length, from, settle);
  }

  #readNow(bytes: Buffer, from: number, settle: (error: Error | null, length: number) => void): void {
    const began = performance.now();
    this.#readAtOnce += bytes.length;
    let length = 0;
    let failure: Error | null = null;
    try {
      length = readSync(this.#descriptor, bytes, 0, bytes.length, from);
    } catch (error) {
      failure = error as Error;
    }
    if (performance.now() - began > slowMs) {
      this.#isSlow = true;
      this.#readAtOnce = mostAtOnce;
    }
    settle(failure, length);
  }

  #close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    // In another thread it costs as much as reading 1 MiB.
    closeSync(this.#descriptor);
  }
}
