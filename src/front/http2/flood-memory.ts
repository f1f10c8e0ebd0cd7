import type { Http2Limits, RateBudget } from '../../core/limits.ts';

/** How long an address is remembered, in milliseconds. */
const memoryMs = 60_000;
const maxAddresses = 10_000;
/** What is left of each burst for who comes again. */
const share = 10;

/**
 * Which addresses have had a connection ended for a flood: who comes back at once begins with a tenth of each burst, so that to
 * reconnect is no way to get a new one. Others behind the same address are served as ever.
 */
export class FloodMemory {
  /** When each one flooded last, in coarse milliseconds, the latest ones at the end. */
  readonly #flooded: Map<string, number> = new Map();

  note(address: string, now: number): void {
    this.#flooded.delete(address);
    this.#flooded.set(address, now);
    if (this.#flooded.size <= maxAddresses) return;
    const [oldest] = this.#flooded.keys();
    if (oldest !== undefined) this.#flooded.delete(oldest);
  }

  /** What a new connection from there may do. */
  limitsFor(address: string, limits: Http2Limits, now: number): Http2Limits {
    const at = this.#flooded.get(address);
    if (at === undefined) return limits;
    if (now - at >= memoryMs) {
      this.#flooded.delete(address);
      return limits;
    }
    const { resets, controls, emptyFrames } = limits;
    return { ...limits, resets: less(resets), controls: less(controls), emptyFrames: less(emptyFrames) };
  }
}

function less({ burst, perSecond }: RateBudget): RateBudget {
  return { burst: Math.ceil(burst / share), perSecond };
}
