const mostSpins = 1000;
/** Milliseconds. What is done under a lock takes microseconds, and a busy machine may stop its thread for some 100 ms. */
const longestHeld = 500;

/**
 * Locks in memory that threads share, one for each word, 0 for free. A thread never hangs at one: what one holder has for half a
 * second is taken away, since a thread that died gives nothing back. One lock is held at a time.
 *
 *     a word: 16 bits owner · 15 bits which of its turns it is
 */
export class SharedLock {
  readonly #words: Int32Array;
  readonly #owner: number;
  #turn = 0;
  #held = 0;

  /** `owner`: names this thread, and one that takes its place when it died; 1 to 65535. */
  constructor(words: Int32Array, owner: number) {
    this.#words = words;
    this.#owner = owner;
  }

  acquire(index: number): void {
    const words = this.#words;
    this.#turn = (this.#turn + 1) & 0x7fff;
    const own = this.#owner | (this.#turn << 16);
    this.#held = own;
    let holder = 0;
    for (let spins = 0; spins < mostSpins; spins++) {
      holder = Atomics.compareExchange(words, index, 0, own);
      if (holder === 0) return;
    }
    for (let waits = 0; waits < longestHeld && !this.#isOwn(holder); waits++) {
      Atomics.wait(words, index, holder, 1);
      const now = Atomics.compareExchange(words, index, 0, own);
      if (now === 0) return;
      if (now !== holder) waits = 0;
      holder = now;
    }
    if (Atomics.compareExchange(words, index, holder, own) !== holder) this.acquire(index);
  }

  /** Does nothing where the lock was taken away. */
  release(index: number): void {
    Atomics.compareExchange(this.#words, index, this.#held, 0);
  }

  /** One of this name that is not this thread has died. */
  #isOwn(holder: number): boolean {
    return (holder & 0xffff) === this.#owner;
  }
}
