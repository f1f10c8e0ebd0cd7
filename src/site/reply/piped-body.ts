import type { Transform } from 'node:stream';

type Source = AsyncIterable<Uint8Array>;

/**
 * A body that passes through a stream of zlib, no faster than it is read. The stream is made when the body is first read and is closed
 * when it has ended, broke or is read no more; so is the source then.
 */
export class PipedBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #source: AsyncIterator<Uint8Array, unknown>;
  readonly #createStream: () => Transform & { flush?(): void };
  #stream: Transform | undefined;
  #output: AsyncIterator<Uint8Array> | undefined;
  #isOver = false;

  constructor(source: Source, createStream: () => Transform & { flush?(): void }) {
    this.#source = source[Symbol.asyncIterator]();
    this.#createStream = createStream;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#isOver) return { done: true, value: undefined };
    this.#output ??= this.#start();
    const { done, value } = await this.#output.next();
    if (!done) return { done: false, value };
    this.#isOver = true;
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#isOver = true;
    this.#stream?.destroy();
    this.#stopSource();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #start(): AsyncIterator<Uint8Array> {
    const stream = this.#createStream();
    this.#stream = stream;
    const output = stream[Symbol.asyncIterator]();
    void this.#pump(stream);
    return output;
  }

  async #pump(stream: Transform & { flush?(): void }): Promise<void> {
    try {
      let next = this.#source.next();
      for (let piece = await next; !piece.done; piece = await next) {
        const written = write(stream, piece.value);
        next = this.#source.next();
        let isThere = false;
        const settled = (): void => {
          isThere = true;
        };
        next.then(settled, settled);
        await written;
        // What has come so far must not wait for what is not there yet.
        if (!isThere) stream.flush?.();
      }
      stream.end();
    } catch (error) {
      // Its reader gets the error; where it was the reader who stopped, nobody does.
      stream.destroy(error as Error);
      this.#stopSource();
    }
  }

  /** A source that waits for its own end is not waited for. */
  #stopSource(): void {
    this.#source.return?.().then(
      () => {},
      () => {},
    );
  }
}

/** Resolves when the stream has worked on the piece and has room for what came of it. */
function write(stream: Transform, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const closed = (): void => reject(new Error('The stream is closed'));
    stream.once('close', closed);
    stream.write(piece, (error) => {
      stream.off('close', closed);
      if (error) reject(error);
      else resolve();
    });
  });
}
