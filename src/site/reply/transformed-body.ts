import type { Body } from '../../core/body.ts';

/** Changes bytes that come in pieces. */
export interface ByteTransform {
  /** What can be sent of it by now. The piece is not changed. */
  push(piece: Uint8Array): Uint8Array;
  /** What was held back. */
  end(): Uint8Array;
}

/** Content at hand up to this size is changed in one go, in bytes; what is longer piece by piece. */
const wholeSize = 256 * 1024;
const sliceSize = 64 * 1024;

/** What becomes of a body: at hand if it was. */
export function transformed(body: Body, transform: ByteTransform): Body {
  if (!(body instanceof Uint8Array)) return new TransformedBody(body, transform);
  if (body.length > wholeSize) return new TransformedBody(asStream(body), transform);
  return Buffer.concat([transform.push(body), transform.end()]);
}

/** The body as a stream. */
export function asStream(body: Body): AsyncIterable<Uint8Array> {
  return body instanceof Uint8Array ? slices(body) : body;
}

async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  for (let at = 0; at < bytes.length; at += sliceSize) yield bytes.subarray(at, at + sliceSize);
}

/** A stream that is changed as it is read. */
export class TransformedBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #source: AsyncIterator<Uint8Array, unknown>;
  readonly #transform: ByteTransform;
  #isOver = false;

  constructor(source: AsyncIterable<Uint8Array>, transform: ByteTransform) {
    this.#source = source[Symbol.asyncIterator]();
    this.#transform = transform;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (!this.#isOver) {
      const result = await this.#source.next();
      this.#isOver ||= result.done === true;
      const value = this.#made(result);
      if (value.length > 0) return { done: false, value };
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#isOver = true;
    await this.#source.return?.();
    return { done: true, value: undefined };
  }

  #made(result: IteratorResult<Uint8Array, unknown>): Uint8Array {
    try {
      return result.done ? this.#transform.end() : this.#transform.push(result.value);
    } catch (error) {
      void this.return();
      throw error;
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
