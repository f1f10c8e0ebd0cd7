import { ProtocolError } from '../../core/errors.ts';
import { HeaderList } from '../../core/headers.ts';
import type { HttpLimits } from '../../core/limits.ts';
import { ChunkedDecoder } from './chunked.ts';
import { type Http1ResponseHead, ResponseHeadReader } from './response-head.ts';

export type { Http1ResponseHead } from './response-head.ts';

/** Gets what a codec reads, in order: `interim` any number of times, `head`, `body` any number of times, `end`. It must not call the codec. */
export interface ResponseSink {
  /** A 1xx answer but 101. */
  interim(head: Http1ResponseHead): void;
  /** A final answer, or 101: nothing of HTTP follows that, and `takeKept` gives what came behind it. */
  head(head: Http1ResponseHead): void;
  /** A view of the received chunk, never empty; valid as long as nobody changes that chunk. */
  body(bytes: Uint8Array): void;
  /** `HeaderList.empty` where there are no trailers. Not called after 101. */
  end(trailers: HeaderList): void;
}

/** What has to be known of a request to read its answer. */
export interface AnsweredRequest {
  readonly isHead: boolean;
  /** Whether 101 may be the answer. */
  readonly mayUpgrade: boolean;
  /** Largest head of an answer, in bytes. */
  readonly maxHeadSize: number;
}

export interface ClientLimits extends HttpLimits {
  /** Interim answers to one request. */
  readonly maxInterim: number;
}

/**
 * The reading half of an HTTP/1.1 client (RFC 9112): bytes in, answers out, of which nothing is trusted. It reads one answer for each
 * `begin` and keeps what follows: bytes that nobody asked for, so that the connection is not to be used again. It throws ProtocolError
 * `upstream-response-invalid` or `upstream-response-too-large`, at the end of the connection `upstream-closed` or `upstream-incomplete`,
 * and the same error again on any further use.
 */
export class Http1ClientCodec {
  readonly #sink: ResponseSink;
  readonly #limits: ClientLimits;
  readonly #head: ResponseHeadReader;
  readonly #takeBody: (bytes: Uint8Array) => void;
  #state: 'head' | 'length' | 'chunked' | 'close' | 'paused' = 'paused';
  #isHead = false;
  #mayUpgrade = false;
  #interims = 0;
  #remaining = 0;
  #chunks: ChunkedDecoder | undefined;
  #kept: Buffer | undefined;
  #failure: unknown;

  constructor(sink: ResponseSink, limits: ClientLimits) {
    this.#sink = sink;
    this.#limits = limits;
    this.#head = new ResponseHeadReader(limits);
    this.#takeBody = (bytes) => sink.body(bytes);
  }

  /** Bytes kept: of a partial head or trailer section, or all that came behind an answer. */
  get buffered(): number {
    if (this.#state === 'paused') return this.#kept?.length ?? 0;
    return this.#chunks ? this.#chunks.buffered : this.#head.size;
  }

  /** Whether bytes came that belong to no answer (http.md 217), or behind 101. */
  get hasKept(): boolean {
    return this.#kept !== undefined;
  }

  /** A request goes out; reads its answer, beginning with what was kept. */
  begin({ isHead, mayUpgrade, maxHeadSize }: AnsweredRequest): void {
    this.#refuseAfterFailure();
    const kept = this.#kept;
    this.#kept = undefined;
    this.#isHead = isHead;
    this.#mayUpgrade = mayUpgrade;
    this.#head.maxHeadSize = maxHeadSize;
    this.#interims = 0;
    this.#state = 'head';
    if (kept) this.#read(kept);
  }

  receive(chunk: Buffer): void {
    this.#refuseAfterFailure();
    if (chunk.length === 0) return;
    if (this.#state === 'paused') this.#kept = this.#kept ? Buffer.concat([this.#kept, chunk]) : chunk;
    else this.#read(chunk);
  }

  /** Gives what came behind an answer: a view of the last chunk where it came with that. */
  takeKept(): Buffer | undefined {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept;
  }

  /** The upstream ended its side: the end of an answer that has no other. Throws ProtocolError inside any other (RFC 9112 §8). */
  end(): void {
    this.#refuseAfterFailure();
    if (this.#state === 'paused') return;
    if (this.#state === 'close') {
      this.#finish(HeaderList.empty);
      return;
    }
    const [code, where] =
      this.#state === 'head' ? (['upstream-closed', 'head'] as const) : (['upstream-incomplete', 'body'] as const);
    this.#failure = new ProtocolError(
      code,
      `Cannot read the answer of the upstream: the connection ended inside its ${where}`,
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
        else if (this.#state === 'close') {
          this.#sink.body(at === 0 ? chunk : chunk.subarray(at));
          return;
        } else {
          this.#kept = at === 0 ? chunk : chunk.subarray(at);
          return;
        }
      }
    } catch (error) {
      this.#failure = error instanceof ProtocolError ? upstreamError(error) : error;
      throw this.#failure;
    }
  }

  #readHead(chunk: Buffer, from: number): number {
    const at = this.#head.read(chunk, from);
    if (at < 0) return -1;
    const head = this.#head.take(this.#isHead);
    if (head.status < 200 && head.status !== 101) {
      if (++this.#interims > this.#limits.maxInterim) {
        throw refusal(`there are more than ${this.#limits.maxInterim} interim ones before it`);
      }
      this.#sink.interim(head);
      return at;
    }
    if (head.status === 101) {
      if (!this.#mayUpgrade) throw refusal('it is 101, and nobody asked for an upgrade');
      this.#state = 'paused';
      this.#sink.head(head);
      return at;
    }
    const { framing } = head;
    this.#sink.head(head);
    if (framing === 'close') {
      this.#state = 'close';
    } else if (framing === 'chunked') {
      this.#state = 'chunked';
      this.#chunks = new ChunkedDecoder(this.#limits);
    } else {
      this.#state = 'length';
      this.#remaining = framing;
      if (framing === 0) this.#finish(HeaderList.empty);
    }
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

/** Fields and chunks are read as those of requests are; whose fault it is differs. */
function upstreamError(error: ProtocolError): ProtocolError {
  if (error.source === 'upstream') return error;
  const code = error.code === 'header-too-large' ? 'upstream-response-too-large' : 'upstream-response-invalid';
  return new ProtocolError(code, `Cannot read the answer of the upstream. ${error.message}`);
}

function refusal(reason: string): ProtocolError {
  return new ProtocolError('upstream-response-invalid', `Cannot read the answer of the upstream: ${reason}`);
}
