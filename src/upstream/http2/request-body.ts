import type { ClientHttp2Stream } from 'node:http2';
import type { Body } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';

/** Of bytes that are at hand so many are given to the stream at a time. */
const sliceSize = 64 * 1024;

/** Who sends a body. */
export interface RequestBodyEvents {
  /** So many bytes were given to the stream. `isTaken`: it has room for more. */
  wrote(bytes: number, isTaken: boolean): void;
  /** The stream has room again. */
  drained(): void;
  /** All of it was given. */
  done(): void;
  /** The body broke, or is not as long as was said. */
  broke(error: PeerError): void;
}

/** Sends the body of one request over a stream, as fast as the peer takes it. */
export class RequestBody {
  readonly #stream: ClientHttp2Stream;
  readonly #length: number | 'chunked';
  readonly #events: RequestBodyEvents;
  readonly #body: Body;
  #iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array> | undefined;
  #isStarted = false;
  #isStopped = false;
  #resume: (() => void) | undefined;

  constructor(stream: ClientHttp2Stream, body: Body, length: number | 'chunked', events: RequestBodyEvents) {
    this.#stream = stream;
    this.#length = length;
    this.#events = events;
    this.#body = body;
    stream.on('drain', () => {
      if (this.#isStopped) return;
      events.drained();
      this.#goOn();
    });
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  start(): void {
    if (this.#isStarted || this.#isStopped) return;
    this.#isStarted = true;
    // A body that was not asked for can still be sent to another peer.
    this.#iterator = this.#body instanceof Uint8Array ? slicesOf(this.#body) : this.#body[Symbol.asyncIterator]();
    this.#run(this.#iterator).catch((error: unknown) => {
      if (this.#isStopped) return;
      this.#isStopped = true;
      const failure = error instanceof PeerError ? error : unfit(String(error));
      this.#events.broke(failure);
    });
  }

  /** Nobody wants the rest. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#goOn();
    const stopped = this.#iterator?.return?.();
    if (stopped instanceof Promise) stopped.catch(() => {});
  }

  async #run(iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>): Promise<void> {
    let sent = 0;
    for (;;) {
      const next = await iterator.next();
      if (this.#isStopped) return;
      if (next.done) break;
      const { value } = next;
      sent += value.length;
      if (this.#length !== 'chunked' && sent > this.#length) throw unfit('it is longer than its length');
      const isTaken = this.#stream.write(value);
      this.#events.wrote(value.length, isTaken);
      if (isTaken) continue;
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
      if (this.#isStopped) return;
    }
    if (this.#length !== 'chunked' && sent < this.#length) {
      throw unfit(`it ends ${this.#length - sent} bytes before its length`);
    }
    this.#isStopped = true;
    this.#stream.end();
    this.#events.done();
  }

  #goOn(): void {
    this.#resume?.();
    this.#resume = undefined;
  }
}

function* slicesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sliceSize) yield bytes.subarray(at, at + sliceSize);
}

function unfit(reason: string): PeerError {
  return new PeerError('body-incomplete', `Cannot send the body of the request: ${reason}`);
}
