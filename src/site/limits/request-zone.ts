import type { RequestZonePlan } from '../../plan/zone-plan.ts';
import { SharedKeys } from './shared-keys.ts';

/** Excess, when it was counted, and when the key was last asked for; each 8 bytes. */
const valueSize = 24;

/**
 * nginx's leaky bucket of each key (specs: excess = max(0, excess - rate·Δms/1000 + 1000)), counted by all front threads
 * together. Excess is in thousandths of a request. Where a key needs a slot and its bucket has none, it gets one whose key is
 * drained, or else that of the key not asked for for longest, which is forgotten.
 */
export class RequestZone {
  readonly plan: RequestZonePlan;
  readonly #keys: SharedKeys;
  readonly #now: () => number;

  /** `now`: milliseconds, the same in all threads, never backwards. `front`: the number of this thread. */
  constructor(plan: RequestZonePlan, buffer: SharedArrayBuffer, front: number, now: () => number) {
    this.plan = plan;
    this.#keys = new SharedKeys(buffer, valueSize, front + 1);
    this.#now = now;
  }

  static memory(plan: RequestZonePlan): SharedArrayBuffer {
    return SharedKeys.memory(plan.size, valueSize);
  }

  /** The excess with one more request of the key, which is counted where `counts` and the excess is `most` or less. */
  excess(key: string, most: number, counts: boolean): number {
    const keys = this.#keys;
    const bucket = keys.lock(key);
    const now = Math.floor(this.#now());
    const slot = keys.find(bucket);
    let excess = 0;
    if (slot !== undefined) {
      excess = this.#excessIn(slot, now);
      keys.doubles[slot + 2] = now;
      if (counts && excess <= most) this.#set(slot, excess, now);
    } else if (counts) {
      const free = this.#oldest(bucket, now);
      keys.claim(free);
      keys.doubles[free + 1] = Number.NEGATIVE_INFINITY;
      keys.doubles[free + 2] = now;
      this.#set(free, 0, now);
    }
    keys.unlock(bucket);
    return excess;
  }

  /** That of one more request. */
  #excessIn(slot: number, now: number): number {
    const { doubles } = this.#keys;
    const passed = Math.max(0, now - (doubles[slot + 1] as number));
    return Math.max(0, (doubles[slot] as number) - Math.floor((this.plan.rate * passed) / 1000) + 1000);
  }

  #set(slot: number, excess: number, now: number): void {
    const { doubles } = this.#keys;
    doubles[slot] = excess;
    if (now > (doubles[slot + 1] as number)) doubles[slot + 1] = now;
  }

  /** The slot that is missed least. */
  #oldest(bucket: number, now: number): number {
    const keys = this.#keys;
    let oldest = keys.first(bucket);
    for (let slot = oldest; slot < keys.end(bucket); slot += keys.step) {
      // Nothing is different where a drained key is forgotten.
      if (keys.isEmpty(slot) || this.#excessIn(slot, now) === 0) return slot;
      if ((keys.doubles[slot + 2] as number) < (keys.doubles[oldest + 2] as number)) oldest = slot;
    }
    return oldest;
  }
}
