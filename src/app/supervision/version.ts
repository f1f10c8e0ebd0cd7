import { restartDelayMs, steadyMs } from './backoff.ts';
import type { LoadedApp, Zygote } from './zygote.ts';

/** One version of an app: the process that has it imported and forks its workers. A reload makes a new one. */
export class Version {
  /** 1 for the first. */
  readonly number: number;
  readonly zygote: Zygote;
  loaded: LoadedApp | undefined;
  /** It is ending, as it should. */
  isClosing = false;
  #failuresInRow = 0;
  #lastFailure = Number.NEGATIVE_INFINITY;
  #restUntil = 0;

  constructor(number: number, zygote: Zygote) {
    this.number = number;
    this.zygote = zygote;
  }

  /** How long to wait before the next worker is forked, in milliseconds: those before have failed. */
  restMs(now: number): number {
    return Math.max(0, this.#restUntil - now);
  }

  /**
   * A worker ended unasked that was forked at `startedAt`; `readyAt`: when it became ready, if it did. Those that were there when
   * another one failed have failed with it: that is one failure.
   */
  failed(startedAt: number, readyAt: number | undefined, now: number): void {
    if (startedAt < this.#lastFailure) return;
    const wasSteady = readyAt !== undefined && now - readyAt >= steadyMs;
    this.#failuresInRow = wasSteady ? 1 : this.#failuresInRow + 1;
    this.#lastFailure = now;
    this.#restUntil = now + restartDelayMs(this.#failuresInRow);
  }

  /** Ends the process and what workers it has left; by force when it has not ended after so long. */
  close(mostMs?: number): Promise<void> {
    this.isClosing = true;
    return this.zygote.close(mostMs);
  }
}
