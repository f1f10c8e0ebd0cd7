import type { Socket } from 'node:net';
import type { Body } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import { HeaderList } from '../../core/headers.ts';
import { lastChunk } from '../../protocol/http1/response.ts';
import { writeChunk } from './output.ts';

/** Of bytes that are at hand so many are given to the kernel at a time. */
const sliceSize = 64 * 1024;

/** Who sends a body. */
export interface BodySenderEvents {
  /** So many bytes were given to the socket. `isTaken`: it has room for more. */
  wrote(bytes: number, isTaken: boolean): void;
  /** All of it was. */
  done(): void;
  /** The body broke, or is not as long as was said. */
  broke(error: PeerError): void;
}

/** Sends the body of one request, as fast as the peer takes it. */
export class BodySender {
  readonly #socket: Socket;
  readonly #length: number | 'chunked';
  readonly #events: BodySenderEvents;
  readonly #body: Body;
  readonly #trailers: (() => HeaderList) | undefined;
  #iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array> | undefined;
  #left: number;
  #isStarted = false;
  #isStopped = false;
  #drained: (() => void) | undefined;

  /** `trailers`: of a chunked body. */
  constructor(
    socket: Socket,
    body: Body,
    length: number | 'chunked',
    trailers: (() => HeaderList) | undefined,
    events: BodySenderEvents,
  ) {
    this.#socket = socket;
    this.#trailers = trailers;
    this.#length = length;
    this.#events = events;
    this.#left = length === 'chunked' ? 0 : length;
    this.#body = body;
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
      this.#events.broke(
        error instanceof PeerError ? error : new PeerError('internal-error', `Cannot read the body: ${error}`),
      );
    });
  }

  /** The socket has room again. */
  drained(): void {
    this.#drained?.();
    this.#drained = undefined;
  }

  /** Nobody wants the rest. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.drained();
    const stopped = this.#iterator?.return?.();
    if (stopped instanceof Promise) stopped.catch(() => {});
  }

  async #run(iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>): Promise<void> {
    for (;;) {
      const next = await iterator.next();
      if (this.#isStopped) return;
      if (next.done) break;
      if (next.value.length === 0) continue;
      this.#write(next.value);
      if (this.#socket.writableNeedDrain) {
        await new Promise<void>((resolve) => {
          this.#drained = resolve;
        });
        if (this.#isStopped) return;
      }
    }
    if (this.#left > 0) throw unfit(`it ends ${this.#left} bytes before its length`);
    this.#isStopped = true;
    if (this.#length === 'chunked') {
      const end = lastChunk(this.#trailers?.() ?? HeaderList.empty);
      this.#socket.write(end);
      this.#events.wrote(end.length, true);
    }
    this.#events.done();
  }

  #write(piece: Uint8Array): void {
    let size = piece.length;
    if (this.#length === 'chunked') {
      size = writeChunk(this.#socket, piece);
    } else {
      if (piece.length > this.#left) {
        this.stop();
        this.#events.broke(unfit('it is longer than its length'));
        return;
      }
      this.#left -= piece.length;
      this.#socket.write(piece);
    }
    this.#events.wrote(size, !this.#socket.writableNeedDrain);
  }
}

function* slicesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sliceSize) yield bytes.subarray(at, at + sliceSize);
}

function unfit(reason: string): PeerError {
  return new PeerError('body-incomplete', `Cannot send the body of the request: ${reason}`);
}
