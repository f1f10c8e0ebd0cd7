import type { Exchange } from '../../core/exchange.ts';

interface Delayed {
  /** On the line's clock. */
  readonly due: number;
  resolve: ((isDue: boolean) => void) | undefined;
}

/** Requests that wait for their time. Those whose time is earlier go first, those of one time in the order in which they came. */
export class DelayLine {
  readonly #now: () => number;
  readonly #line: Delayed[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerDue = 0;

  /** `now`: milliseconds, never backwards. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many requests wait. */
  get length(): number {
    return this.#line.length;
  }

  /** True when so many milliseconds have passed, false when the client has left. */
  wait(exchange: Exchange, delayMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const delayed: Delayed = { due: this.#now() + delayMs, resolve };
      const before = this.#line.findLastIndex(({ due }) => due <= delayed.due);
      this.#line.splice(before + 1, 0, delayed);
      exchange.onAbort(() => this.#leave(delayed));
      this.#arm();
    });
  }

  #leave(delayed: Delayed): void {
    if (!delayed.resolve) return;
    delayed.resolve(false);
    delayed.resolve = undefined;
    this.#line.splice(this.#line.indexOf(delayed), 1);
    this.#arm();
  }

  #arm(): void {
    const first = this.#line[0];
    if (first?.due === this.#timerDue && this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = first && setTimeout(() => this.#release(), Math.max(0, Math.ceil(first.due - this.#now())));
    this.#timerDue = first?.due ?? 0;
  }

  #release(): void {
    this.#timer = undefined;
    const now = this.#now();
    let count = 0;
    for (const delayed of this.#line) {
      if (delayed.due > now) break;
      delayed.resolve?.(true);
      delayed.resolve = undefined;
      count++;
    }
    this.#line.splice(0, count);
    this.#arm();
  }
}
