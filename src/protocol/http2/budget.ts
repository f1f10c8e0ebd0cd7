import type { RateBudget } from '../../core/limits.ts';

/** What is left of a budget that grows again with time. */
export class Budget {
  readonly #limit: RateBudget;
  #left: number;

  constructor(limit: RateBudget) {
    this.#limit = limit;
    this.#left = limit.burst;
  }

  /** Takes one. False where nothing is left. */
  spend(): boolean {
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  grow(elapsedMs: number): void {
    const { burst, perSecond } = this.#limit;
    this.#left = Math.min(burst, this.#left + (perSecond * elapsedMs) / 1000);
  }
}
