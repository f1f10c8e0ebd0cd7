import { type Answer, LookupFailure } from './dns-client.ts';

export interface NameWatchOptions<Value> {
  /** Rejects with LookupFailure. */
  lookup(): Promise<Answer<Value>>;
  /** When it is looked up again, for how long the answer holds; undefined for never. In milliseconds. */
  againMs(holdMs: number): number | undefined;
  /** The same after that many failures in a row. */
  retryMs(failuresInRow: number): number;
  /** There is an answer; it may be the same. */
  answered(values: readonly Value[]): void;
  /** It cannot be looked up any more. Where it is not gone, the answer before, if there was one, stays. */
  failed(problem: string, isGone: boolean): void;
  /** It can be looked up again. */
  recovered(): void;
}

/** Looks a name up until it is closed, as often as its answers tell. */
export class NameWatch<Value> {
  /** The first lookup is over, whatever came of it. */
  readonly first: Promise<void>;
  readonly #options: NameWatchOptions<Value>;
  #failuresInRow = 0;
  #isGone = false;
  #timer: NodeJS.Timeout | undefined;
  #isAsking = false;
  #isClosed = false;

  constructor(options: NameWatchOptions<Value>) {
    this.#options = options;
    this.first = this.#ask();
  }

  /** Looks it up now. */
  refresh(): void {
    if (!this.#isAsking) void this.#ask();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    const { lookup, againMs, retryMs, answered, failed, recovered } = this.#options;
    clearTimeout(this.#timer);
    this.#isAsking = true;
    let pauseMs: number | undefined;
    try {
      const { values, holdMs } = await lookup();
      if (this.#isClosed) return;
      if (this.#failuresInRow > 0) recovered();
      this.#failuresInRow = 0;
      this.#isGone = false;
      answered(values);
      pauseMs = againMs(holdMs);
    } catch (error) {
      if (!(error instanceof LookupFailure)) throw error;
      if (this.#isClosed) return;
      this.#failuresInRow++;
      const goes = error.isGone && !this.#isGone;
      this.#isGone ||= error.isGone;
      if (this.#failuresInRow === 1 || goes) failed(error.message, error.isGone);
      pauseMs = retryMs(this.#failuresInRow);
    } finally {
      this.#isAsking = false;
    }
    if (pauseMs !== undefined) this.#timer = setTimeout(() => void this.#ask(), pauseMs);
  }
}
