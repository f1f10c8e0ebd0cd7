import type { Log } from '../observe/log.ts';

const mostLines = 20;
const periodMs = 1_000;

/** Tells why connections were refused before they had a request: so many lines a second, then how many there were beside. */
export class RefusalLog {
  readonly #log: Log;
  #lines = 0;
  #others = 0;
  #since: number = Number.NEGATIVE_INFINITY;

  constructor(log: Log) {
    this.#log = log;
  }

  /** `client`: its address. */
  add(reason: string, client: string): void {
    if (this.#lines < mostLines) {
      this.#lines++;
      this.#log.info(reason, { client });
    } else {
      this.#others++;
    }
  }

  /** Called at every sweep, with its time in milliseconds. */
  sweep(now: number): void {
    if (now - this.#since < periodMs) return;
    if (this.#others > 0) this.#log.info(`${this.#others} more connections were refused`);
    this.#lines = 0;
    this.#others = 0;
    this.#since = now;
  }
}
