const mostSpins = 1000;
/** Milliseconds. What is done under a lock takes microseconds: a thread that holds one for longer has died, or hardly runs. */
const longestWait = 50;

/**
 * Locks in memory that threads share, one for each word, 0 for free. A thread never hangs at one: after 50 ms it takes the lock
 * from whoever has it, since a thread that died gives nothing back.
 */
export class SharedLock {
  readonly #words: Int32Array;
  readonly #owner: number;

  /** `owner`: names this thread, and one that takes its place when it died; not 0. */
  constructor(words: Int32Array, owner: number) {
    this.#words = words;
    this.#owner = owner;
  }

  acquire(index: number): void {
    const words = this.#words;
    const owner = this.#owner;
    let holder = 0;
    for (let spins = 0; spins < mostSpins; spins++) {
      holder = Atomics.compareExchange(words, index, 0, owner);
      // One of the same name that is not this thread has died.
      if (holder === 0 || holder === owner) return;
    }
    for (let waits = 0; waits < longestWait; waits++) {
      Atomics.wait(words, index, holder, 1);
      holder = Atomics.compareExchange(words, index, 0, owner);
      if (holder === 0) return;
    }
    Atomics.store(words, index, owner);
  }

  /** Does nothing where the lock was taken away. */
  release(index: number): void {
    Atomics.compareExchange(this.#words, index, this.#owner, 0);
  }
}
