import { type Body, type BodySource, BodyStream, emptyBody, gather } from '../../core/body.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Tunnel } from '../../core/tunnel.ts';
import type { Http1ResponseHead } from '../../protocol/http1/client-codec.ts';
import {
  type Attempt,
  type Sending,
  UpstreamFailure,
  type UpstreamReply,
  type UpstreamRequest,
} from '../upstream-request.ts';

/** Bytes of an answer that wait for their reader before no more is read. */
export const unreadSize: number = 64 * 1024;

/** The connection that an exchange is on, as it sees it. */
export interface ExchangeCarrier {
  /** There is room for more of the answer. */
  readOn(): void;
  /** Nobody waits for the answer, or for its rest. */
  cancel(): void;
}

/** One request and its answer: what came of the answer so far, and who waits for it. */
export class Http1Exchange implements Sending, BodySource {
  readonly request: UpstreamRequest;
  readonly attempt: Attempt;
  carrier: ExchangeCarrier | undefined;
  #head: Http1ResponseHead | undefined;
  #pieces: Uint8Array[] = [];
  #stream: BodyStream | undefined;
  #trailers: HeaderList = HeaderList.empty;
  #isDelivered = false;
  #isComplete = false;
  #isOver = false;

  constructor(request: UpstreamRequest, attempt: Attempt) {
    this.request = request;
    this.attempt = attempt;
  }

  /** The final answer's head, once it is there. */
  get head(): Http1ResponseHead | undefined {
    return this.#head;
  }

  /** Whether all of the answer is there. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Whether the reader is so far behind that no more should be read. */
  get isFull(): boolean {
    return this.#stream !== undefined && this.#stream.buffered >= unreadSize;
  }

  /** The answer's head came. */
  begin(head: Http1ResponseHead): void {
    this.#head = head;
    this.attempt.headed();
  }

  /** A piece of its body, which is copied. */
  body(bytes: Uint8Array): void {
    const piece = Buffer.from(bytes);
    this.attempt.content(piece.length);
    if (this.#stream) this.#stream.push(piece);
    else gather(this.#pieces, piece);
  }

  /** All of it is there. */
  complete(trailers: HeaderList): void {
    this.#trailers = trailers;
    this.#isComplete = true;
    this.#stream?.end();
  }

  /**
   * Gives the answer to who waits, unless that was done before. Who gets a whole one may end all of this at once, so that nothing may be
   * done behind it.
   */
  deliver(head: Http1ResponseHead): void {
    if (this.#isDelivered) return;
    this.#isDelivered = true;
    const { attempt } = this;
    const { status, reason, version, headers, framing } = head;
    const body = this.#body();
    const reply: UpstreamReply =
      framing === 'chunked'
        ? { kind: 'reply', status, reason, version, headers, body, trailers: () => this.#trailers }
        : { kind: 'reply', status, reason, version, headers, body };
    if (this.#isComplete) attempt.answered(reply);
    else queueMicrotask(() => attempt.answered(reply));
  }

  /** The connection goes on in another protocol. */
  switched(tunnel: Tunnel): void {
    this.#isDelivered = true;
    queueMicrotask(() => this.attempt.answered(tunnel));
  }

  /** Tells once how it ended. */
  ended(how: 'complete' | 'cancelled' | 'failed' | 'stale'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.carrier = undefined;
    this.attempt.ended(how);
  }

  fail(failure: UpstreamFailure, how: 'failed' | 'cancelled' | 'stale'): void {
    if (this.#isDelivered) this.#stream?.fail(failure);
    else if (!this.#isOver) queueMicrotask(() => this.attempt.failed(failure));
    this.#isDelivered = true;
    this.ended(how);
  }

  cancel(): void {
    this.#stream?.fail(new UpstreamFailure('upstream-incomplete', 'The request was cancelled', 'body'));
    this.cancelled();
  }

  wanted(): void {}

  taken(): void {
    if (!this.#isComplete && !this.isFull) this.carrier?.readOn();
  }

  cancelled(): void {
    const { carrier } = this;
    this.ended('cancelled');
    carrier?.cancel();
  }

  #body(): Body {
    const pieces = this.#pieces;
    this.#pieces = [];
    if (this.#isComplete) {
      return pieces.length > 1 ? Buffer.concat(pieces) : (pieces[0] ?? emptyBody);
    }
    const stream = new BodyStream(this);
    for (const piece of pieces) stream.push(piece);
    this.#stream = stream;
    return stream;
  }
}
