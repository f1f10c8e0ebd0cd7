import { ProtocolError } from '../../core/errors.ts';
import { HeaderList } from '../../core/headers.ts';
import type { HttpLimits } from '../../core/limits.ts';
import { ChunkedDecoder } from './chunked.ts';
import { type Http1RequestHead, RequestHeadReader } from './request-head.ts';

/** Gets what a codec reads, in order: `head`, `body` any number of times, `end`. It must not call the codec. */
export interface RequestSink {
  head(head: Http1RequestHead): void;
  /** A view of the received chunk, never empty: valid as long as nobody changes that chunk. */
  body(bytes: Uint8Array): void;
  /** `HeaderList.empty` where there are no trailers. */
  end(trailers: HeaderList): void;
}

/** The server's reading half of HTTP/1.1 (RFC 9112): bytes in, requests out, one at a time. */
export class Http1ServerCodec {
  readonly #sink: RequestSink;
  readonly #limits: HttpLimits;
  readonly #head: RequestHeadReader;
  readonly #body: (bytes: Uint8Array) => void;
  #state: 'head' | 'length' | 'chunked' | 'paused' = 'head';
  #remaining = 0;
  #chunks: ChunkedDecoder | undefined;
  #kept: Buffer | undefined;
  #ended = false;
  #failure: unknown;

  constructor(sink: RequestSink, limits: HttpLimits) {
    this.#sink = sink;
    this.#limits = limits;
    this.#head = new RequestHeadReader(limits);
    this.#body = (bytes) => sink.body(bytes);
  }

  /** Bytes kept: a partial head or trailer section, or what came after the request while paused. */
  get buffered(): number {
    if (this.#state === 'paused') return this.#kept?.length ?? 0;
    return this.#state === 'chunked' ? (this.#chunks?.buffered ?? 0) : this.#head.size;
  }

  /** Whether a request has begun, if only with one byte of its head, and its end has not been reported; false while paused. */
  get midMessage(): boolean {
    return this.#state === 'head' ? this.#head.size > 0 : this.#state !== 'paused';
  }

  /** Reads bytes. While paused it keeps them. Throws ProtocolError, and the same one again on further use. */
  receive(chunk: Buffer): void {
    this.#guard(() => {});
  }
}
