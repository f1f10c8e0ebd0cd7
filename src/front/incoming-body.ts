import { type Body, type BodySource, BodyStream, gather } from '../core/body.ts';
import type { PeerError } from '../core/errors.ts';
import { bufferedBodySize } from '../core/limits.ts';

/** The body of a request while it arrives: gathered while that is short, handed on as a stream where it is not. */
export class IncomingBody {
  readonly #source: BodySource;
  readonly #streamed: boolean;
  #gathered: Uint8Array[] = [];
  #stream: BodyStream | undefined;
  #complete = false;
  #discarding = false;
  #size = 0;

  /** `streamed`: hand it on at once, since its length is unknown or long, or the client waits to be asked for it. */
  constructor(streamed: boolean, source: BodySource) {
    this.#streamed = streamed;
    this.#source = source;
  }

  /** Whether the request can be handled now: the body is complete or need not be. */
  get isReady(): boolean {
    return this.#complete || this.#streamed || this.#size > bufferedBodySize;
  }

  get isComplete(): boolean {
    return this.#complete;
  }

  /** Bytes received so far. */
  get size(): number {
    return this.#size;
  }

  /** Whether the reader is so far behind that no more should be read from the client. */
  get isFull(): boolean {
    return (this.#stream?.buffered ?? 0) >= bufferedBodySize;
  }

  push(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.#discarding) return;
    if (this.#stream) this.#stream.push(bytes);
    else gather(this.#gathered, bytes);
  }

  end(): void {
    this.#complete = true;
    this.#stream?.end();
  }

  fail(error: PeerError): void {
    this.#stream?.fail(error);
  }

  /** Nobody reads it any more: what still comes is thrown away. */
  discard(): void {
    this.#discarding = true;
    this.#gathered = [];
    void this.#stream?.return();
  }

  /** What a handler gets; asked for once, when `isReady`. */
  handOver(): Body {
    const gathered = this.#gathered;
    this.#gathered = [];
    if (this.#complete) return gathered.length === 1 && gathered[0] ? gathered[0] : Buffer.concat(gathered);
    this.#stream = new BodyStream(this.#source);
    for (const chunk of gathered) this.#stream.push(chunk);
    return this.#stream;
  }
}
