import { mostMembers, type PeerCounters } from '../peer-counters.ts';

/**
 * The places of members in the counters of one upstream. A member keeps its place as long as somebody holds it; a place is given away
 * again when its last request is over.
 */
export class Slots {
  readonly #counters: PeerCounters;
  readonly #slots: Map<string, number> = new Map();
  readonly #holders: Map<object, ReadonlySet<string>> = new Map();
  readonly #free: number[] = [];
  #next = 0;

  constructor(counters: PeerCounters) {
    this.#counters = counters;
  }

  /** The holder holds these from now on, and nothing else. Gives their places; one for which there is none is left out. */
  hold(holder: object, keys: readonly string[]): ReadonlyMap<string, number> {
    // First those that nobody had just now: threads that do not know of the change yet still count in the others.
    this.#place(keys);
    this.#holders.set(holder, new Set(keys));
    this.#release();
    this.#place(keys);
    const places = new Map<string, number>();
    for (const key of keys) {
      const slot = this.#slots.get(key);
      if (slot !== undefined) places.set(key, slot);
    }
    return places;
  }

  /** It holds nothing any more. */
  leave(holder: object): void {
    this.#holders.delete(holder);
    this.#release();
  }

  #place(keys: readonly string[]): void {
    for (const key of keys) {
      if (this.#slots.has(key)) continue;
      const slot = this.#take();
      if (slot === undefined) return;
      this.#slots.set(key, slot);
    }
  }

  #take(): number | undefined {
    const at = this.#free.findIndex((slot) => this.#counters.active(slot) === 0);
    if (at !== -1) {
      const [slot] = this.#free.splice(at, 1);
      if (slot !== undefined) this.#counters.clearSlot(slot);
      return slot;
    }
    return this.#next < mostMembers ? this.#next++ : undefined;
  }

  #release(): void {
    const holders = [...this.#holders.values()];
    for (const [key, slot] of this.#slots) {
      if (holders.some((keys) => keys.has(key))) continue;
      this.#slots.delete(key);
      this.#free.push(slot);
    }
  }
}
