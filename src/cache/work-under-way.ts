/** What goes on by itself, for who has to wait until it is over. */
export class WorkUnderWay {
  readonly #work: Set<Promise<unknown>> = new Set();

  track<Result>(work: Promise<Result>): Promise<Result> {
    this.#work.add(work);
    const forget = (): void => {
      this.#work.delete(work);
    };
    work.then(forget, forget);
    return work;
  }

  /** Resolves when nothing goes on any more. */
  async ended(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }
}
