import type { CacheWriter } from '../../cache/cache-store.ts';

/** What is fetched on without a client, in bytes, where it is not known how much there is, or it is more than was fetched so far. */
const mostWithoutClient = 1024 * 1024;

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * A body that goes to a client and into a store. What broke, or is not as long as it was said to be, is not kept (http.md 223, 224). A client
 * that leaves ends it, unless most of it is there, or little is left.
 */
export class KeptBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #source: AsyncIterator<Uint8Array, unknown>;
  readonly #length: number | undefined;
  readonly #over: () => void;
  #writer: CacheWriter | undefined;
  #received = 0;
  #isClientGone = false;
  /** What the client waits for. */
  #pending: Promise<IteratorResult<Uint8Array, undefined>> | undefined;

  /** `over`: the answer is kept, or will not be. Called once. */
  constructor(source: AsyncIterable<Uint8Array>, writer: CacheWriter, length: number | undefined, over: () => void) {
    this.#source = source[Symbol.asyncIterator]();
    this.#writer = writer;
    this.#length = length;
    this.#over = over;
  }

  /** Whether it goes on into the store. */
  get isKept(): boolean {
    return this.#writer !== undefined;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#isClientGone) return Promise.resolve(done);
    this.#pending = this.#next();
    return this.#pending;
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#isClientGone) this.#leave(this.#mostlyThere());
    return Promise.resolve(done);
  }

  /** The client needs nothing (more) of it, but did not leave: all of it is fetched. */
  finish(): void {
    if (!this.#isClientGone) this.#leave(() => true);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    let result: IteratorResult<Uint8Array, unknown>;
    try {
      result = await this.#source.next();
    } catch (error) {
      this.#giveUp();
      throw error;
    }
    if (result.done) {
      await this.#commit();
      return done;
    }
    this.#received += result.value.length;
    const written = this.#writer?.write(result.value);
    if (!(written instanceof Promise ? await written : (written ?? true))) this.#giveUp();
    return result;
  }

  #leave(goesOn: () => boolean): void {
    this.#isClientGone = true;
    void this.#drain(goesOn).catch(() => {});
  }

  async #drain(goesOn: () => boolean): Promise<void> {
    const last = await this.#pending;
    if (last?.done) return;
    while (this.#writer && goesOn()) {
      const { done: isDone } = await this.#next();
      if (isDone) return;
    }
    this.#giveUp();
    await this.#source.return?.();
  }

  #mostlyThere(): () => boolean {
    const before = this.#received;
    const most = Math.max(before, mostWithoutClient);
    const length = this.#length;
    if (length !== undefined) return () => length - before <= most;
    return () => this.#received - before <= mostWithoutClient;
  }

  async #commit(): Promise<void> {
    if (this.#length !== undefined && this.#length !== this.#received) {
      this.#giveUp();
      return;
    }
    const writer = this.#writer;
    if (!writer) return;
    this.#writer = undefined;
    try {
      await writer.commit();
    } finally {
      this.#over();
    }
  }

  #giveUp(): void {
    const writer = this.#writer;
    if (!writer) return;
    this.#writer = undefined;
    writer.abort();
    this.#over();
  }
}
