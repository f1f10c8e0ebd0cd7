import { hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { HeaderList } from '../core/headers.ts';
import type { StoredHead } from './cache-store.ts';

/**
 * A file of the disk cache. Numbers are little-endian; checksums are CRC-32.
 *
 *     0   "galleyc1"                        48  the key, latin-1
 *     8   u32 length of the key                 slot, slot
 *     12  u32 size of a slot                    the body
 *     16  f64 length of the body                u32 checksum of each 64 KiB of the body
 *     24  f64 when it was begun
 *     32  u32 checksum of the checksums     A slot:  u32 serial · u32 length of the JSON · u32 length of the headers ·
 *     36  u32 checksum of the key                    u32 checksum of what is before and behind · JSON · headers
 *     40  u32 0
 *     44  u32 checksum of bytes 0 to 44
 *
 * The slot with the higher serial counts. Another head is written into the other slot, so that one is always whole.
 */
const magic = 'galleyc1';
export const fixedSize = 48;
const slotFixedSize = 16;
const longestKey = 1024 * 1024;
const largestSlot = 4 * 1024 * 1024;

/** What a checksum of the body is of, in bytes. */
export const blockSize: number = 64 * 1024;

/** A file that is not one of a cache, or not whole. */
export class BrokenFile extends Error {}

/** What stands before the body. */
export interface EntryStart {
  /** The first {@link fixedSize} bytes, which differ from those of any other file in the same place. */
  readonly fixed: Buffer;
  readonly key: string;
  readonly slotSize: number;
  readonly bodyAt: number;
  readonly bodyLength: number;
  /** Milliseconds since 1970. */
  readonly begunAt: number;
  readonly blocksChecksum: number;
}

/** A head and the slot that it stands in. */
export interface SlottedHead {
  readonly head: StoredHead;
  readonly slot: 0 | 1;
  readonly serial: number;
}

/** What a file is called: the hash of the key, and behind it that of what the answer varies by. */
export function fileName(keyName: string, { vary }: StoredHead): string {
  return vary.length === 0 ? keyName : `${keyName}-${hash('sha256', JSON.stringify(vary), 'hex').slice(0, 16)}`;
}

/** With what the names of a key's files begin. */
export function keyNameOf(key: string): string {
  return hash('sha256', key, 'hex').slice(0, keyNameLength);
}

/** The same of a file. */
export function keyNameIn(file: string): string {
  return file.slice(0, keyNameLength);
}

const keyNameLength = 32;
const namePattern = /^[0-9a-f]{32}(?:-[0-9a-f]{16})?$/;

export function isFileName(name: string): boolean {
  return namePattern.test(name);
}

/** The bytes of a slot; `size`: with room behind it. Undefined where it does not fit. */
export function encodeSlot({ headers, ...facts }: StoredHead, serial: number, size?: number): Buffer | undefined {
  const json = Buffer.from(JSON.stringify(facts), 'latin1');
  const headersLength = headers.end - headers.start;
  const length = slotFixedSize + json.length + headersLength;
  // What comes with a revalidation may be longer.
  const roomy = size ?? Math.ceil((length + 128) / 256) * 256;
  if (length > roomy || roomy > largestSlot) return undefined;
  const slot = Buffer.alloc(roomy);
  slot.writeUInt32LE(serial, 0);
  slot.writeUInt32LE(json.length, 4);
  slot.writeUInt32LE(headersLength, 8);
  json.copy(slot, slotFixedSize);
  headers.bytes.copy(slot, slotFixedSize + json.length, headers.start, headers.end);
  slot.writeUInt32LE(slotChecksum(slot, length), 12);
  return slot;
}

/** What stands before the body, as bytes. Undefined where key or head are too long. `blocks`: see {@link BlockChecksums}. */
export function encodeStart(
  key: string,
  head: StoredHead,
  begunAt: number,
  bodyLength: number,
  blocks: Buffer,
): Buffer | undefined {
  const slot = encodeSlot(head, 1);
  if (!slot || key.length > longestKey) return undefined;
  const start = Buffer.alloc(fixedSize + key.length + 2 * slot.length);
  start.write(magic, 0, 'latin1');
  start.writeUInt32LE(key.length, 8);
  start.writeUInt32LE(slot.length, 12);
  start.writeDoubleLE(bodyLength, 16);
  start.writeDoubleLE(begunAt, 24);
  start.writeUInt32LE(crc32(blocks), 32);
  start.write(key, fixedSize, 'latin1');
  start.writeUInt32LE(crc32(start.subarray(fixedSize, fixedSize + key.length)), 36);
  start.writeUInt32LE(crc32(start.subarray(0, 44)), 44);
  slot.copy(start, fixedSize + key.length);
  return start;
}

/** How long the start of a file is for this key and head; see {@link encodeStart}. */
export function startSize(key: string, head: StoredHead): number | undefined {
  const slot = encodeSlot(head, 1);
  return slot && key.length <= longestKey ? fixedSize + key.length + 2 * slot.length : undefined;
}

/** Reads the fixed part and, where `bytes` reach so far, the key. Throws {@link BrokenFile}. `fileSize`: of the whole file. */
export function readStart(bytes: Buffer, fileSize: number): EntryStart {
  if (bytes.length < fixedSize || bytes.toString('latin1', 0, 8) !== magic)
    throw new BrokenFile('it is none of a cache');
  if (bytes.readUInt32LE(44) !== crc32(bytes.subarray(0, 44))) throw new BrokenFile('its beginning is damaged');
  const keyLength = bytes.readUInt32LE(8);
  const slotSize = bytes.readUInt32LE(12);
  const bodyLength = bytes.readDoubleLE(16);
  const bodyAt = fixedSize + keyLength + 2 * slotSize;
  const isSane = keyLength <= longestKey && slotSize <= largestSlot && bodyLength >= 0;
  if (!isSane || fileSize !== bodyAt + bodyLength + blockCount(bodyLength) * 4) {
    throw new BrokenFile('it has not the size that it says');
  }
  const key = bytes.subarray(fixedSize, fixedSize + keyLength);
  if (key.length === keyLength && crc32(key) !== bytes.readUInt32LE(36)) throw new BrokenFile('its key is damaged');
  return {
    fixed: Buffer.from(bytes.subarray(0, fixedSize)),
    key: key.toString('latin1'),
    slotSize,
    bodyAt,
    bodyLength,
    begunAt: bytes.readDoubleLE(24),
    blocksChecksum: bytes.readUInt32LE(32),
  };
}

/** When the file was begun that is open there; 0 where it is none of a cache. */
export function begunAtOf(descriptor: number): number {
  const fixed = Buffer.alloc(fixedSize);
  readSync(descriptor, fixed, 0, fixedSize, 0);
  return fixed.readDoubleLE(24);
}

/** The head that counts. `bytes` reach to the body. Throws {@link BrokenFile}. */
export function readHead(bytes: Buffer, { key, slotSize }: EntryStart): SlottedHead {
  const first = fixedSize + key.length;
  const slots = ([0, 1] as const).map((slot) =>
    readSlot(bytes.subarray(first + slot * slotSize, first + (slot + 1) * slotSize), slot),
  );
  const [one, other] = slots;
  const newest = one && other ? (other.serial > one.serial ? other : one) : (one ?? other);
  if (!newest) throw new BrokenFile('its head is damaged');
  return newest;
}

/** Where the slot stands in which another head is to be written. */
export function otherSlotAt({ key, slotSize }: EntryStart, slot: 0 | 1): number {
  return fixedSize + key.length + (1 - slot) * slotSize;
}

function readSlot(bytes: Buffer, slot: 0 | 1): SlottedHead | undefined {
  if (bytes.length < slotFixedSize) return undefined;
  const jsonEnd = slotFixedSize + bytes.readUInt32LE(4);
  const end = jsonEnd + bytes.readUInt32LE(8);
  if (end > bytes.length || end === slotFixedSize || bytes.readUInt32LE(12) !== slotChecksum(bytes, end))
    return undefined;
  const facts = JSON.parse(bytes.toString('latin1', slotFixedSize, jsonEnd)) as Omit<StoredHead, 'headers'>;
  const block = Buffer.from(bytes.subarray(jsonEnd, end));
  const headers = HeaderList.ofValidBlock(block, 0, block.length);
  return { head: { ...facts, headers }, slot, serial: bytes.readUInt32LE(0) };
}

function slotChecksum(slot: Buffer, end: number): number {
  return crc32(slot.subarray(slotFixedSize, end), crc32(slot.subarray(0, 12)));
}

export function blockCount(length: number): number {
  return Math.ceil(length / blockSize);
}

/** The checksums of a body, which comes in pieces. */
export class BlockChecksums {
  readonly #done: number[] = [];
  #current = 0;
  #filled = 0;

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + blockSize - this.#filled);
      this.#current = crc32(piece, this.#current);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled === blockSize) this.#endBlock();
    }
  }

  /** As they stand behind the body. */
  end(): Buffer {
    if (this.#filled > 0) this.#endBlock();
    const table = Buffer.alloc(this.#done.length * 4);
    for (const [index, checksum] of this.#done.entries()) table.writeUInt32LE(checksum, index * 4);
    return table;
  }

  #endBlock(): void {
    this.#done.push(this.#current);
    this.#current = 0;
    this.#filled = 0;
  }
}
