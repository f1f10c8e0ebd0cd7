/** Keys that are remembered at most. */
const maxKeys = 4096;
const rememberedMs = 60_000;

/** Keys whose last answer was not one to keep: requests for them need not wait for each other. */
export class KnownMisses {
  readonly #until: Map<string, number> = new Map();

  add(key: string, now: number): void {
    this.#until.delete(key);
    if (this.#until.size >= maxKeys) {
      for (const oldest of this.#until.keys()) {
        this.#until.delete(oldest);
        break;
      }
    }
    this.#until.set(key, now + rememberedMs);
  }

  delete(key: string): void {
    if (this.#until.size > 0) this.#until.delete(key);
  }

  has(key: string, now: number): boolean {
    const until = this.#until.get(key);
    return until !== undefined && now < until;
  }
}
