import { close, closeSync, open, openSync, rm, rmSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { CacheWriter, StoredHead } from './cache-store.ts';
import type { DiskPace } from './disk-pace.ts';
import { BlockChecksums, encodeStart, startSize } from './entry-file.ts';
import type { GatheredBody } from './gathered-body.ts';

const openFile = promisify(open);
const closeFile = promisify(close);
const writeFile = promisify(write);
const removeFile = promisify(rm);

/** What is gathered before it is written, in bytes. */
const writeSize = 256 * 1024;

/** What a writer is given to do with its file. */
export interface WriterPlace {
  readonly pace: DiskPace;
  temporaryPath(): string;
  /** The file is whole: puts it in its place. `bytes`: the body, where all of it was in memory. Throws errors of the system. */
  finish(temporary: string, start: Buffer, fileSize: number, bytes: Uint8Array | undefined): boolean;
  /** The writer is done with its file, whatever came of it. */
  ended(): void;
  failed(error: unknown): void;
}

/** Writes an answer into a temporary file, which takes its place when it is whole. What is short is written at once, at the end. */
export class DiskWriter implements CacheWriter {
  readonly key: string;
  readonly head: StoredHead;
  /** Milliseconds since 1970. */
  readonly begunAt: number;
  readonly #body: GatheredBody;
  readonly #place: WriterPlace;
  readonly #blocks: BlockChecksums = new BlockChecksums();
  #gathered = 0;
  /** Of the body, that are in the file. */
  #written = 0;
  #file: { readonly descriptor: number; readonly path: string } | undefined;
  #state: 'open' | 'busy' | 'given up' | 'ended' = 'open';

  constructor(key: string, head: StoredHead, begunAt: number, body: GatheredBody, place: WriterPlace) {
    this.key = key;
    this.head = head;
    this.begunAt = begunAt;
    this.#body = body;
    this.#place = place;
  }

  write(bytes: Uint8Array): boolean | Promise<boolean> {
    if (this.#state !== 'open') return false;
    if (!this.#body.add(bytes)) {
      this.abort();
      return false;
    }
    this.#blocks.add(bytes);
    this.#gathered += bytes.length;
    return this.#gathered < writeSize || this.#attempt(() => this.#flush());
  }

  commit(): boolean | Promise<boolean> {
    if (this.#state !== 'open' || !this.#body.isWhole) {
      this.abort();
      return false;
    }
    const { pace } = this.#place;
    if (!this.#file && pace.isQuick) return pace.run(() => this.#finishNow());
    return this.#attempt(() => this.#finish(), true);
  }

  abort(): void {
    const wasOpen = this.#state === 'open';
    if (this.#state === 'busy') this.#state = 'given up';
    // Else it is given up when what is under way is done: until then the descriptor is needed.
    if (wasOpen) void this.#giveUp();
  }

  async #attempt(action: () => Promise<boolean>, isLast = false): Promise<boolean> {
    this.#state = 'busy';
    let isDone = false;
    try {
      isDone = await action();
    } catch (error) {
      this.#place.failed(error);
    }
    // It may have been aborted meanwhile.
    const isGivenUp = (this.#state as string) === 'given up';
    if (!isDone || isGivenUp || isLast) await this.#giveUp();
    else this.#state = 'open';
    return isDone && !isGivenUp;
  }

  async #flush(): Promise<boolean> {
    const at = startSize(this.key, this.head);
    if (at === undefined) return false;
    const bytes = this.#body.take();
    this.#gathered = 0;
    this.#file ??= await this.#opened();
    await writeAll(this.#file.descriptor, bytes, at + this.#written);
    this.#written += bytes.length;
    return true;
  }

  async #finish(): Promise<boolean> {
    const rest = this.#body.take();
    const blocks = this.#blocks.end();
    const { size } = this.#body;
    const start = encodeStart(this.key, this.head, this.begunAt, size, blocks);
    if (!start) return false;
    this.#file ??= await this.#opened();
    const { descriptor, path } = this.#file;
    const isWhole = this.#written === 0;
    const last = Buffer.concat(isWhole ? [start, rest, blocks] : [rest, blocks]);
    await writeAll(descriptor, last, isWhole ? 0 : start.length + this.#written);
    if (!isWhole) await writeAll(descriptor, start, 0);
    if (this.#state !== 'busy') return false;
    const isPlaced = this.#place.finish(path, start, start.length + size + blocks.length, isWhole ? rest : undefined);
    if (isPlaced) this.#file = { descriptor, path: '' };
    return isPlaced;
  }

  /** What is short, in this thread. */
  #finishNow(): boolean {
    this.#state = 'ended';
    const rest = this.#body.take();
    const blocks = this.#blocks.end();
    const start = encodeStart(this.key, this.head, this.begunAt, rest.length, blocks);
    const isPlaced = start !== undefined && this.#placeNow(start, rest, blocks);
    this.#place.ended();
    return isPlaced;
  }

  #placeNow(start: Buffer, rest: Uint8Array, blocks: Buffer): boolean {
    const path = this.#place.temporaryPath();
    const bytes = Buffer.concat([start, rest, blocks]);
    let isPlaced = false;
    try {
      const descriptor = openSync(path, 'wx', 0o600);
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at, at);
      } finally {
        closeSync(descriptor);
      }
      isPlaced = this.#place.finish(path, start, bytes.length, rest);
    } catch (error) {
      this.#place.failed(error);
    }
    if (!isPlaced) rmSync(path, { force: true });
    return isPlaced;
  }

  async #opened(): Promise<{ readonly descriptor: number; readonly path: string }> {
    const path = this.#place.temporaryPath();
    return { descriptor: await openFile(path, 'wx', 0o600), path };
  }

  /** Lets go of the file, and removes it where it has not taken its place. */
  async #giveUp(): Promise<void> {
    this.#state = 'ended';
    this.#body.take();
    const file = this.#file;
    this.#file = undefined;
    try {
      if (file) await closeFile(file.descriptor);
      if (file && file.path !== '') await removeFile(file.path, { force: true });
    } catch (error) {
      this.#place.failed(error);
    }
    this.#place.ended();
  }
}

/** A write may take less than it is given. */
async function writeAll(descriptor: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await writeFile(descriptor, bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
