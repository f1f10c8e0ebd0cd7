import { type Body, type BodySource, BodyStream, emptyBody, gather } from '../../core/body.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Tunnel } from '../../core/tunnel.ts';
import type { Http1ResponseHead } from '../../protocol/http1/client-codec.ts';
import {
  type Attempt,
  type Sending,
  type UpstreamAnswer,
  UpstreamFailure,
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
  readonly answer: Promise<UpstreamAnswer>;
  carrier: ExchangeCarrier | undefined;
  #resolve: (answer: UpstreamAnswer) => void = () => {};
  #reject: (failure: UpstreamFailure) => void = () => {};
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
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
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
    if (this.#stream) this.#stream.push(piece);
    else gather(this.#pieces, piece);
  }

  /** All of it is there. */
  complete(trailers: HeaderList): void {
    this.#trailers = trailers;
    this.#isComplete = true;
    this.#stream?.end();
  }

  /** Gives the answer to who waits, if there is a head and it was not given before. */
  deliver(): void {
    const head = this.#head;
    if (!head || this.#isDelivered) return;
    this.#isDelivered = true;
    const { status, reason, version, headers } = head;
    const body = this.#body();
    if (head.framing === 'chunked') {
      this.#resolve({ kind: 'reply', status, reason, version, headers, body, trailers: () => this.#trailers });
    } else {
      this.#resolve({ kind: 'reply', status, reason, version, headers, body });
    }
  }

  /** The connection goes on in another protocol. */
  switched(tunnel: Tunnel): void {
    this.#isDelivered = true;
    this.#resolve(tunnel);
  }

  /** Tells once how it ended. */
  ended(how: 'complete' | 'cancelled' | 'failed' | 'stale'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.carrier = undefined;
    this.attempt.ended(how);
  }

  fail(failure: UpstreamFailure): void {
    if (this.#isDelivered) this.#stream?.fail(failure);
    else this.#reject(failure);
    this.#isDelivered = true;
    this.ended(failure.isStaleConnection ? 'stale' : 'failed');
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
