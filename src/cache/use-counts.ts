import { keyNameOf } from './entry-file.ts';

/** Keys that are counted before the older half is forgotten. */
const mostKeys = 20_000;

/**
 * How often each key was asked for of late. Bounded: two tables, of which the older one goes when the newer one is full or old. They have hashes,
 * since a key may be as long as a request's target.
 */
export class UseCounts {
  readonly #ageMs: number;
  readonly #now: () => number;
  #recent: Map<string, number> = new Map();
  #before: Map<string, number> = new Map();
  #since: number;

  /** What was counted is forgotten after `ageMs` to twice as long. */
  constructor(ageMs: number, now: () => number) {
    this.#ageMs = ageMs;
    this.#now = now;
    this.#since = now();
  }

  /** Counts one more, and gives how many there were. */
  count(key: string): number {
    const now = this.#now();
    if (this.#recent.size >= mostKeys || now - this.#since > this.#ageMs) {
      this.#before = now - this.#since > 2 * this.#ageMs ? new Map() : this.#recent;
      this.#recent = new Map();
      this.#since = now;
    }
    const name = keyNameOf(key);
    const count = (this.#recent.get(name) ?? this.#before.get(name) ?? 0) + 1;
    this.#recent.set(name, count);
    return count;
  }
}
