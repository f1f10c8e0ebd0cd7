import { type ClientHttp2Stream, constants } from 'node:http2';
import { type BodySource, BodyStream, emptyBody } from '../../core/body.ts';
import type { ErrorCode, PeerError } from '../../core/errors.ts';
import { HeaderList } from '../../core/headers.ts';
import { proxyLimits } from '../../core/limits.ts';
import { SilenceTimer } from '../http1/silence-timer.ts';
import {
  type Attempt,
  type Sending,
  type UpstreamAnswer,
  UpstreamFailure,
  type UpstreamRequest,
  type UpstreamStage,
} from '../upstream-request.ts';
import { type ReceivedFields, receivedFields, requestFields, requestSize, trailerFields } from './fields.ts';
import type { Http2Connection } from './http2-connection.ts';
import { RequestBody, type RequestBodyEvents } from './request-body.ts';

/** Bytes of an answer that wait for their reader before no more is read. */
const unreadSize: number = 64 * 1024;

const {
  NGHTTP2_ENHANCE_YOUR_CALM,
  NGHTTP2_CANCEL,
  NGHTTP2_FLAG_END_STREAM,
  NGHTTP2_NO_ERROR,
  NGHTTP2_PROTOCOL_ERROR,
  NGHTTP2_REFUSED_STREAM,
} = constants;

/** One request and its answer, over one stream. */
export class Http2Exchange implements Sending, BodySource, RequestBodyEvents {
  readonly request: UpstreamRequest;
  readonly #attempt: Attempt;
  readonly #startedAt: number = performance.now();
  readonly #silence: SilenceTimer = new SilenceTimer(() => this.#silent());
  #resolve: (answer: UpstreamAnswer) => void = () => {};
  #reject: (failure: UpstreamFailure) => void = () => {};
  #stage: UpstreamStage = 'connect';
  #connection: Http2Connection | undefined;
  /** What the connection had received before, if it had another request before this one. */
  #receivedBefore: number | undefined;
  #stream: ClientHttp2Stream | undefined;
  #body: RequestBody | undefined;
  #continueTimer: NodeJS.Timeout | undefined;
  #interim = 0;
  #reader: BodyStream | undefined;
  #trailers: HeaderList = HeaderList.empty;
  #hasHead = false;
  #isNoHttp2 = false;
  /** Bytes of the answer's body that came, and that were to come where that is known. */
  #size = 0;
  #length: number | undefined;
  #isOver = false;

  constructor(request: UpstreamRequest, attempt: Attempt) {
    this.request = request;
    this.#attempt = attempt;
    const answer = new Promise<UpstreamAnswer>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    answer.then(
      (given) => attempt.answered(given),
      (failure: UpstreamFailure) => attempt.failed(failure),
    );
    this.#silence.start(request.timeouts.connectMs, this.#startedAt);
  }

