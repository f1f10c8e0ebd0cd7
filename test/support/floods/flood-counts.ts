import { setTimeout as delay } from 'node:timers/promises';
import type { FloodReport } from './flood-report.ts';

const mostLateMs = 20_000;
const lookMs = 20;

/** Where the connections of a flood count. */
export class FloodCounts {
  readonly #endsAt: number;
  readonly #mustSeeEnd: boolean;
  readonly #goaways: Record<number, number> = {};
  connections = 0;
  closed = 0;
  refused = 0;
  sent = 0;

  /** `endsAt` is of performance.now(). `mustSeeEnd`: a busy machine gets more time, until the server has ended one connection. */
  constructor(endsAt: number, mustSeeEnd: boolean) {
    this.#endsAt = endsAt;
    this.#mustSeeEnd = mustSeeEnd;
  }

  get isOver(): boolean {
    const late = performance.now() - this.#endsAt;
    return late >= (this.#mustSeeEnd && this.closed === 0 ? mostLateMs : 0);
  }

  /** Resolves when `ended` does, or when it is over. */
  async over(ended: Promise<unknown>): Promise<void> {
    let hasEnded = false;
    void ended.then(() => {
      hasEnded = true;
    });
    while (!hasEnded && !this.isOver) await delay(lookMs);
  }

  goaway(code: number): void {
    this.#goaways[code] = (this.#goaways[code] ?? 0) + 1;
  }

  report(): FloodReport {
    const { connections, closed, refused, sent } = this;
    return { connections, closed, refused, sent, goaways: this.#goaways };
  }
}
