import { ProtocolError } from '../../core/errors.ts';
import type { HeaderList } from '../../core/headers.ts';
import type { Http2Limits, HttpLimits } from '../../core/limits.ts';
import { Http2Code, Setting } from './codes.ts';
import { ConnectionStreams } from './connection-streams.ts';
import { FloodGuard, flood } from './flood-guard.ts';
import { FrameHandler } from './frame-handler.ts';
import { FrameReader } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { Http2Error } from './http2-error.ts';
import { maxWindow } from './peer-settings.ts';
import { type FixedFields, ResponseSections } from './response-section.ts';
import { SectionReceiver } from './section-receiver.ts';
import type { FrameOutput, Http2ServerSink, Http2Stream } from './server-sink.ts';
import type { ServerStream } from './server-stream.ts';

export type { FixedFields } from './response-section.ts';

export interface Http2ServerOptions {
  readonly limits: HttpLimits;
  readonly http2: Http2Limits;
}

/** What our PINGs hold. */
const pingContent = Buffer.alloc(8);

/**
 * The server's side of one HTTP/2 connection (RFC 9113): bytes in, requests out, and frames of answers. A connection error is written to
 * the output as GOAWAY and thrown as Http2Error; any further use throws it again. What is sent on a stream that is over is dropped.
 */
export class Http2ServerCodec<Turn> {
  readonly #limits: HttpLimits;
  readonly #http2: Http2Limits;
  readonly #writer: FrameWriter;
  readonly #guard: FloodGuard;
  readonly #streams: ConnectionStreams<Turn>;
  readonly #sections: SectionReceiver<Turn>;
  readonly #answers: ResponseSections;
  readonly #frames: FrameHandler<Turn>;
  readonly #reader: FrameReader;
  #failure: unknown;

  constructor(sink: Http2ServerSink<Turn>, output: FrameOutput, { limits, http2 }: Http2ServerOptions) {
    const writer = new FrameWriter(output);
    const guard = new FloodGuard(http2);
    const streams = new ConnectionStreams(sink, writer, guard, http2);
    const sections = new SectionReceiver(sink, streams, guard, limits, http2);
    const answers = new ResponseSections(writer, http2.headerTableSize);
    this.#limits = limits;
    this.#http2 = http2;
    this.#writer = writer;
    this.#guard = guard;
    this.#streams = streams;
    this.#sections = sections;
    this.#answers = answers;
    this.#frames = new FrameHandler({ sink, streams, sections, answers, writer, guard }, limits);
    this.#reader = new FrameReader(this.#frames, http2.maxFrameSize);
  }

  /** Streams that are not over. */
  get openStreams(): number {
    return this.#streams.size;
  }

  /** The latest stream that was taken. */
  get lastStream(): number {
    return this.#streams.lastTaken;
  }

  /** Whether a field section, or another frame without content, has begun and has not ended. */
  get isInSection(): boolean {
    return this.#sections.stream !== 0 || this.#reader.buffered > 0;
  }

  /** Whether the client has not sent all of its preface yet, its SETTINGS with it. */
  get isPrefaceMissing(): boolean {
    return !this.#frames.hasSettings;
  }

  /** Bytes kept of what has not come whole. */
  get buffered(): number {
    return this.#reader.buffered + this.#sections.buffered;
  }

