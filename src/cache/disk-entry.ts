import { close, closeSync, constants, fstat, fstatSync, open, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import type { Body } from '../core/body.ts';
import type { CacheEntry, StoredHead } from './cache-store.ts';
import { DiskBody, readBlocks } from './disk-body.ts';
import {
  BrokenFile,
  blockSize,
  type EntryStart,
  fixedSize,
  readHead,
  readStart,
  type SlottedHead,
} from './entry-file.ts';

const openFile = promisify(open);
const closeFile = promisify(close);
const readFile = promisify(read);
const statFile = promisify(fstat);

/** Enough for most heads and a short body. */
const firstReadSize = blockSize + 4096;

export const forReading: number = constants.O_RDONLY | constants.O_NOFOLLOW;

/** What a {@link DiskEntry} needs of its store. */
export interface EntryPlace {
  pathOf(file: string): string;
  gone(file: string): void;
  /** It is another one by now. */
  changed(file: string): void;
  broken(file: string, why: string): void;
  failed(error: unknown): void;
}

/** A kept answer whose head is in memory, and its body too where that is short. */
export class DiskEntry implements CacheEntry {
  readonly file: string;
  readonly start: EntryStart;
  readonly slotted: SlottedHead;
  readonly head: StoredHead;
  readonly length: number;
  readonly bytes: Uint8Array | undefined;
  readonly #place: EntryPlace;

  constructor(file: string, start: EntryStart, slotted: SlottedHead, bytes: Uint8Array | undefined, place: EntryPlace) {
    this.file = file;
    this.start = start;
    this.slotted = slotted;
    this.head = slotted.head;
    this.length = start.bodyLength;
    this.bytes = bytes;
    this.#place = place;
  }

  /** The same with another head. */
  with(slotted: SlottedHead): DiskEntry {
    return new DiskEntry(this.file, this.start, slotted, this.bytes, this.#place);
  }

  body(from = 0, to: number = this.length): Body | undefined {
    if (this.bytes) return from === 0 && to === this.length ? this.bytes : this.bytes.subarray(from, to);
    let descriptor: number;
    try {
      descriptor = openSync(this.#place.pathOf(this.file), forReading);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.#place.gone(this.file);
      else this.#place.failed(error);
      return undefined;
    }
    let body: DiskBody | undefined;
    try {
      body = this.#bodyFrom(descriptor, from, to);
    } catch (error) {
      this.#place.failed(error);
    }
    if (!body) closeSync(descriptor);
    return body;
  }

  #bodyFrom(descriptor: number, from: number, to: number): DiskBody | undefined {
    if (!isSameFile(descriptor, this.start)) {
      this.#place.changed(this.file);
      return undefined;
    }
    const broken = (why: string): void => this.#place.broken(this.file, why);
    const blocks = readBlocks(descriptor, this.start);
    if (blocks) return new DiskBody(descriptor, this.start, blocks, from, to, broken);
    broken('its checksums are damaged');
    return undefined;
  }
}

/** Whether a file is still the one that begins so. */
export function isSameFile(descriptor: number, { fixed }: EntryStart): boolean {
  const bytes = Buffer.alloc(fixedSize);
  return readSync(descriptor, bytes, 0, fixedSize, 0) === fixedSize && bytes.equals(fixed);
}

/** Reads an entry, with its body where that is short. Rejects with {@link BrokenFile}, or errors of the system. */
export async function readEntry(file: string, place: EntryPlace): Promise<DiskEntry> {
  const descriptor = await openFile(place.pathOf(file), forReading);
  try {
    const first = Buffer.allocUnsafeSlow(firstReadSize);
    const { bytesRead } = await readFile(descriptor, first, 0, firstReadSize, 0);
    const { size } = await statFile(descriptor);
    const begin = first.subarray(0, bytesRead);
    const needed = neededOf(begin, size);
    return entryOf(file, begin.length >= needed ? begin : await readFrom(descriptor, begin, needed), size, place);
  } finally {
    await closeFile(descriptor);
  }
}

/** The same in this thread. Throws what that rejects with. */
export function readEntryNow(file: string, place: EntryPlace): DiskEntry {
  const descriptor = openSync(place.pathOf(file), forReading);
  try {
    const { size } = fstatSync(descriptor);
    const begin = readNow(descriptor, Math.min(size, firstReadSize));
    const needed = neededOf(begin, size);
    return entryOf(file, begin.length >= needed ? begin : readNow(descriptor, needed), size, place);
  } finally {
    closeSync(descriptor);
  }
}

/** How much of a file that begins so is read. */
function neededOf(begin: Buffer, size: number): number {
  const { bodyLength, bodyAt } = readStart(begin, size);
  return bodyLength <= blockSize ? size : bodyAt;
}

function entryOf(file: string, bytes: Buffer, size: number, place: EntryPlace): DiskEntry {
  const start = readStart(bytes, size);
  const body = start.bodyLength <= blockSize ? shortBody(bytes, start) : undefined;
  return new DiskEntry(file, start, readHead(bytes, start), body, place);
}

function readNow(descriptor: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let at = 0; at < length; ) {
    const read = readSync(descriptor, bytes, at, length - at, at);
    if (read === 0) throw new BrokenFile('it is shorter than it was');
    at += read;
  }
  return bytes;
}

async function readFrom(descriptor: number, begin: Buffer, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = begin.copy(bytes);
  while (at < length) {
    const { bytesRead } = await readFile(descriptor, bytes, at, length - at, at);
    if (bytesRead === 0) throw new BrokenFile('it is shorter than it was');
    at += bytesRead;
  }
  return bytes;
}

function shortBody(bytes: Buffer, { bodyAt, bodyLength, blocksChecksum }: EntryStart): Uint8Array {
  const end = bodyAt + bodyLength;
  // In memory of its own.
  const body = Buffer.allocUnsafeSlow(bodyLength);
  bytes.copy(body, 0, bodyAt, end);
  const table = bytes.subarray(end, end + (bodyLength > 0 ? 4 : 0));
  const isWhole = crc32(table) === blocksChecksum && (bodyLength === 0 || table.readUInt32LE(0) === crc32(body));
  if (!isWhole) throw new BrokenFile('its body is damaged');
  return body;
}
