import type { Socket } from 'node:net';
import { emptyBody } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { prefetch } from '../../core/limits.ts';
import type { Outcome } from '../../core/reply.ts';
import { isSendableCloseCode } from '../../protocol/websocket/close-codes.ts';
import { FrameReader, type FrameSink } from '../../protocol/worker/frame-reader.ts';
import { FrameWriter } from '../../protocol/worker/frame-writer.ts';
import { type CancelReason, Flag, Kind, protocolVersion } from '../../protocol/worker/kinds.ts';
import { readFields, readResponseFrame } from '../../protocol/worker/response-frame.ts';
import { readClose, readFilePart } from '../../protocol/worker/small-frames.ts';
import type { PythonInterface } from '../options.ts';
import { connectionField } from './connection-field.ts';
import { RecentExchanges } from './recent-exchanges.ts';
import { StreamTable } from './stream-table.ts';
import { type StreamCarrier, WorkerStream } from './worker-stream.ts';

/** What a worker says of itself in HELLO. */
export interface Hello {
  readonly protocol: number;
  readonly worker: number;
  readonly pid: number;
  readonly interface: PythonInterface;
  /** Requests it may have under way. */
  readonly concurrency: number;
  /** Why it could not start, with the traceback. */
  readonly failed?: string;
}

/** The weight of the latest request in the mean. */
const meanWeight = 0.1;

/** After so long without an answer what was sent ahead is stuck behind something slow, in milliseconds. */
const stuckMs = 50;

/** A worker that has requests and from which nothing came for so long is asked whether it still lives, in milliseconds. */
const silentMs = 300;
/** How long its answer may take. On a machine that is too busy for that it has more than enough to do. */
const pongMs = 500;

/** What happens on a link. */
export interface LinkEvents {
  /** The first frame came and fits. */
  hello(link: WorkerLink, hello: Hello): void;
  /** A request there has ended, after that time, so that another may be sent. */
  ended(link: WorkerLink, stream: WorkerStream, milliseconds: number): void;
  /** A request that was sent ahead came back: it wants another worker. */
  returned(link: WorkerLink, stream: WorkerStream): Promise<Outcome>;
  /** The worker died before it answered a request. Undefined where it must not be tried elsewhere. */
  retry(stream: WorkerStream): Promise<Outcome> | undefined;
  /** A worker that hung has room again. */
  recovered(): void;
  /** The app was interrupted there in a way that may have left something locked. */
  tainted(link: WorkerLink): void;
  /** The app failed: its traceback, and the request where it is known. */
  appError(link: WorkerLink, text: string, exchange: Exchange | undefined): void;
  /** The connection is gone, with the requests that were on it. The error says what was wrong with what the worker sent. */
  closed(link: WorkerLink, error: Error | undefined, lost: readonly WorkerStream[]): void;
}

/** The front's end of one connection to one worker: many requests at a time, gathered into one write per turn of the event loop. */
export class WorkerLink implements FrameSink, StreamCarrier {
  readonly #socket: Socket;
  readonly #events: LinkEvents;
  readonly #writer: FrameWriter = new FrameWriter();
  readonly #reader: FrameReader = new FrameReader(this);
  readonly #streams: StreamTable = new StreamTable();
  readonly #recent: RecentExchanges = new RecentExchanges();
  #flushing = false;
  readonly #now: () => number;
  #hello: Hello | undefined;
  /** Where the worker is in the counters, once it may have requests. */
  slot = -1;
  /** When something last came from the worker. */
  heardAt: number;
  /** How many requests it was sent lately. */
  recent = 0;
  #pingedAt: number | undefined;
  #isHung = false;
  /** How long requests take there on average, from being sent to their end, in milliseconds. */
  #meanMs = prefetch.meanMs;
  #lastEnd = 0;
  #closed = false;
  #draining = false;