  /** Sends our preface (RFC 9113 §3.4). */
  start(): void {
    const { maxStreams, streamWindow, maxFrameSize, headerTableSize } = this.#http2;
    this.#writer.settings([
      [Setting.headerTableSize, headerTableSize],
      [Setting.maxConcurrentStreams, maxStreams],
      [Setting.initialWindowSize, streamWindow],
      [Setting.maxFrameSize, maxFrameSize],
      [Setting.maxHeaderListSize, this.#limits.maxHeadSize],
      [Setting.enableConnectProtocol, 1],
      [Setting.noRfc7540Priorities, 1],
    ]);
    this.#streams.start();
  }

  /** Whether the client has so many answers to take that no more requests are read. */
  get isFull(): boolean {
    return this.#frames.isFull;
  }

  /**
   * Gives how many bytes were read: not all where it `isFull`; the rest is to be given again. Throws Http2Error: all streams are over then,
   * of which the sink is not told.
   */
  receive(chunk: Buffer): number {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const read = this.#reader.read(chunk);
      if (this.#writer.unsentControl > this.#http2.maxUnsentControl) throw flood('our answers are not read');
      return read;
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** The client ended its side. Throws ProtocolError where that is inside its preface, a frame or a request. */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    let isIncomplete = this.#reader.isInside || this.isInSection;
    for (const { isReceiveClosed } of this.#streams) if (!isReceiveClosed) isIncomplete = true;
    if (!isIncomplete) return;
    const error = new ProtocolError('body-incomplete', 'Cannot read the request: the connection ended inside it');
    this.#fail(error);
    throw error;
  }

  /** So much time has passed: budgets grow. */
  tick(elapsedMs: number): void {
    this.#guard.grow(elapsedMs);
  }

  /** Sends the head of a final answer. Gives how many bytes that are. */
  respond(stream: Http2Stream, status: number, headers: HeaderList, fixed: FixedFields, isEnd: boolean): number {
    if (stream.isSendClosed) return 0;
    const written = this.#answers.head(stream.id, status, headers, fixed, isEnd);
    if (isEnd) this.#streams.endSending(stream as ServerStream<Turn>);
    return written;
  }

  /** Sends an interim answer (RFC 9110 §15.2), but for 101, without the fields that have no meaning there. */
  inform(stream: Http2Stream, status: number, headers: HeaderList): number {
    return stream.isSendClosed ? 0 : this.#answers.interim(stream.id, status, headers);
  }

  /** Bytes of content that may be sent on it now. */
  sendable(stream: Http2Stream): number {
    return stream.isSendClosed ? 0 : Math.max(0, Math.min(this.#streams.sendWindow, stream.sendWindow));
  }

  /**
   * Sends content, at most what is `sendable`: more is a RangeError. Gives how many bytes that are, with their frames. Large pieces are
   * sent as they are, so that they must not change.
   */
  data(stream: Http2Stream, bytes: Uint8Array, isEnd: boolean): number {
    if (stream.isSendClosed) return 0;
    const own = stream as ServerStream<Turn>;
    const size = bytes.length;
    const window = this.sendable(own);
    if (size > window) throw new RangeError(`Cannot send ${size} bytes: there is a window of ${window}`);
    const { maxFrameSize } = this.#writer;
    let written = 0;
    let at = 0;
    while (size - at > maxFrameSize) {
      written += this.#writer.data(own.id, bytes, at, at + maxFrameSize, false);
      this.#guard.sent(maxFrameSize, false);
      at += maxFrameSize;
    }
    if (at < size || isEnd) {
      written += this.#writer.data(own.id, bytes, at, size, isEnd);
      this.#guard.sent(size - at, size === window && !isEnd);
    }
    own.sendWindow -= size;
    this.#streams.sendWindow -= size;
    if (isEnd) this.#streams.endSending(own);
    return written;
  }

  /** Ends an answer with trailers, without those that may not stand there. */
  trailers(stream: Http2Stream, headers: HeaderList): number {
    if (stream.isSendClosed) return 0;
    const written = this.#answers.trailers(stream.id, headers);
    this.#streams.endSending(stream as ServerStream<Turn>);
    return written;
  }

  /** Sends RST_STREAM; nothing where the stream is over. The sink is not told. */
  reset(stream: Http2Stream, code: Http2Code): void {
    const own = this.#streams.get(stream.id);
    if (own) this.#streams.reset(own, code);
  }

  /** Content was read by whom it is for: the client may send as much again. */
  consumed(stream: Http2Stream, bytes: number): void {
    const own = stream as ServerStream<Turn>;
    const size = Math.min(bytes, own.unread);
    own.unread -= size;
    if (size > 0 && this.#failure === undefined) this.#streams.giveBack(own, size);
  }

  /** `acknowledged` says when it was answered. */
  ping(): void {
    this.#frames.pings++;
    this.#writer.ping(pingContent, 0, false);
  }

  /** Tells the client to open no more streams. Those that it opens are served all the same, until `refusesNew`: then they are ignored. */
  goaway(code: Http2Code, refusesNew: boolean): void {
    if (this.#failure !== undefined) return;
    if (refusesNew) this.#sections.refusesNew = true;
    this.#writer.goaway(this.#sections.refusesNew ? this.lastStream : maxWindow, code);
  }

  #fail(error: unknown): void {
    this.#failure = error;
    this.#streams.endAll();
    if (error instanceof Http2Error) this.#writer.goaway(this.lastStream, error.http2Code);
    else if (!(error instanceof ProtocolError)) this.#writer.goaway(this.lastStream, Http2Code.internalError);
  }
}
