import { CircuitBreakers } from './circuit-breaker.ts';

/** Slots for the members of one upstream. */
export const mostMembers = 1024;

/** What a member may be sent, and when it counts as failed. Durations in milliseconds. */
export interface FailureRule {
  /** 0 for never. */
  readonly maxFails: number;
  readonly failTimeoutMs: number;
}

/**
 * What the front threads and the main thread share about the members of one upstream, by slot, in memory that all of them see. A slot may be
 * given to another member once it has no requests under way, after `clearSlot`. Times are milliseconds of the clock that the
 * threads share.
 */
export class PeerCounters {
  readonly buffer: SharedArrayBuffer;
  readonly frontCount: number;
  readonly breakers: CircuitBreakers;
  // By slot, then front; a front thread writes only its own.
  readonly #requests: Float64Array;
  readonly #failures: Float64Array;
  readonly #own: Int32Array;
  // By slot.
  readonly #active: Int32Array;
  readonly #fails: Int32Array;
  readonly #failedAt: Float64Array;
  readonly #checkedAt: Float64Array;
  /** 0 where it has not failed too often. */
  readonly #unavailableUntil: Float64Array;
  /** 0 where it was never away. */
  readonly #recoveredAt: Float64Array;
  // By front.
  readonly #oldest: Float64Array;
  readonly #wake: Int32Array;

  /** `buffer`: what the counters of another thread lie in, for as many fronts; left out, they are new. */
  constructor(frontCount: number, buffer?: SharedArrayBuffer) {
    const cells = mostMembers * frontCount;
    const doubles = 2 * cells + 4 * mostMembers + frontCount;
    const words = cells + 2 * mostMembers + frontCount;
    const breakerSize = CircuitBreakers.size(mostMembers);
    this.buffer = buffer ?? new SharedArrayBuffer(breakerSize + doubles * 8 + words * 4);
    this.frontCount = frontCount;
    this.breakers = new CircuitBreakers(mostMembers, this.buffer, 0);
    let at = breakerSize;
    const place = (count: number, size: number): [buffer: SharedArrayBuffer, at: number, count: number] => {
      at += count * size;
      return [this.buffer, at - count * size, count];
    };
    this.#requests = new Float64Array(...place(cells, 8));
    this.#failures = new Float64Array(...place(cells, 8));
    this.#failedAt = new Float64Array(...place(mostMembers, 8));
    this.#checkedAt = new Float64Array(...place(mostMembers, 8));
    this.#unavailableUntil = new Float64Array(...place(mostMembers, 8));
    this.#recoveredAt = new Float64Array(...place(mostMembers, 8));
    this.#oldest = new Float64Array(...place(frontCount, 8));
    this.#own = new Int32Array(...place(cells, 4));
    this.#active = new Int32Array(...place(mostMembers, 4));
    this.#fails = new Int32Array(...place(mostMembers, 4));
    this.#wake = new Int32Array(...place(frontCount, 4));
    if (!buffer) this.#oldest.fill(Number.POSITIVE_INFINITY);
  }

