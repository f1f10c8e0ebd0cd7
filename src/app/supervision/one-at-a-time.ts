/** Runs pieces of work one after the other. `Latest` is what `runLatest` gives. */
export class OneAtATime<Latest = void> {
  #last: Promise<unknown> = Promise.resolve();
  #waiting: Promise<Latest> | undefined;

  /** Runs it when all that came before are over, whatever became of them. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** As `run`, but only one of those that came by this way waits: the others share its outcome. */
  runLatest(work: () => Promise<Latest>): Promise<Latest> {
    this.#waiting ??= this.run(() => {
      this.#waiting = undefined;
      return work();
    });
    return this.#waiting;
  }
}
