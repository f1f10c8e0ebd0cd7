const longestUs = 1_000_000;

/** Durations, counted by whole microseconds; those of a second and more count as one second. */
export class Latencies {
  readonly #counts: Uint32Array = new Uint32Array(longestUs + 1);
  #total = 0;

  add(durationMs: number): void {
    const us = Math.min(Math.round(durationMs * 1_000), longestUs);
    this.#counts[us] = (this.#counts[us] ?? 0) + 1;
    this.#total++;
  }

  get count(): number {
    return this.#total;
  }

  /** The least duration that this share of all does not exceed, in microseconds; 0 of none. */
  percentileUs(share: number): number {
    let seen = 0;
    return this.#counts.findIndex((count) => {
      seen += count;
      return seen >= this.#total * share;
    });
  }
}
