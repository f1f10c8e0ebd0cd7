import type { HeaderList } from '../../core/headers.ts';
import type { Http2Limits } from '../../core/limits.ts';
import { Closed, ClosedStreams } from './closed-streams.ts';
import { Http2Code } from './codes.ts';
import type { FloodGuard } from './flood-guard.ts';
import type { FrameWriter } from './frame-writer.ts';
import { Http2Error } from './http2-error.ts';
import { maxWindow } from './peer-settings.ts';
import type { Http2ServerSink } from './server-sink.ts';
import { ServerStream } from './server-stream.ts';

/** Windows of a connection and its streams before SETTINGS say otherwise (RFC 9113 §6.9.2). */
export const defaultWindow = 65_535;

/** The streams of a connection in their states (RFC 9113 §5.1), and the windows of all of them (§5.2). */
export class ConnectionStreams<Turn> {
  /** The latest stream that was taken. */
  lastTaken = 0;
  /** The latest one that the client has opened: one that came too late is not taken. */
  lastOpened = 0;
  /** What may be sent on all of them together. */
  sendWindow: number = defaultWindow;
  readonly #sink: Http2ServerSink<Turn>;
  readonly #writer: FrameWriter;
  readonly #guard: FloodGuard;
  readonly #open: Map<number, ServerStream<Turn>> = new Map();
  readonly #closed: ClosedStreams = new ClosedStreams();
  readonly #streamWindow: number;
  readonly #connectionWindow: number;
  #firstSendWindow = defaultWindow;
  #firstReceiveWindow: number;
  #receiveWindow: number;
  #unreturned = 0;

  constructor(sink: Http2ServerSink<Turn>, writer: FrameWriter, guard: FloodGuard, limits: Http2Limits) {
    this.#sink = sink;
    this.#writer = writer;
    this.#guard = guard;
    this.#streamWindow = limits.streamWindow;
    this.#connectionWindow = Math.max(limits.connectionWindow, defaultWindow);
    this.#receiveWindow = this.#connectionWindow;
    // Until it has our SETTINGS the client may send this much.
    this.#firstReceiveWindow = Math.max(limits.streamWindow, defaultWindow);
  }

  get size(): number {
    return this.#open.size;
  }

  get(id: number): ServerStream<Turn> | undefined {
    return this.#open.get(id);
  }

  [Symbol.iterator](): Iterator<ServerStream<Turn>> {
    return this.#open.values();
  }

