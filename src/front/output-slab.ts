const slabSize = 64 * 1024; // a socket that is stuck keeps one

/** Memory for answers, taken piece by piece from slabs that are never written to twice, so that a socket may hold a piece as long as it must. */
export class OutputSlab {
  #slab: Buffer = Buffer.allocUnsafeSlow(slabSize);
  #at = 0;

  /** A buffer with at least `size` bytes free from `offset` on. Only what `commit` returns may be kept. */
  reserve(size: number): { readonly buffer: Buffer; readonly offset: number } {
    if (this.#at + size > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(slabSize, size));
      this.#at = 0;
    }
    return { buffer: this.#slab, offset: this.#at };
  }

  /** The bytes written since `reserve`, which ended at `end`. */
  commit(end: number): Buffer {
    const piece = this.#slab.subarray(this.#at, end);
    this.#at = end;
    return piece;
  }
}
