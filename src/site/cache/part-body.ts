const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Bytes `from` to `to` of a body, `to` not counted. `over` is called once, when they have been read or nobody reads them. */
export class PartBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #source: AsyncIterator<Uint8Array, unknown>;
  readonly #from: number;
  readonly #to: number;
  readonly #over: () => void;
  #at = 0;
  #isOver = false;

  constructor(source: AsyncIterable<Uint8Array>, from: number, to: number, over: () => void) {
    this.#source = source[Symbol.asyncIterator]();
    this.#from = from;
    this.#to = to;
    this.#over = over;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (!this.#isOver && this.#at < this.#to) {
      const result = await this.#source.next();
      if (result.done) break;
      const piece = result.value.subarray(Math.max(0, this.#from - this.#at), Math.max(0, this.#to - this.#at));
      this.#at += result.value.length;
      if (piece.length > 0) return { done: false, value: piece };
    }
    return this.return();
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#over();
    }
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
