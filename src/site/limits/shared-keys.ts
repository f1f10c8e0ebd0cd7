import { randomBytes } from 'node:crypto';
import { SharedLock } from './shared-lock.ts';
import { SipHash } from './sip-hash.ts';

const secretSize = 16;
const slotsInBucket = 16;
/** The bucket's lock, and the hash of each slot: 8 bytes. */
const wordSize = 8;

/**
 * Slots by key, in one piece of memory that threads share. A key has its slot in one of the 16 of its bucket, which its hash
 * names; the hash is keyed, so that no client can fill the bucket of another. Keys are told apart by their hash alone.
 *
 *     16 bytes secret, then each bucket: 8 bytes lock · 16 × (8 bytes hash · value)
 */
export class SharedKeys {
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly bucketCount: number;
  readonly #hash: SipHash;
  readonly #lock: SharedLock;
  /** In words of 8 bytes. */
  readonly #slotSize: number;
  readonly #bucketSize: number;

  /** `valueSize`: of a slot, in bytes, a multiple of 8. `owner`: of the locks, see SharedLock. */
  constructor(buffer: SharedArrayBuffer, valueSize: number, owner: number) {
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.#slotSize = 1 + valueSize / wordSize;
    this.#bucketSize = 1 + slotsInBucket * this.#slotSize;
    this.bucketCount = Math.floor((buffer.byteLength - secretSize) / (this.#bucketSize * wordSize));
    this.#hash = new SipHash(new Uint8Array(buffer, 0, secretSize).slice());
    this.#lock = new SharedLock(this.words, owner);
  }

  /** Memory for as many keys as have room in `size` bytes, at least one bucket of them. */
  static memory(size: number, valueSize: number): SharedArrayBuffer {
    const least = secretSize + wordSize + slotsInBucket * (wordSize + valueSize);
    const buffer = new SharedArrayBuffer(Math.max(least, size - (size % wordSize)));
    new Uint8Array(buffer).set(randomBytes(secretSize));
    return buffer;
  }

  /** Locks the bucket of a latin-1 key, which `find` and `claim` are then about. Gives the bucket. */
  lock(key: string): number {
    this.#hash.hash(key);
    // 0 stands for an empty slot.
    if (this.#hash.low === 0) this.#hash.low = 1;
    const bucket = (this.#hash.high >>> 0) % this.bucketCount;
    this.lockBucket(bucket);
    return bucket;
  }

  lockBucket(bucket: number): void {
    this.#lock.acquire(this.#start(bucket) * 2);
  }

  unlock(bucket: number): void {
    this.#lock.release(this.#start(bucket) * 2);
  }

  /** Where the key's value is, as an index of `doubles`; undefined where it has no slot. */
  find(bucket: number): number | undefined {
    const { low, high } = this.#hash;
    const end = this.end(bucket);
    for (let slot = this.first(bucket); slot < end; slot += this.#slotSize) {
      if (this.words[slot * 2 - 2] === low && this.words[slot * 2 - 1] === high) return slot;
    }
    return undefined;
  }

  /** Whether no key ever had the slot. */
  isEmpty(slot: number): boolean {
    return this.words[slot * 2 - 2] === 0;
  }

  /** Gives the slot to the key. */
  claim(slot: number): void {
    this.words[slot * 2 - 2] = this.#hash.low;
    this.words[slot * 2 - 1] = this.#hash.high;
  }

  /** The bucket's first slot; the next one is `step` behind it, and so on before `end`. */
  first(bucket: number): number {
    return this.#start(bucket) + 2;
  }

  end(bucket: number): number {
    return this.#start(bucket) + this.#bucketSize + 1;
  }

  get step(): number {
    return this.#slotSize;
  }

  #start(bucket: number): number {
    return secretSize / wordSize + bucket * this.#bucketSize;
  }
}
