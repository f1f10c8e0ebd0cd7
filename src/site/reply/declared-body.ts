import type { Body } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import type { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';

/**
 * The body of an answer, held to its content-length: a filter that changes the content takes that field away, and then nothing else would
 * show that half an answer is not the whole.
 */
export function declaredBody({ headers, body }: Reply): Body {
  return body instanceof Uint8Array ? body : declaredStream(headers, body);
}

/** The same for a stream. */
export function declaredStream(headers: HeaderList, body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const length = headers.get('content-length');
  return length === undefined ? body : new DeclaredBody(body, Number(length));
}

/** Rejects with PeerError `app-response-invalid` where it ends too early; what is too much is left out. */
class DeclaredBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #source: AsyncIterator<Uint8Array, unknown>;
  #left: number;

  constructor(source: AsyncIterable<Uint8Array>, length: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.#left = length;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const result = await this.#source.next();
    if (result.done) {
      if (this.#left === 0) return { done: true, value: undefined };
      throw new PeerError('app-response-invalid', `An answer ended ${this.#left} bytes before its content-length`);
    }
    const value = result.value.length > this.#left ? result.value.subarray(0, this.#left) : result.value;
    this.#left -= value.length;
    return { done: false, value };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    await this.#source.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
