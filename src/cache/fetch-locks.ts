import type { CacheLock } from './cache-store.ts';

const buckets = 4096;
const slotsOfBucket = 8;
/** What a slot has: who holds it for which key, and since when. */
const wordsOfSlot = 2;

/** Milliseconds, as far as they fit in a word; never 0, which is for "not known yet". */
const stampMask = 0x7fffffff;

/** A lock that is held by this thread. */
interface Held extends CacheLock {
  readonly since: number;
  /** Undefined where all slots of the bucket were taken: then only this thread knows of it. */
  readonly slot: number | undefined;
}

/**
 * Who fetches for which key, of all front threads, in memory that they share. A slot is found by a hash of the key:
 *
 *     a slot: u32 (front + 1) << 24 | 24 bits of another hash, 0 for free · u32 since when
 *
 * Two keys with the same hashes are taken for one, which makes one of them wait in vain.
 */
export class FetchLocks {
  readonly #words: Int32Array;
  readonly #cache: string;
  readonly #owner: number;
  readonly #now: () => number;
  readonly #held: Map<string, Held> = new Map();
  /** Of this thread, by key. */
  readonly #waiting: Map<string, Set<() => void>> = new Map();

  /** Memory for the locks of all caches. */
  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(buckets * slotsOfBucket * wordsOfSlot * 4);
  }

  /** The front thread with this number has died: it fetches nothing any more. */
  static clearFront(memory: SharedArrayBuffer, front: number): void {
    const words = new Int32Array(memory);
    for (let index = 0; index < words.length; index += wordsOfSlot) {
      const value = Atomics.load(words, index);
      if (value !== 0 && value >>> 24 === front + 1) free(words, index, value);
    }
  }

  /** `front`: the number of this thread, 0 to 254. `now`: milliseconds, the same in all threads. */
  constructor(memory: SharedArrayBuffer, cache: string, front: number, now: () => number) {
    this.#words = new Int32Array(memory);
    this.#cache = cache;
    this.#owner = (front + 1) << 24;
    this.#now = now;
  }

  /** See CacheStore. */
  lock(key: string, ageMs: number = Number.POSITIVE_INFINITY): CacheLock | undefined {
    const now = this.#now();
    const before = this.#held.get(key);
    if (before && now - before.since <= ageMs) return undefined;
    const slot = before?.slot === undefined ? this.#take(key, ageMs, now) : this.#retake(before.slot, now);
    if (slot === 'taken') return undefined;
    const held: Held = { since: now, slot, release: () => this.#release(key, held) };
    this.#held.set(key, held);
    return held;
  }

  /** See CacheStore. */
  async unlocked(key: string, timeoutMs: number): Promise<boolean> {
    if (this.#held.has(key)) return this.#releasedHere(key, timeoutMs);
    const words = this.#words;
    const { first, print } = this.#place(key);
    for (let index = first; index < first + slotsOfBucket * wordsOfSlot; index += wordsOfSlot) {
      const value = Atomics.load(words, index);
      if (value === 0 || (value & 0xffffff) !== print) continue;
      return (await Atomics.waitAsync(words, index, value, timeoutMs).value) !== 'timed-out';
    }
    return true;
  }

  /** Gives up all that is held. */
  close(): void {
    for (const held of [...this.#held.values()]) held.release();
  }

  #releasedHere(key: string, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting);
      const wake = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        waiting.delete(wake);
        resolve(false);
      }, timeoutMs);
      waiting.add(wake);
    });
  }

  #release(key: string, held: Held): void {
    // Another request may have taken it over.
    if (this.#held.get(key) !== held) return;
    this.#held.delete(key);
    if (held.slot !== undefined) free(this.#words, held.slot, this.#owner | this.#place(key).print);
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    for (const wake of waiting ?? []) wake();
  }

  /** The slot that was taken; undefined where there is no free one. */
  #take(key: string, ageMs: number, now: number): number | undefined | 'taken' {
    const words = this.#words;
    const { first, print } = this.#place(key);
    const own = this.#owner | print;
    const same = this.#slotOf(first, print, undefined);
    if (same !== undefined) {
      const value = Atomics.load(words, same);
      const since = Atomics.load(words, same + 1);
      const isOld = since !== 0 && ((stampOf(now) - since) & stampMask) > ageMs;
      if (value === 0 || !isOld || Atomics.compareExchange(words, same, value, own) !== value) return 'taken';
      Atomics.store(words, same + 1, stampOf(now));
      return same;
    }
    for (let index = first; index < first + slotsOfBucket * wordsOfSlot; index += wordsOfSlot) {
      if (Atomics.compareExchange(words, index, 0, own) !== 0) continue;
      // Another thread may have taken another slot for the key at the same time.
      if (this.#slotOf(first, print, index) !== undefined) {
        free(words, index, own);
        return 'taken';
      }
      Atomics.store(words, index + 1, stampOf(now));
      return index;
    }
    return undefined;
  }

  /** A request of this thread has had it for too long. */
  #retake(slot: number, now: number): number {
    Atomics.store(this.#words, slot + 1, stampOf(now));
    return slot;
  }

  /** The slot that is taken for a key, besides one. */
  #slotOf(first: number, print: number, besides: number | undefined): number | undefined {
    for (let index = first; index < first + slotsOfBucket * wordsOfSlot; index += wordsOfSlot) {
      const value = Atomics.load(this.#words, index);
      if (value !== 0 && (value & 0xffffff) === print && index !== besides) return index;
    }
    return undefined;
  }

  /** Where the slots of a key begin, and what names it in them. */
  #place(key: string): { readonly first: number; readonly print: number } {
    let bucket = 0x811c9dc5;
    let print = 0x1234567;
    for (const text of [this.#cache, '\0', key]) {
      for (let at = 0; at < text.length; at++) {
        const code = text.charCodeAt(at);
        bucket = Math.imul(bucket ^ code, 0x01000193);
        print = Math.imul(print + code, 0x5bd1e995);
        print ^= print >>> 15;
      }
    }
    return { first: (bucket >>> 20) * slotsOfBucket * wordsOfSlot, print: print & 0xffffff };
  }
}

function stampOf(now: number): number {
  return (now % stampMask) + 1;
}

/** Does nothing where another thread has taken it over. */
function free(words: Int32Array, slot: number, value: number): void {
  if (Atomics.load(words, slot) !== value) return;
  Atomics.store(words, slot + 1, 0);
  if (Atomics.compareExchange(words, slot, value, 0) === value) Atomics.notify(words, slot);
}
