import { ProtocolError } from '../../core/errors.ts';
import { HeaderList } from '../../core/headers.ts';
import type { HttpLimits } from '../../core/limits.ts';
import { ChunkedDecoder } from './chunked.ts';
import { type Http1RequestHead, RequestHeadReader } from './request-head.ts';

export type { Http1RequestHead } from './request-head.ts';

/** Gets what a codec reads, in order: `head`, `body` any number of times, `end`. It must not call the codec. */
export interface RequestSink {
  head(head: Http1RequestHead): void;
  /** A view of the received chunk, never empty; valid as long as nobody changes that chunk. */
  body(bytes: Uint8Array): void;
  /** `HeaderList.empty` where there are no trailers. */
  end(trailers: HeaderList): void;
}

/**
 * The reading half of an HTTP/1.1 server (RFC 9112): bytes in, requests out. After a request's end it pauses by itself
 * and keeps what follows, so that requests are answered one at a time and in order. It throws ProtocolError for what is
 * no valid request, and the same error again on any further use.
 */
export class Http1ServerCodec {
  readonly #sink: RequestSink;
  readonly #limits: HttpLimits;
  readonly #head: RequestHeadReader;
  readonly #takeBody: (bytes: Uint8Array) => void;
  #state: 'head' | 'length' | 'chunked' | 'paused' = 'head';
  #remaining = 0;
  #chunks: ChunkedDecoder | undefined;
  #kept: Buffer | undefined;
  #failure: unknown;

  constructor(sink: RequestSink, limits: HttpLimits) {
    this.#sink = sink;
    this.#limits = limits;
    this.#head = new RequestHeadReader(limits);
    this.#takeBody = (bytes) => sink.body(bytes);
  }

  /** Bytes kept: of a partial head or trailer section, or all that came while paused. */
  get buffered(): number {
    if (this.#state === 'paused') return this.#kept?.length ?? 0;
    return this.#chunks ? this.#chunks.buffered : this.#head.size;
  }

  /** Whether a request has begun, be it by one byte of its head, and its end has not been reported. False while paused. */
  get midMessage(): boolean {
    return this.#state === 'head' ? this.#head.size > 0 : this.#state !== 'paused';
  }

  /** Reads bytes; while paused it only keeps them. */
  receive(chunk: Buffer): void {
    this.#refuseAfterFailure();
    if (this.#state === 'paused') this.#kept = this.#kept ? Buffer.concat([this.#kept, chunk]) : chunk;
    else this.#read(chunk);
  }

  /** Reads the next request, beginning with what was kept. */
  resume(): void {
    this.#refuseAfterFailure();
    if (this.#state !== 'paused') return;
    const kept = this.#kept;
    this.#state = 'head';
    this.#kept = undefined;
    if (kept) this.#read(kept);
  }

  /** The connection speaks another protocol from now on: gives what came behind the request; to be called while paused. */
  takeKept(): Buffer | undefined {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept;
  }

  /** The peer ended its side. Throws `request-line` inside a head and `body-incomplete` inside a body (RFC 9112 §8). */
  end(): void {
    this.#refuseAfterFailure();
    if (!this.midMessage) return;
    const where = this.#state === 'head' ? 'head' : 'body';
    this.#failure = new ProtocolError(
      where === 'head' ? 'request-line' : 'body-incomplete',
      `Cannot read the request: the connection ended inside its ${where}`,
    );
    throw this.#failure;
  }

  #read(chunk: Buffer): void {
    try {
      let at = 0;
      while (at >= 0 && at < chunk.length) {
        if (this.#state === 'head') at = this.#readHead(chunk, at);
        else if (this.#state === 'length') at = this.#readBody(chunk, at);
        else if (this.#state === 'chunked') at = this.#readChunks(chunk, at);
        else {
          this.#kept = at === 0 ? chunk : chunk.subarray(at);
          return;
        }
      }
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  #readHead(chunk: Buffer, from: number): number {
    const at = this.#head.read(chunk, from);
    if (at < 0) return -1;
    const head = this.#head.take();
    const { bodyLength } = head;
    if (bodyLength === 'chunked') {
      this.#state = 'chunked';
      this.#chunks = new ChunkedDecoder(this.#limits);
    } else {
      this.#state = 'length';
      this.#remaining = bodyLength;
    }
    this.#sink.head(head);
    if (bodyLength === 0) this.#finish(HeaderList.empty);
    return at;
  }

  #readBody(chunk: Buffer, from: number): number {
    const end = Math.min(chunk.length, from + this.#remaining);
    this.#remaining -= end - from;
    this.#sink.body(end - from === chunk.length ? chunk : chunk.subarray(from, end));
    if (this.#remaining === 0) this.#finish(HeaderList.empty);
    return end;
  }

  #readChunks(chunk: Buffer, from: number): number {
    const chunks = this.#chunks as ChunkedDecoder;
    const at = chunks.read(chunk, from, this.#takeBody);
    if (at < 0) return -1;
    this.#chunks = undefined;
    this.#finish(chunks.takeTrailers());
    return at;
  }

  #finish(trailers: HeaderList): void {
    this.#state = 'paused';
    this.#sink.end(trailers);
  }

  #refuseAfterFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
