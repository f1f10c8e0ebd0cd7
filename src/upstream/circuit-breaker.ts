import type { BreakerPlan } from '../site/plan/upstream-plan.ts';

/** Of {@link CircuitBreakers}: nothing is held back. Beside these, `trial + front` for a front thread whose request is the one that may try. */
const closed = 0;
const open = 1;
/** For the moment in which a thread writes `until`. */
const changing = 2;
const trial = 3;

/** Whether so many of the requests within a window have failed that the member is left out. */
export function trips(
  { failureRate, minRequests }: Pick<BreakerPlan, 'failureRate' | 'minRequests'>,
  requests: number,
  failures: number,
): boolean {
  return failures > 0 && requests >= minRequests && failures / requests >= failureRate;
}

/**
 * What a window that slides has counted, of two that stand: `current` is `elapsed` of its time old, from 0 to 1, and of the one before it
 * counts what still lies within.
 */
export function slidingCount(previous: number, current: number, elapsed: number): number {
  return previous * (1 - elapsed) + current;
}

/**
 * The circuit breakers of all members of one upstream, by slot, in memory that all front threads share. A breaker that is open lets nothing
 * through for a while, then a single request of all threads: that one closes it or opens it again. One that says nothing for as
 * long (it is a stream, or its thread died) makes way for another.
 */
export class CircuitBreakers {
  readonly #until: Float64Array;
  readonly #state: Int32Array;
  readonly #window: Int32Array;
  // By slot, then by the window's number, even or odd.
  readonly #requests: Int32Array;
  readonly #failures: Int32Array;

  /** How many bytes so many take. */
  static size(slots: number): number {
    return slots * (8 + 6 * 4);
  }

  /** `at`: where they lie in the buffer, a multiple of 8. */
  constructor(slots: number, buffer: SharedArrayBuffer, at: number) {
    this.#until = new Float64Array(buffer, at, slots);
    const words = at + slots * 8;
    this.#state = new Int32Array(buffer, words, slots);
    this.#window = new Int32Array(buffer, words + slots * 4, slots);
    this.#requests = new Int32Array(buffer, words + slots * 8, slots * 2);
    this.#failures = new Int32Array(buffer, words + slots * 16, slots * 2);
  }

  /** Whether a request might go there now. */
  admits(slot: number, now: number): boolean {
    const state = Atomics.load(this.#state, slot);
    return state === closed || (state !== changing && now >= (this.#until[slot] as number));
  }

  /** Whether requests are held back. */
  isOpen(slot: number): boolean {
    return Atomics.load(this.#state, slot) !== closed;
  }

  /** A request goes there: freely, as the one that tries, or not, since another one does. */
  enter(
    slot: number,
    front: number,
    now: number,
    { openMs }: Pick<BreakerPlan, 'openMs'>,
  ): 'free' | 'trial' | 'refused' {
    const state = Atomics.load(this.#state, slot);
    if (state === closed) return 'free';
    if (!this.admits(slot, now) || Atomics.compareExchange(this.#state, slot, state, changing) !== state) {
      return 'refused';
    }
    this.#until[slot] = now + openMs;
    Atomics.store(this.#state, slot, trial + front);
    return 'trial';
  }

  /** A request that went there freely has ended. */
  count(slot: number, plan: BreakerPlan, now: number, hasFailed: boolean): void {
    if (this.isOpen(slot)) return;
    const window = Math.floor(now / plan.windowMs) | 0;
    this.#turn(slot, window);
    const cell = slot * 2 + (window & 1);
    const before = slot * 2 + (~window & 1);
    Atomics.add(this.#requests, cell, 1);
    if (!hasFailed) return;
    Atomics.add(this.#failures, cell, 1);
    const elapsed = (now % plan.windowMs) / plan.windowMs;
    const sum = (counts: Int32Array): number => slidingCount(counts[before] as number, counts[cell] as number, elapsed);
    if (!trips(plan, sum(this.#requests), sum(this.#failures))) return;
    if (Atomics.compareExchange(this.#state, slot, closed, changing) === closed) this.#open(slot, now, plan);
  }

  /** The request that tried has ended; `untold` where it was given up before anything came. Gives whether the breaker has closed by it. */
  settle(slot: number, front: number, plan: BreakerPlan, now: number, how: 'passed' | 'failed' | 'untold'): boolean {
    const own = trial + front;
    if (how === 'passed') {
      const state = Atomics.load(this.#state, slot);
      if (state === closed || state === changing) return false;
      this.#clearCounts(slot);
      return Atomics.compareExchange(this.#state, slot, state, closed) === state;
    }
    if (Atomics.compareExchange(this.#state, slot, own, changing) !== own) return false;
    if (how === 'failed') this.#open(slot, now, plan);
    else this.#open(slot, now, { openMs: 0 });
    return false;
  }

  /** Another member has the slot from now on. */
  clearSlot(slot: number): void {
    this.#clearCounts(slot);
    Atomics.store(this.#state, slot, closed);
  }

  /** Another one may try in place of the request of a front thread that died. */
  clearFront(front: number): void {
    for (let slot = 0; slot < this.#state.length; slot++) {
      if (Atomics.compareExchange(this.#state, slot, trial + front, changing) === trial + front) {
        this.#open(slot, 0, { openMs: 0 });
      }
    }
  }

  #open(slot: number, now: number, { openMs }: Pick<BreakerPlan, 'openMs'>): void {
    this.#until[slot] = now + openMs;
    Atomics.store(this.#state, slot, open);
  }

  /** Makes room for the counts of a window that begins. */
  #turn(slot: number, window: number): void {
    const last = Atomics.load(this.#window, slot);
    if (last === window || Atomics.compareExchange(this.#window, slot, last, window) !== last) return;
    if (last !== ((window - 1) | 0)) this.#clearCounts(slot);
    const cell = slot * 2 + (window & 1);
    Atomics.store(this.#requests, cell, 0);
    Atomics.store(this.#failures, cell, 0);
  }

  #clearCounts(slot: number): void {
    this.#requests.fill(0, slot * 2, slot * 2 + 2);
    this.#failures.fill(0, slot * 2, slot * 2 + 2);
  }
}