  /** `now`: a monotonic clock in milliseconds. */
  constructor(socket: Socket, events: LinkEvents, now: () => number) {
    this.#socket = socket;
    this.#events = events;
    this.#now = now;
    this.heardAt = now();
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => this.#close(undefined));
    socket.on('close', () => this.#close(undefined));
  }

  /** What the worker said of itself; undefined until it did. */
  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** How many requests it may have, from all fronts together. */
  get room(): number {
    if (this.#closed || this.#draining || this.#isHung || !this.#hello) return 0;
    const { interface: called, concurrency } = this.#hello;
    return called === 'wsgi' && this.#meanMs < prefetch.meanMs ? concurrency * (1 + prefetch.perThread) : concurrency;
  }

  /** How many requests it could begin at once. */
  get concurrency(): number {
    return this.room === 0 ? 0 : (this.#hello?.concurrency ?? 0);
  }

  /** Asks for the latest requests back where none has ended for so long that they must be stuck behind others; gives how many. */
  takeBack(most: number, now: number): number {
    if (most <= 0 || now - this.#lastEnd < stuckMs) return 0;
    const oldestFirst = [...this.#streams].sort((one, other) => one.startedAt - other.startedAt);
    const streams = oldestFirst.slice(-most);
    for (const stream of streams) stream.takeBack();
    return streams.length;
  }

  /** Finds out whether the worker hangs: one that does not read would keep what it is sent for ever. Called at every sweep. */
  probe(now: number): void {
    if (this.#streams.size === 0 || now - this.heardAt < silentMs) return;
    if (this.#pingedAt === undefined) {
      this.#pingedAt = now;
      this.#writer.frame(Kind.ping, 0, 0, emptyBody);
      this.#schedule();
    } else if (now - this.#pingedAt >= pongMs) {
      this.#isHung = true;
    }
  }

  /** Whether a stream has not ended yet. */
  has(stream: WorkerStream): boolean {
    return this.#streams.get(stream.id) === stream;
  }

  stream(id: number): WorkerStream | undefined {
    return this.#streams.get(id);
  }

  get streams(): Iterable<WorkerStream> {
    return this.#streams;
  }

  /** Sends a request. The stream's `reply` is the answer. `isRetry`: another worker died while it had it. */
  request(exchange: Exchange, isRetry = false): WorkerStream {
    const { body, request } = exchange;
    const streamed = !(body instanceof Uint8Array);
    const stream = new WorkerStream(
      this.#streams.nextId(),
      exchange,
      this.#now(),
      exchange.expectsContinue,
      isRetry,
      this,
    );
    this.#streams.add(stream);
    const isWebSocket = exchange.isWebSocket && this.#hello?.interface !== 'wsgi';
    this.#writer.request(
      stream.id,
      isWebSocket ? Flag.end | Flag.webSocket : streamed ? (exchange.expectsContinue ? Flag.hold : 0) : Flag.end,
      connectionField(exchange.connection),
      request,
      streamed ? emptyBody : body,
    );
    this.#schedule();
    if (streamed) void stream.sendBody(body);
    exchange.onAbort((code) => stream.cancel(new PeerError(code, 'The client left or took too long')));
    return stream;
  }

  sendBody(stream: number, bytes: Uint8Array, end: boolean): void {
    this.#writer.body(stream, bytes, end);
    this.#schedule();
  }

  sendWindow(stream: number, credit: number): void {
    this.#writer.window(stream, credit);
    this.#schedule();
  }

  sendCancel(stream: number, reason: CancelReason): void {
    this.#writer.cancel(stream, reason);
    this.#schedule();
  }

  sendMessage(stream: number, bytes: Uint8Array, isText: boolean, more: boolean): void {
    this.#writer.frame(Kind.wsMessage, (isText ? Flag.text : 0) | (more ? Flag.more : 0), stream, bytes);
    this.#schedule();
  }

  sendClose(stream: number, code: number, reason: string, isLast: boolean): void {
    this.#writer.close(stream, code, reason, isLast);
    this.#schedule();
  }

  report(stream: WorkerStream, error: PeerError): void {
    this.#events.appError(this, error.message, stream.exchange);
  }

  /** Closes the WebSockets there with 1012: whoever wants on opens a new one elsewhere. Gives how many there were. */
  restartWebSockets(): number {
    let count = 0;
    for (const { webSocket } of this.#streams) {
      if (webSocket) count++;
      webSocket?.restart();
    }
    return count;
  }

  /** Has the worker connect to another front's socket as well. */
  invite(socket: string): void {
    this.#writer.frame(Kind.connect, 0, 0, Buffer.from(socket));
    this.#schedule();
  }

  /** Tells the worker that no request will follow: it ends what it has and exits. What it was sent ahead comes back, but at a stop. */
  drain(isStop: boolean): void {
    if (this.#draining || this.#closed) return;
    this.#draining = true;
    if (!isStop) this.takeBack(Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY);
    this.#writer.drain();
    this.#schedule();
  }

  /** Cuts the connection; the worker exits. */
  destroy(): void {
    this.#close(undefined);
  }

  frame(kind: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (!this.#hello) {
      this.#greet(kind, bytes, start, end);
      return;
    }
    const stream = this.#streams.get(id);
    const ended = (flags & Flag.end) !== 0;
    switch (kind) {
      case Kind.response: {
        if (!stream) return;
        this.#judge(stream, () => {
          const frame = readResponseFrame(bytes, start, end);
          if (frame.status < 200) throw invalidStatus(frame.status);
          stream.respond(frame, bytes.subarray(frame.bodyStart, end), ended);
        });
        if (ended) this.#end(stream);
        return;
      }
      case Kind.body:
        if (!stream) return;
        if (end > start) stream.receiveBody(bytes.subarray(start, end));
        if (ended) this.#end(stream);
        return;
      case Kind.wsMessage:
        stream?.webSocket?.receive(bytes.subarray(start, end), (flags & Flag.text) !== 0, (flags & Flag.more) !== 0);
        return;
      case Kind.wsAccept:
        if (stream) this.#judge(stream, () => stream.accept(readResponseFrame(bytes, start, end)));
        return;
      case Kind.wsClose: {
        const { code, reason } = readClose(bytes, start, end);
        if (stream) this.#closeWebSocket(stream, code, reason);
        return;
      }
      case Kind.file:
        stream?.receiveFile(readFilePart(bytes, start, end));
        return;
      case Kind.trailers:
        if (!stream) return;
        this.#judge(stream, () => stream.takeTrailers(readFields(bytes, start, end)));
        this.#end(stream);
        return;
      case Kind.inform: {
        if (!stream) return;
        this.#judge(stream, () => {
          const { status, headers } = readResponseFrame(bytes, start, end);
          if (status >= 200 || status === 101) throw invalidStatus(status);
          stream.inform(status, headers);
        });
        return;
      }
      case Kind.returned:
        if (!stream) return;
        this.#streams.delete(stream);
        stream.returned(() => this.#events.returned(this, stream));
        return;
      case Kind.window:
        if (end - start !== 4) throw new PeerError('worker-protocol', 'A WINDOW frame has the wrong length');
        stream?.credit(bytes.readUInt32LE(start));
        return;
      case Kind.abort: {
        const text = bytes.toString('utf8', start, end);
        if ((flags & Flag.tainted) !== 0) this.#events.tainted(this);
        if (text) this.#events.appError(this, text, stream?.exchange ?? this.#recent.find(id));
        stream?.fail(new PeerError('app-error', text || 'The app gave no answer'));
        if (stream) this.#end(stream);
        return;
      }
      case Kind.pong:
        return;
      default:
        throw new PeerError('worker-protocol', `A worker must not send frames of kind ${kind}`);
    }
  }

  #greet(kind: number, bytes: Buffer, start: number, end: number): void {
    if (kind !== Kind.hello) throw new PeerError('worker-protocol', 'The first frame was no HELLO');
    const hello = JSON.parse(bytes.toString('utf8', start, end)) as Hello;
    if (hello.protocol !== protocolVersion) {
      const versions = `the worker speaks version ${hello.protocol}, this Galley version ${protocolVersion}`;
      throw new PeerError('worker-protocol', `Cannot use a worker: ${versions} of the worker protocol`);
    }
    this.#hello = hello;
    this.#events.hello(this, hello);
  }

  /** Takes what the app made; what is no valid HTTP there fails that one request. */
  #judge(stream: WorkerStream, take: () => void): void {
    try {
      take();
    } catch (error) {
      if (!(error instanceof PeerError) || error.code !== 'app-response-invalid') throw error;
      this.report(stream, error);
      stream.cancel(error);
    }
  }

  #closeWebSocket(stream: WorkerStream, code: number, reason: string): void {
    if (isSendableCloseCode(code)) {
      stream.webSocket?.receiveClose(code, reason);
    } else {
      this.report(stream, new PeerError('app-response-invalid', `Cannot close a WebSocket with code ${code}`));
      stream.webSocket?.receiveClose(1011, '');
    }
  }

