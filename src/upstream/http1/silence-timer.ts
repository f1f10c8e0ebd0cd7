/** A timer cannot take longer. */
const longestMs = 2 ** 31 - 1;

/**
 * Calls back when nothing has happened for a time. Whatever happens costs one assignment: the timer that runs is left alone, and set
 * anew for what is left when it fires too early.
 */
export class SilenceTimer {
  readonly #silent: () => void;
  #timer: NodeJS.Timeout | undefined;
  #firesAt = 0;
  #limitMs = Number.POSITIVE_INFINITY;
  #since = 0;

  constructor(silent: () => void) {
    this.#silent = silent;
  }

  /** Waits from now on for something to happen within `limitMs`; `Infinity` for no limit. */
  start(limitMs: number, now: number): void {
    this.#limitMs = limitMs;
    this.#since = now;
    const deadline = now + limitMs;
    if (this.#timer) {
      if (deadline >= this.#firesAt) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    if (limitMs !== Number.POSITIVE_INFINITY) this.#arm(limitMs, now);
  }

  /** Something happened. */
  touch(now: number): void {
    this.#since = now;
  }

  /** Nothing is waited for. */
  pause(): void {
    this.#limitMs = Number.POSITIVE_INFINITY;
  }

  /** For the last time. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#limitMs = Number.POSITIVE_INFINITY;
  }

  #arm(ms: number, now: number): void {
    this.#firesAt = now + ms;
    this.#timer = setTimeout(() => this.#fire(), Math.min(ms, longestMs)).unref();
  }

  #fire(): void {
    this.#timer = undefined;
    if (this.#limitMs === Number.POSITIVE_INFINITY) return;
    const now = performance.now();
    const left = this.#since + this.#limitMs - now;
    // A timer may fire a part of a millisecond too early.
    if (left > 1) this.#arm(left, now);
    else this.#silent();
  }
}
