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
    const places = new Map<string, number>();
    for (const key of keys) {
      const slot = this.#slots.get(key) ?? this.#take();
      if (slot === undefined) continue;
      this.#slots.set(key, slot);
      places.set(key, slot);
    }
    this.#holders.set(holder, new Set(keys));
    this.#release();
    return places;
  }

  /** It holds nothing any more. */
  leave(holder: object): void {
    this.#holders.delete(holder);
    this.#release();
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