  #end(stream: WorkerStream): void {
    stream.end();
    this.#streams.delete(stream);
    this.#recent.add(stream);
    this.#lastEnd = this.heardAt;
    const tookMs = this.#lastEnd - stream.startedAt;
    this.#meanMs += (tookMs - this.#meanMs) * meanWeight;
    this.#events.ended(this, stream, tookMs);
  }

  #receive(chunk: Buffer): void {
    this.heardAt = this.#now();
    this.#pingedAt = undefined;
    try {
      this.#reader.receive(chunk);
      if (this.#isHung) this.#recovered();
    } catch (error) {
      if (!(error instanceof PeerError || error instanceof SyntaxError)) throw error;
      this.#close(error);
    }
  }

  #recovered(): void {
    this.#isHung = false;
    this.#events.recovered();
  }

  #schedule(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    const parts = this.#writer.take();
    if (this.#closed) return;
    if (parts.length === 1) {
      this.#socket.write(parts[0] as Uint8Array);
      return;
    }
    this.#socket.cork();
    for (const part of parts) this.#socket.write(part);
    this.#socket.uncork();
  }

  #close(cause: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    const lost = [...this.#streams];
    this.#streams.clear();
    for (const stream of lost) {
      const elsewhere = stream.mayRetry ? this.#events.retry(stream) : undefined;
      if (elsewhere) stream.answerWith(elsewhere);
      else stream.fail(new PeerError('worker-lost', 'The worker was lost while it had this request'));
    }
    this.#events.closed(this, cause, lost);
  }
}

function invalidStatus(status: number): PeerError {
  return new PeerError('app-response-invalid', `Cannot send status ${status} there`);
}
