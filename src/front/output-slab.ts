const slabSize = 64 * 1024; // a socket that is stuck keeps one, which it shares with others

/**
 * Memory for answers, taken piece by piece from slabs that are not written to twice, so that a socket may hold a piece as long as it
 * must; unless whoever has all the pieces says that no socket holds any of them.
 */
export class OutputSlab {
  readonly #size: number;
  #slab: Buffer;
  #at = 0;
  /** What is before this is never written to again. */
  #base = 0;

  constructor(size: number = slabSize) {
    this.#size = size;
    this.#slab = Buffer.allocUnsafeSlow(size);
  }

  /** A buffer with at least `size` bytes free from `offset` on. Only what `commit` returns may be kept. */
  reserve(size: number): { readonly buffer: Buffer; readonly offset: number } {
    if (this.#at + size > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(this.#size, size));
      this.#at = 0;
      this.#base = 0;
    }
    return { buffer: this.#slab, offset: this.#at };
  }

  /** No piece since `keep` is held any more: the next ones lie where these did. */
  rewind(): void {
    this.#at = this.#base;
  }

  /** Some may be held for long: no next one lies where those so far do. */
  keep(): void {
    this.#base = this.#at;
  }

  /** The bytes written since `reserve`, which ended at `end`. */
  commit(end: number): Buffer {
    const piece = this.#slab.subarray(this.#at, end);
    this.#at = end;
    return piece;
  }
}
