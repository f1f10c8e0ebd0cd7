/** Runs pieces of work one after the other. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  /** Runs it when all that came before are over, whatever became of them. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** As `run`, but only one of those that came by this way waits: the others share its outcome. */
  runLatest(work: () => Promise<void>): Promise<void> {
    this.#waiting ??= this.run(() => {
      this.#waiting = undefined;
      return work();
    });
    return this.#waiting;
  }
}