  /** Tells the client how much more it may send than by default. */
  start(): void {
    if (this.#connectionWindow > defaultWindow) this.#writer.windowUpdate(0, this.#connectionWindow - defaultWindow);
  }

  /** The client knows our SETTINGS. */
  acknowledged(): void {
    this.#firstReceiveWindow = this.#streamWindow;
  }

  /** The client has begun a stream, which is larger than all before it. */
  noteOpened(id: number): void {
    if (id > this.lastOpened + 2) this.#closed.skip(this.lastOpened, id);
    this.lastOpened = id;
  }

  open(id: number): ServerStream<Turn> {
    const stream = new ServerStream<Turn>(id, this.#firstSendWindow, this.#firstReceiveWindow);
    this.#open.set(id, stream);
    this.lastTaken = id;
    return stream;
  }

  /** Whether nobody has opened that stream: those with even numbers are ours, and we open none. */
  isIdle(id: number): boolean {
    return id > this.lastOpened || id % 2 === 0;
  }

  /** How a stream that is neither open nor idle was closed, see {@link Closed}; undefined where nobody knows any more. */
  howClosed(id: number): number | undefined {
    return this.#closed.isForgotten(id, this.lastOpened) ? undefined : this.#closed.get(id);
  }

  /** A stream that the client has opened is not taken: what still comes of it is ignored. */
  ignore(id: number): void {
    this.#closed.note(id, Closed.byUs);
  }

  /** Content of a stream that is closed (RFC 9113 §5.1): ignored where it was on its way when we closed it. */
  dataOfClosed(id: number): void {
    const how = this.howClosed(id);
    if (how === Closed.skipped || how === Closed.byBoth) {
      throw new Http2Error(Http2Code.streamClosed, 'Cannot take DATA: its stream is closed');
    }
    if (how === Closed.byPeer) this.refuse(id, Http2Code.streamClosed);
  }

  /** Ends a stream that is not open with RST_STREAM, for what the client has sent. Throws Http2Error where that is too often. */
  refuse(id: number, code: Http2Code): void {
    this.ignore(id);
    this.#writer.reset(id, code);
    this.#guard.reset();
  }

  /** A stream error (RFC 9113 §5.4.2). Throws Http2Error where there are too many. */
  fail(stream: ServerStream<Turn>, code: Http2Code): void {
    this.#writer.reset(stream.id, code);
    this.#over(stream, Closed.byUs);
    if (stream.turn !== undefined) this.#sink.reset(stream.turn, code, false);
    this.#guard.reset();
  }

  /** We reset a stream for reasons of ours. */
  reset(stream: ServerStream<Turn>, code: Http2Code): void {
    this.#writer.reset(stream.id, code);
    this.#over(stream, Closed.byUs);
  }

  /** The client has reset it. */
  wasReset(stream: ServerStream<Turn>, code: Http2Code): void {
    this.#over(stream, Closed.byPeer);
    if (stream.turn !== undefined) this.#sink.reset(stream.turn, code, true);
  }

  endSending(stream: ServerStream<Turn>): void {
    stream.isSendClosed = true;
    if (stream.isReceiveClosed) this.#open.delete(stream.id);
  }

  /** The request is complete: `trailers` are told to the sink, also where its content was thrown away. */
  endReceiving(stream: ServerStream<Turn>, trailers: HeaderList): void {
    stream.isReceiveClosed = true;
    if (stream.isSendClosed) this.#open.delete(stream.id);
    if (stream.turn !== undefined) this.#sink.end(stream.turn, trailers);
  }

  /** The connection is over. */
  endAll(): void {
    for (const stream of this.#open.values()) stream.isSendClosed = stream.isReceiveClosed = true;
    this.#open.clear();
  }

  /** So many bytes have come, of whatever stream. Throws Http2Error where that was more than the connection's window. */
  received(length: number): void {
    this.#receiveWindow -= length;
    if (this.#receiveWindow < 0) {
      throw new Http2Error(
        Http2Code.flowControlError,
        'Cannot take DATA: it is more than the connection has a window for',
      );
    }
  }

  /** Bytes of no stream, or of one that is over, need no room any more. */
  giveBackConnection(size: number): void {
    this.#unreturned += size;
    if (this.#unreturned < this.#connectionWindow / 2) return;
    this.#writer.windowUpdate(0, this.#unreturned);
    this.#receiveWindow += this.#unreturned;
    this.#unreturned = 0;
  }

  /** Bytes of a stream need no room any more. */
  giveBack(stream: ServerStream<Turn>, size: number): void {
    this.giveBackConnection(size);
    if (stream.isReceiveClosed) return;
    stream.unreturned += size;
    if (stream.unreturned < this.#streamWindow / 2) return;
    this.#writer.windowUpdate(stream.id, stream.unreturned);
    stream.receiveWindow += stream.unreturned;
    stream.unreturned = 0;
  }

  /** WINDOW_UPDATE of the connection. */
  openConnection(increment: number): void {
    this.sendWindow += increment;
    if (this.sendWindow > maxWindow) throw tooLargeWindow();
    this.#sink.connectionWindowOpened();
  }

  /** WINDOW_UPDATE of a stream. */
  openStream(stream: ServerStream<Turn>, increment: number): void {
    stream.sendWindow += increment;
    if (stream.sendWindow > maxWindow) this.fail(stream, Http2Code.flowControlError);
    else if (stream.turn !== undefined && !stream.isSendClosed) this.#sink.windowOpened(stream.turn);
  }

  /** SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113 §6.9.2): it changes what may be sent on all streams. */
  changeFirstWindow(size: number): void {
    const more = size - this.#firstSendWindow;
    this.#firstSendWindow = size;
    if (more === 0) return;
    this.#guard.windows(this.#open.size);
    for (const stream of this.#open.values()) {
      stream.sendWindow += more;
      if (stream.sendWindow > maxWindow) throw tooLargeWindow();
    }
    if (more < 0) return;
    for (const stream of [...this.#open.values()]) {
      if (stream.turn !== undefined && !stream.isSendClosed) this.#sink.windowOpened(stream.turn);
    }
  }

  #over(stream: ServerStream<Turn>, how: typeof Closed.byUs | typeof Closed.byPeer): void {
    this.#open.delete(stream.id);
    this.#closed.note(stream.id, how);
    stream.isReset = stream.isSendClosed = stream.isReceiveClosed = true;
    this.giveBackConnection(stream.unread);
    stream.unread = 0;
  }
}

function tooLargeWindow(): Http2Error {
  return new Http2Error(Http2Code.flowControlError, `Cannot open a window: it would be larger than ${maxWindow}`);
}
