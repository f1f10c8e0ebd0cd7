import type { ConnectionZonePlan } from '../../plan/zone-plan.ts';
import { SharedKeys } from './shared-keys.ts';

/**
 * How many requests of each key are under way. Each front thread counts in a column of its own, so that what one that died had
 * counted can be set back.
 */
export class ConnectionZone {
  readonly plan: ConnectionZonePlan;
  readonly #keys: SharedKeys;
  readonly #front: number;
  readonly #frontCount: number;

  /** `front`: the number of this thread. */
  constructor(plan: ConnectionZonePlan, buffer: SharedArrayBuffer, front: number, frontCount: number) {
    this.plan = plan;
    this.#keys = new SharedKeys(buffer, valueSize(frontCount), front + 1);
    this.#front = front;
    this.#frontCount = frontCount;
  }

  static memory(plan: ConnectionZonePlan, frontCount: number): SharedArrayBuffer {
    return SharedKeys.memory(plan.size, valueSize(frontCount));
  }

  /** Counts one more request of the key where fewer than `most` are under way. Gives what `leave` is told; or why not. */
  enter(key: string, most: number): number | 'too-many' | 'no-memory' {
    const keys = this.#keys;
    const bucket = keys.lock(key);
    const slot = this.#slot(bucket);
    const count = slot === undefined ? 0 : this.#count(slot);
    const isIn = slot !== undefined && count < most;
    if (isIn) Atomics.add(keys.words, slot * 2 + this.#front, 1);
    keys.unlock(bucket);
    if (isIn) return slot;
    return slot === undefined ? 'no-memory' : 'too-many';
  }

  /** A request has ended that `enter` gave this for. */
  leave(slot: number): void {
    Atomics.sub(this.#keys.words, slot * 2 + this.#front, 1);
  }

  /** The thread with this number has died. */
  clearFront(front: number): void {
    const keys = this.#keys;
    for (let bucket = 0; bucket < keys.bucketCount; bucket++) {
      for (let slot = keys.first(bucket); slot < keys.end(bucket); slot += keys.step) {
        Atomics.store(keys.words, slot * 2 + front, 0);
      }
    }
  }

  /** That of the key, or one that no request needs, which is the key's from now on. */
  #slot(bucket: number): number | undefined {
    const keys = this.#keys;
    const found = keys.find(bucket);
    if (found !== undefined) return found;
    for (let slot = keys.first(bucket); slot < keys.end(bucket); slot += keys.step) {
      if (this.#count(slot) > 0) continue;
      keys.claim(slot);
      return slot;
    }
    return undefined;
  }

  #count(slot: number): number {
    let count = 0;
    for (let front = 0; front < this.#frontCount; front++) count += Atomics.load(this.#keys.words, slot * 2 + front);
    return count;
  }
}

/** Of a slot, in bytes: a count of 4 bytes for each front. */
function valueSize(frontCount: number): number {
  return Math.ceil(frontCount / 2) * 8;
}
