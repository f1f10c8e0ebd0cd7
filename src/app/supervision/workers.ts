import { slotCount } from '../counters.ts';
import type { Worker } from './worker.ts';

/** The workers of an app, of all its versions, that have not exited. */
export class Workers {
  readonly #byId: Map<number, Worker> = new Map();
  readonly #usedSlots: Set<number> = new Set();
  #lastId = 0;
  #lastSlot = -1;

  get size(): number {
    return this.#byId.size;
  }

  /** The number and the slot for a new worker. Slots take turns: what a front still counts for a worker that is gone must not meet a new one. */
  next(): { readonly id: number; readonly slot: number } {
    do this.#lastSlot = (this.#lastSlot + 1) % slotCount;
    while (this.#usedSlots.has(this.#lastSlot));
    return { id: ++this.#lastId, slot: this.#lastSlot };
  }

  add(worker: Worker): void {
    this.#byId.set(worker.id, worker);
    this.#usedSlots.add(worker.slot);
  }

  delete(worker: Worker): void {
    this.#byId.delete(worker.id);
    this.#usedSlots.delete(worker.slot);
  }

  get(id: number): Worker | undefined {
    return this.#byId.get(id);
  }

  [Symbol.iterator](): Iterator<Worker> {
    return this.#byId.values();
  }

  all(): readonly Worker[] {
    return [...this.#byId.values()];
  }
}