  /** A request goes there, unless as many are under way as may be (0 for any). Gives whether it may. */
  begin(front: number, slot: number, maxConnections: number): boolean {
    const before = Atomics.add(this.#active, slot, 1);
    if (maxConnections > 0 && before >= maxConnections) {
      Atomics.sub(this.#active, slot, 1);
      return false;
    }
    const cell = slot * this.frontCount + front;
    Atomics.store(this.#own, cell, (this.#own[cell] as number) + 1);
    this.#requests[cell] = (this.#requests[cell] as number) + 1;
    return true;
  }

  /** A request there has ended. One that began before the slot was cleared counts no more. */
  end(front: number, slot: number, hasFailed: boolean): void {
    const cell = slot * this.frontCount + front;
    const own = this.#own[cell] as number;
    if (own === 0) return;
    Atomics.store(this.#own, cell, own - 1);
    Atomics.sub(this.#active, slot, 1);
    if (hasFailed) this.#failures[cell] = (this.#failures[cell] as number) + 1;
  }

  /** A member was chosen. One that had failed too often is tried with one request: for others it stays away as long again. */
  chosen(slot: number, { maxFails, failTimeoutMs }: FailureRule, now: number): void {
    if (now - (this.#checkedAt[slot] as number) <= failTimeoutMs) return;
    this.#checkedAt[slot] = now;
    if (maxFails > 0 && Atomics.load(this.#fails, slot) >= maxFails) this.#unavailableUntil[slot] = now + failTimeoutMs;
  }

  /** A request there has failed. Gives whether the member is left out because of it. */
  failed(slot: number, { maxFails, failTimeoutMs }: FailureRule, now: number): boolean {
    const fails = Atomics.add(this.#fails, slot, 1) + 1;
    this.#failedAt[slot] = now;
    this.#checkedAt[slot] = now;
    if (maxFails === 0 || fails < maxFails) return false;
    this.#unavailableUntil[slot] = now + failTimeoutMs;
    return true;
  }

  /** A request there has not failed. Failures are forgotten where it was chosen later than `failTimeoutMs` after the last of them. */
  passed(slot: number, now: number): void {
    if ((this.#failedAt[slot] as number) >= (this.#checkedAt[slot] as number)) return;
    if (Atomics.exchange(this.#fails, slot, 0) === 0) return;
    if (this.#unavailableUntil[slot] !== 0) this.recovered(slot, now);
    this.#unavailableUntil[slot] = 0;
  }

  /** The member is there again; its slow start begins. */
  recovered(slot: number, now: number): void {
    this.#recoveredAt[slot] = now;
  }

  /** Since when it has been there again; 0 where it was never away. */
  recoveredAt(slot: number): number {
    return this.#recoveredAt[slot] as number;
  }

  /** Requests under way, of all fronts. */
  active(slot: number): number {
    return Atomics.load(this.#active, slot);
  }

  /** All requests that it was sent. */
  requests(slot: number): number {
    return this.#sum(this.#requests, slot);
  }

  /** Those that failed. */
  failures(slot: number): number {
    return this.#sum(this.#failures, slot);
  }

  /** Whether it is left out since too many requests have failed. */
  isFailed(slot: number, now: number): boolean {
    const until = this.#unavailableUntil[slot] as number;
    return until !== 0 && now <= until;
  }

  /** A member takes the slot over. */
  clearSlot(slot: number): void {
    const first = slot * this.frontCount;
    for (const cells of [this.#requests, this.#failures, this.#own]) cells.fill(0, first, first + this.frontCount);
    for (const cells of [this.#failedAt, this.#checkedAt, this.#unavailableUntil, this.#recoveredAt]) cells[slot] = 0;
    Atomics.store(this.#active, slot, 0);
    Atomics.store(this.#fails, slot, 0);
    this.breakers.clearSlot(slot);
  }

  /** A front thread died: what it had under way is gone. */
  clearFront(front: number): void {
    for (let slot = 0; slot < mostMembers; slot++) {
      const own = Atomics.exchange(this.#own, slot * this.frontCount + front, 0);
      Atomics.sub(this.#active, slot, own);
    }
    this.breakers.clearFront(front);
    this.waiting(front, Number.POSITIVE_INFINITY);
  }

  /** Since when the request has waited at a front that is to go first; infinity where none waits. */
  waiting(front: number, since: number): void {
    this.#oldest[front] = since;
  }

  /** The front whose first request has waited longest; undefined where none waits. */
  longestWaiting(): number | undefined {
    let longest: number | undefined;
    let since = Number.POSITIVE_INFINITY;
    for (let front = 0; front < this.frontCount; front++) {
      const oldest = this.#oldest[front] as number;
      if (oldest >= since) continue;
      longest = front;
      since = oldest;
    }
    return longest;
  }

  /** Lets a front know that a member may have room. */
  wake(front: number): void {
    Atomics.add(this.#wake, front, 1);
    Atomics.notify(this.#wake, front);
  }

  /** Calls back, in a turn of its own, each time another front has woken this one. Gives the function that ends that. */
  onWake(front: number, woken: () => void): () => void {
    let isOver = false;
    const wait = (): void => {
      if (isOver) return;
      const result = Atomics.waitAsync(this.#wake, front, Atomics.load(this.#wake, front));
      void Promise.resolve(result.value).then(() => {
        if (isOver) return;
        wait();
        woken();
      });
    };
    wait();
    return () => {
      isOver = true;
      this.wake(front);
    };
  }

  #sum(cells: Float64Array, slot: number): number {
    const first = slot * this.frontCount;
    let sum = 0;
    for (let front = 0; front < this.frontCount; front++) sum += cells[first + front] as number;
    return sum;
  }
}
