/** What a drain does when its time is over. */
export interface DrainSteps {
  /** Closes the WebSockets that are still open there. */
  restartWebSockets(): void;
  /** Ends the worker by force. */
  kill(): void;
}

/** The end of one worker that gets no more requests: it may finish what it has, then its WebSockets are closed, then it is killed. */
export class Drain {
  readonly #steps: DrainSteps;
  readonly #closingMs: number;
  #timer: NodeJS.Timeout;
  #isClosing = false;

  /** `graceMs`: for its requests. `closingMs`: then for the ends of its WebSockets and the app's own shutdown. */
  constructor(graceMs: number, closingMs: number, steps: DrainSteps) {
    this.#steps = steps;
    this.#closingMs = closingMs;
    this.#timer = setTimeout(() => this.hurry(), graceMs);
  }

  /** Gives it no more time for its requests. */
  hurry(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    clearTimeout(this.#timer);
    this.#steps.restartWebSockets();
    this.#timer = setTimeout(() => this.#steps.kill(), this.#closingMs);
  }

  /** Gives it no more than that for its requests. */
  within(graceMs: number): void {
    if (this.#isClosing) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.hurry(), graceMs);
  }

  /** The worker has ended. */
  over(): void {
    this.#isClosing = true;
    clearTimeout(this.#timer);
  }
}