  /** Whether nobody waits for it any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Goes over this connection. `isKept`: it was there when the request came. */
  begin(connection: Http2Connection, isKept: boolean): void {
    if (this.#isOver) return;
    const { request } = this;
    const { bodyLength } = request;
    const hasBody = bodyLength !== undefined && bodyLength !== 0;
    this.#connection = connection;
    this.#receivedBefore = connection.requests > 0 ? connection.received : undefined;
    let stream: ClientHttp2Stream;
    try {
      const { trailers } = request;
      stream = connection.request(requestFields(request, connection.scheme), hasBody, trailers !== undefined);
      if (trailers) stream.on('wantTrailers', () => this.#guard(() => stream.sendTrailers(trailerFields(trailers()))));
    } catch (error) {
      connection.close();
      this.#fail('upstream-closed', `it cannot be sent: ${error}`, { wasSent: false, isStaleConnection: isKept });
      return;
    }
    this.#stream = stream;
    this.#stage = 'head';
    this.#attempt.connected(isKept ? 0 : performance.now() - this.#startedAt);
    this.#attempt.sent(requestSize(request));
    this.#listen(stream);
    if (hasBody) this.#sendBody(stream, bodyLength);
    else this.#awaitAnswer();
  }

  /** Ends without an answer, or without its rest; `failed` where that is the peer's fault. */
  fail(failure: UpstreamFailure, how: 'failed' | 'cancelled' | 'stale' = 'failed'): void {
    if (this.#isOver) return;
    this.#release(how);
    this.#stream?.close(NGHTTP2_CANCEL);
    if (this.#hasHead) this.#reader?.fail(failure);
    else this.#reject(failure);
  }

  cancel(): void {
    this.#reader?.fail(new UpstreamFailure('upstream-incomplete', 'The request was cancelled', 'body'));
    this.cancelled();
  }

  wanted(): void {}

  taken(): void {
    if (this.#isOver || !this.#stream?.isPaused() || this.#isFull) return;
    this.#awaitAnswer();
    this.#stream.resume();
  }

  cancelled(): void {
    if (this.#isOver) return;
    this.#release('cancelled');
    this.#stream?.close(NGHTTP2_CANCEL);
  }

  wrote(bytes: number, isTaken: boolean): void {
    this.#attempt.sent(bytes);
    if (isTaken || this.#isOver) this.#silence.touch(performance.now());
    else if (!this.#hasHead) this.#awaitSending();
  }

  drained(): void {
    if (!this.#hasHead && !this.#isOver) this.#silence.pause();
  }

  done(): void {
    if (!this.#isOver) this.#awaitAnswer();
  }

  broke(error: PeerError): void {
    if (this.#isOver) return;
    this.fail(new UpstreamFailure(error.code, error.message, 'send'), 'cancelled');
  }

  get #isFull(): boolean {
    return (this.#reader?.buffered ?? 0) >= unreadSize;
  }

  #listen(stream: ClientHttp2Stream): void {
    stream.on('continue', () => this.#startBody());
    stream.on('headers', (_fields, _flags, raw) => this.#guard(() => this.#interimCame(raw)));
    stream.on('response', (_fields, flags, raw) => this.#guard(() => this.#headCame(raw, flags)));
    stream.on('trailers', (_fields, _flags, raw) => this.#guard(() => this.#trailersCame(raw)));
    stream.on('data', (chunk: Buffer) => this.#dataCame(chunk));
    stream.on('end', () => {
      // It also ends where the stream is reset, or the connection is gone.
      if (stream.rstCode === NGHTTP2_NO_ERROR) this.#complete();
    });
    stream.on('error', ({ code }: NodeJS.ErrnoException) => {
      this.#isNoHttp2 = code === 'ERR_HTTP2_ERROR';
    });
    stream.on('close', () => this.#closed(stream));
  }

  #sendBody(stream: ClientHttp2Stream, length: number | 'chunked'): void {
    this.#body = new RequestBody(stream, this.request.body, length, this);
    // The client may take its time; it is looked after elsewhere.
    this.#silence.pause();
    if (this.request.expectsContinue) {
      this.#continueTimer = setTimeout(() => this.#startBody(), proxyLimits.continueTimeoutMs).unref();
    } else {
      this.#body.start();
    }
  }

  #startBody(): void {
    clearTimeout(this.#continueTimer);
    this.#continueTimer = undefined;
    this.#body?.start();
  }

  #awaitAnswer(): void {
    this.#silence.start(this.request.timeouts.readMs, performance.now());
  }

  #awaitSending(): void {
    this.#silence.start(this.request.timeouts.sendMs, performance.now());
  }

  #silent(): void {
    if (this.#stage === 'connect') this.#fail('upstream-connect-timeout', 'no connection in time');
    else this.#fail('upstream-timeout', 'it is silent for too long');
  }

  /** Runs what reads fields of the peer. */
  #guard(read: () => void): void {
    if (this.#isOver) return;
    this.#silence.touch(performance.now());
    try {
      read();
    } catch (error) {
      this.#fail('upstream-response-invalid', error instanceof Error ? error.message : String(error));
    }
  }

  #interimCame(raw: readonly string[]): void {
    const { headers } = this.#fieldsOf(raw);
    const status = statusOf(raw);
    if (++this.#interim > proxyLimits.maxInterim) throw new Error('it sends too many interim answers');
    if (status !== 100 && status !== 101) this.request.inform(status, headers);
  }

  #headCame(raw: readonly string[], flags: number): void {
    const { headers, size } = this.#fieldsOf(raw);
    if (size > this.request.maxHeadSize) {
      this.#fail('upstream-response-too-large', `its head has more than ${this.request.maxHeadSize} bytes`);
      return;
    }
    const status = statusOf(raw);
    if (!(status >= 200 && status <= 999)) throw new Error(`its status is ${status}`);
    this.#hasHead = true;
    this.#stage = 'body';
    this.#attempt.headed();
    this.#awaitAnswer();
    const isWhole = (flags & NGHTTP2_FLAG_END_STREAM) !== 0;
    if (!isWhole) {
      this.#reader = new BodyStream(this);
      // Of what is not sent (RFC 9110 §8.6) it is no length.
      const isSent = this.request.method !== 'HEAD' && status !== 304;
      const length = isSent ? headers.get('content-length') : undefined;
      if (length !== undefined) this.#length = Number(length);
    }
    const body = this.#reader ?? emptyBody;
    this.#resolve({ kind: 'reply', status, reason: '', version: '2', headers, body, trailers: () => this.#trailers });
    if (isWhole) this.#complete();
  }

  #trailersCame(raw: readonly string[]): void {
    this.#trailers = this.#fieldsOf(raw).headers;
  }

  #fieldsOf(raw: readonly string[]): ReceivedFields {
    const fields = receivedFields(raw);
    this.#attempt.received(fields.size);
    return fields;
  }

  #dataCame(chunk: Buffer): void {
    const reader = this.#reader;
    if (!reader || this.#isOver) return;
    this.#size += chunk.length;
    this.#attempt.received(chunk.length);
    this.#attempt.content(chunk.length);
    this.#silence.touch(performance.now());
    reader.push(chunk);
    if (!this.#isFull) return;
    // That its reader is slow is not the peer's fault.
    this.#stream?.pause();
    this.#silence.pause();
  }

  /** All of the answer is there; of the request the peer wants no more (RFC 9113 §8.1). */
  #complete(): void {
    if (this.#isOver || !this.#hasHead) return;
    if (this.#length !== undefined && this.#length !== this.#size) {
      this.#fail('upstream-incomplete', `it sent ${this.#size} bytes of ${this.#length}`);
      return;
    }
    this.#release('complete');
    this.#reader?.end();
    if (this.#stream?.writableFinished === false) this.#stream.close(NGHTTP2_NO_ERROR);
  }

  /** The stream is gone: if the answer is not complete by then, it never will be. */
  #closed(stream: ClientHttp2Stream): void {
    if (this.#isOver) return;
    const connection = this.#connection;
    const { rstCode, id = 0 } = stream;
    if (this.#hasHead) {
      this.#fail('upstream-incomplete', 'it ended its answer too early');
    } else if (rstCode === NGHTTP2_REFUSED_STREAM || connection?.hasRefused(id) || stream.pending) {
      // Nothing of it was done, so that it may be sent again at once (RFC 9113 §8.7).
      this.#fail('upstream-closed', 'it refuses the request', { wasSent: false, isStaleConnection: true });
    } else if (rstCode === NGHTTP2_ENHANCE_YOUR_CALM) {
      // What Node says of a head beyond its limits, before it is seen here.
      this.#fail('upstream-response-too-large', 'its head is too large');
    } else if (rstCode === NGHTTP2_PROTOCOL_ERROR || this.#isNoHttp2) {
      this.#fail('upstream-response-invalid', 'it sends what is no HTTP/2');
    } else {
      const isStaleConnection = this.#receivedBefore !== undefined && connection?.received === this.#receivedBefore;
      this.#fail('upstream-closed', 'it ended without an answer', { isStaleConnection });
    }
  }

  #fail(
    code: ErrorCode,
    reason: string,
    how: { readonly isStaleConnection?: boolean; readonly wasSent?: boolean } = {},
  ): void {
    const failure = new UpstreamFailure(code, `Cannot get an answer of the upstream: ${reason}`, this.#stage, how);
    // A new connection that is of no use says something of the peer.
    this.fail(failure, failure.isStaleConnection && this.#receivedBefore !== undefined ? 'stale' : 'failed');
  }

  /** For the last time. */
  #release(how: 'complete' | 'cancelled' | 'failed' | 'stale'): void {
    this.#isOver = true;
    this.#silence.close();
    clearTimeout(this.#continueTimer);
    this.#body?.stop();
    this.#attempt.ended(how);
  }
}

function statusOf(raw: readonly string[]): number {
  const at = raw.indexOf(':status');
  return at < 0 ? 0 : Number(raw[at + 1]);
}
