import type { BreakerPlan } from '../plan/upstream-plan.ts';

/** Nothing is held back. */
const closed = 0;
const open = 1;
/** With the number of the front thread added, for the moment in which it writes until when. */
const changing = 2;
/** With the number of the front thread added whose request is the one that may try. */
const trial = 1 << 11;
/** A state is its kind, and above that a number that each change counts up: a thread sees that there was one meanwhile. */
const kinds = 1 << 12;

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
    return this.#allows(Atomics.load(this.#state, slot), slot, now);
  }

  /** Whether requests are held back. */
  isOpen(slot: number): boolean {
    return kindOf(Atomics.load(this.#state, slot)) !== closed;
  }

  /** A request goes there: freely, as the one that tries, or not, since another one does. */
  enter(
    slot: number,
    front: number,
    now: number,
    { openMs }: Pick<BreakerPlan, 'openMs'>,
  ): 'free' | 'trial' | 'refused' {
    const state = Atomics.load(this.#state, slot);
    if (kindOf(state) === closed) return 'free';
    if (!this.#allows(state, slot, now) || !this.#change(slot, state, changing + front)) return 'refused';
    this.#settleAs(slot, trial + front, now + openMs);
    return 'trial';
  }

  /** A request that went there freely has ended. */
  count(slot: number, front: number, plan: BreakerPlan, now: number, hasFailed: boolean): void {
    const state = Atomics.load(this.#state, slot);
    if (kindOf(state) !== closed) return;
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
    if (this.#change(slot, state, changing + front)) this.#settleAs(slot, open, now + plan.openMs);
  }

  /** The request that tried has ended; `untold` where it was given up before anything came. Gives whether the breaker has closed by it. */
  settle(slot: number, front: number, plan: BreakerPlan, now: number, how: 'passed' | 'failed' | 'untold'): boolean {
    const state = Atomics.load(this.#state, slot);
    const kind = kindOf(state);
    if (how === 'passed') {
      if (kind === closed || isChanging(kind) || !this.#change(slot, state, changing + front)) return false;
      this.#clearCounts(slot);
      this.#settleAs(slot, closed, 0);
      return true;
    }
    if (kind === trial + front && this.#change(slot, state, changing + front)) {
      this.#settleAs(slot, open, how === 'failed' ? now + plan.openMs : now);
    }
    return false;
  }

  /** Another member has the slot from now on. */
  clearSlot(slot: number): void {
    this.#clearCounts(slot);
    this.#settleAs(slot, closed, 0);
  }

  /** Another one may try in place of the request of a front thread that died, and where it was changing something. */
  clearFront(front: number): void {
    for (let slot = 0; slot < this.#state.length; slot++) {
      const state = Atomics.load(this.#state, slot);
      const kind = kindOf(state);
      const isItsOwn = kind === trial + front || kind === changing + front;
      if (isItsOwn && this.#change(slot, state, changing + front)) this.#settleAs(slot, open, 0);
    }
  }

  #allows(state: number, slot: number, now: number): boolean {
    const kind = kindOf(state);
    return kind === closed || (!isChanging(kind) && now >= (this.#until[slot] as number));
  }

  /** Goes on to a state of that kind, unless another thread was faster. */
  #change(slot: number, state: number, kind: number): boolean {
    return Atomics.compareExchange(this.#state, slot, state, after(state, kind)) === state;
  }

  /** What is `changing` becomes something else. */
  #settleAs(slot: number, kind: number, until: number): void {
    this.#until[slot] = until;
    Atomics.store(this.#state, slot, after(Atomics.load(this.#state, slot), kind));
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

function kindOf(state: number): number {
  return state & (kinds - 1);
}

function isChanging(kind: number): boolean {
  return kind >= changing && kind < trial;
}

/** The state that comes next, of that kind. */
function after(state: number, kind: number): number {
  return ((state + kinds) & -kinds) | kind;
}
