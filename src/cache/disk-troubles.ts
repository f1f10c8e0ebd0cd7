import type { Log } from '../observe/log.ts';
import { systemErrorText } from '../observe/system-error.ts';

/** How often they are logged at most, in milliseconds. */
const pauseMs = 60_000;

/** What goes wrong with the files of a cache (http.md 276): answers are given all the same. */
export class DiskTroubles {
  readonly #cache: string;
  readonly #log: Log;
  readonly #now: () => number;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(cache: string, log: Log, now: () => number) {
    this.#cache = cache;
    this.#log = log;
    this.#now = now;
  }

  tell(error: unknown): void {
    const now = this.#now();
    if (now - this.#toldAt < pauseMs) return;
    this.#toldAt = now;
    this.#log.error(
      `cannot use the files of the cache "${this.#cache}": ${systemErrorText(error)}; answers are given, but may not be kept`,
    );
  }
}
