/** What takes longer is work of a disk, not of memory, in milliseconds; see decisions/0015. */
const slowMs = 3;

/** How long a disk that was slow is asked in another thread, in milliseconds. */
const pauseMs = 1_000;

/** Whether short files are read and written in this thread: that costs a fifth, as long as the disk does not make it wait. */
export class DiskPace {
  #slowUntil = 0;

  get isQuick(): boolean {
    return performance.now() >= this.#slowUntil;
  }

  /** Does what asks the disk in this thread. */
  run<Result>(action: () => Result): Result {
    const began = performance.now();
    try {
      return action();
    } finally {
      const now = performance.now();
      if (now - began > slowMs) this.#slowUntil = now + pauseMs;
    }
  }
}
