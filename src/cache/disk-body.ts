import { closeSync, read, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { BrokenFile, blockSize, type EntryStart } from './entry-file.ts';

/** What is read before others get their turn, in bytes. */
const mostAtOnce = 1024 * 1024;

/** A read that takes longer is one of a disk, not of memory: those that follow are done in another thread (decisions/0015). */
const slowMs = 1;

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** The checksums of a body's blocks; undefined where they are damaged themselves. */
export function readBlocks(descriptor: number, { bodyAt, bodyLength, blocksChecksum }: EntryStart): Buffer | undefined {
  const table = Buffer.allocUnsafeSlow(Math.ceil(bodyLength / blockSize) * 4);
  const length = readSync(descriptor, table, 0, table.length, bodyAt + bodyLength);
  return length === table.length && crc32(table) === blocksChecksum ? table : undefined;
}

/** Bytes of a body from a file of the cache, block by block as they are asked for. It owns the descriptor, and closes it at the end or when the reader stops. */
export class DiskBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #descriptor: number;
  readonly #start: EntryStart;
  readonly #blocks: Buffer;
  /** Told that the file is damaged. */
  readonly #broken: (why: string) => void;
  #at: number;
  readonly #end: number;
  /** Read since others had their turn. */
  #readAtOnce = 0;
  #isSlow = false;
  #state: 'open' | 'reading' | 'stopped' | 'closed' = 'open';

  constructor(
    descriptor: number,
    start: EntryStart,
    blocks: Buffer,
    from: number,
    to: number,
    broken: (why: string) => void,
  ) {
    this.#descriptor = descriptor;
    this.#start = start;
    this.#blocks = blocks;
    this.#broken = broken;
    this.#at = from;
    this.#end = to;
  }

  /** Rejects where the file is damaged, or cannot be read. */
  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#state !== 'open' || this.#at >= this.#end) {
      if (this.#state === 'open') this.#close();
      return Promise.resolve(done);
    }
    return new Promise((resolve, reject) => this.#read(resolve, reject));
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

  #read(resolve: (result: IteratorResult<Uint8Array, undefined>) => void, reject: (error: Error) => void): void {
    const block = Math.floor(this.#at / blockSize);
    const first = block * blockSize;
    const bytes = Buffer.allocUnsafeSlow(Math.min(blockSize, this.#start.bodyLength - first));
    const settle = (error: Error | null, length: number): void => {
      const isStopped = this.#state === 'stopped';
      this.#state = 'open';
      const problem = error ?? this.#problemOf(bytes, length, block);
      if (isStopped || problem) {
        this.#close();
        if (isStopped || !problem) resolve(done);
        else reject(problem);
        return;
      }
      const piece = bytes.subarray(this.#at - first, this.#end - first);
      this.#at += piece.length;
      if (this.#at === this.#end) this.#close();
      resolve({ done: false, value: piece });
    };
    const position = this.#start.bodyAt + first;
    if (!this.#isSlow && this.#readAtOnce < mostAtOnce) {
      this.#readNow(bytes, position, settle);
      return;
    }
    this.#state = 'reading';
    this.#readAtOnce = 0;
    read(this.#descriptor, bytes, 0, bytes.length, position, settle);
  }

  #readNow(bytes: Buffer, position: number, settle: (error: Error | null, length: number) => void): void {
    const began = performance.now();
    this.#readAtOnce += bytes.length;
    let length = 0;
    let failure: Error | null = null;
    try {
      length = readSync(this.#descriptor, bytes, 0, bytes.length, position);
    } catch (error) {
      failure = error as Error;
    }
    if (performance.now() - began > slowMs) this.#isSlow = true;
    settle(failure, length);
  }

  #problemOf(bytes: Buffer, length: number, block: number): Error | undefined {
    if (length === bytes.length && crc32(bytes) === this.#blocks.readUInt32LE(block * 4)) return undefined;
    const why = 'its body is damaged';
    this.#broken(why);
    return new BrokenFile(`A file of the cache cannot be used: ${why}`);
  }

  #close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    closeSync(this.#descriptor);
  }
}
