import { type Body, type BodySource, emptyBody } from '../../core/body.ts';
import type { PeerError } from '../../core/errors.ts';
import { bufferedBodySize, type ConnectionTimeouts } from '../../core/limits.ts';
import type { Http2RequestHead, Http2Stream } from '../../protocol/http2/server-sink.ts';
import { IncomingBody } from '../incoming-body.ts';
import { SlownessCheck } from '../slowness-check.ts';

/** What a body needs of its connection. */
export interface BodyChannel {
  readonly codec: { consumed(stream: Http2Stream, bytes: number): void };
  readonly timeouts: ConnectionTimeouts;
  /** What one stream may send ahead of its reader, in bytes. */
  readonly streamWindow: number;
  /** Whether, at the last sweep, so much was unread of all streams that the client may have no window for any. */
  readonly isUnread: boolean;
}

/** The body of a request on a stream: its client may send on as it is read. */
export class StreamBody implements BodySource {
  readonly #stream: Http2Stream;
  readonly #channel: BodyChannel;
  readonly #incoming: IncomingBody;
  /** Handed on as it comes; else it is gathered first. */
  readonly #isStreamed: boolean;
  /** Asks the client for it, where that waits for 100 (Continue). */
  readonly #ask: () => void;
  #isAsked: boolean;
  #isHandedOver = false;
  #isDiscarding = false;
  #hasFailed = false;
  #unread = 0;
  #pace: SlownessCheck | undefined;

  constructor(stream: Http2Stream, head: Http2RequestHead, channel: BodyChannel, ask: () => void) {
    const { bodyLength, expectsContinue } = head;
    this.#stream = stream;
    this.#channel = channel;
    this.#ask = ask;
    this.#isAsked = !expectsContinue;
    this.#isStreamed = bodyLength === undefined || bodyLength > bufferedBodySize || expectsContinue;
    this.#incoming = new IncomingBody(this.#isStreamed, this);
  }

  /** Whether the request can be handled now: the body is complete or need not be. */
  get isReady(): boolean {
    return this.#incoming.isReady;
  }

  /** Whether it is the client's turn to send it: it does not wait for 100 (Continue). */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** Bytes received so far. */
  get size(): number {
    return this.#incoming.size;
  }

  /** What a handler gets; asked for once, when `isReady`. */
  handOver(): Body {
    this.#isHandedOver = true;
    return this.#isDiscarding ? emptyBody : this.#incoming.handOver();
  }

  /** Bytes that were received and not given back to the stream's window. */
  get unread(): number {
    return this.#unread;
  }

  push(bytes: Uint8Array, now: number): void {
    this.#pace?.restart(now);
    this.#unread += bytes.length;
    this.#incoming.push(bytes);
    // What is gathered has its bound from its content-length.
    if (!this.#isStreamed || this.#isDiscarding) this.#giveBack(bytes.length);
  }

  end(): void {
    this.#incoming.end();
    // A body that is whole was handed over as one piece, and is given back as that.
    if (!this.#isHandedOver) this.#giveBack(this.#unread);
  }

  /** What still comes is not given to it. */
  fail(error: PeerError): void {
    this.#hasFailed = true;
    this.#incoming.fail(error);
  }

  /** Nobody reads it any more: what still comes is thrown away. */
  discard(): void {
    if (this.#isDiscarding) return;
    this.#isDiscarding = true;
    this.#incoming.discard();
    this.#giveBack(this.#unread);
  }

  /** The stream is over: what is still unread, if it is read at all, needs no window any more. */
  release(): void {
    this.#giveBack(this.#unread);
  }

  /** Whether the client is silent for too long or too slow on the whole. Asked at every sweep. */
  isSlow(now: number): boolean {
    if (!this.#isAsked || this.#hasFailed || this.#incoming.isComplete) return false;
    this.#pace ??= new SlownessCheck(
      { bytesWritten: 0, writableLength: 0, isPaused: () => this.#isHeldBack },
      this.#channel.timeouts,
      now,
    );
    return this.#pace.isBodySlow(now, this.size);
  }

  /** Whether the client may have no window: half of one is given back at a time. */
  get #isHeldBack(): boolean {
    const { streamWindow, isUnread } = this.#channel;
    return isUnread || this.#unread >= streamWindow / 2;
  }

  wanted(): void {
    if (this.#isAsked || this.#incoming.isComplete) return;
    this.#isAsked = true;
    this.#ask();
  }

  taken(bytes: number): void {
    this.#giveBack(bytes);
  }

  cancelled(): void {
    this.discard();
  }

  #giveBack(bytes: number): void {
    const back = Math.min(bytes, this.#unread);
    if (back === 0) return;
    this.#unread -= back;
    this.#channel.codec.consumed(this.#stream, back);
  }
}
