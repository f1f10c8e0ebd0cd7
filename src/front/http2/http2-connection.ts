import type { Socket } from 'node:net';
import { PeerError, type ProtocolError } from '../../core/errors.ts';
import type { ConnectionFacts } from '../../core/exchange.ts';
import type { HeaderList } from '../../core/headers.ts';
import { type ConnectionTimeouts, sendBufferSize, stopLastCallMs } from '../../core/limits.ts';
import { Http2Code } from '../../protocol/http2/codes.ts';
import { Http2Error } from '../../protocol/http2/http2-error.ts';
import { Http2ServerCodec } from '../../protocol/http2/server-codec.ts';
import type { Http2RequestHead, Http2ServerSink, Http2Stream } from '../../protocol/http2/server-sink.ts';
import type { ClientConnection, ConnectionContext } from '../connection-context.ts';
import type { HeldOutput } from '../held-writes.ts';
import type { IdleConnection } from '../idle-ending.ts';
import type { ListenerSettings } from '../listener-settings.ts';
import { SlownessCheck } from '../slowness-check.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { Http2Turn, noHead, type StreamConnection } from './http2-turn.ts';
import { SendOrder, sliceSize } from './send-order.ts';
import type { SendQueue } from './send-queue.ts';

/** One HTTP/2 client connection: requests as they come, each on a stream of its own. */
export class Http2Connection
  implements ClientConnection, IdleConnection, HeldOutput, StreamConnection, Http2ServerSink<Http2Turn>
{
  readonly facts: ConnectionFacts;
  readonly context: ConnectionContext;
  readonly codec: Http2ServerCodec<Http2Turn>;
  isUnread = false;
  readonly #socket: Socket;
  readonly #settings: ListenerSettings;
  readonly #output: FrameBuffer;
  readonly #order: SendOrder<SendQueue> = new SendOrder();
  /** Those that are not over. */
  readonly #turns: Set<Http2Turn> = new Set();
  /** Those whose body may be asked for before it is here, and that came with the bytes that are being read. */
  #unstarted: Http2Turn[] = [];
  /** Those that are over, but whose apps still make bodies that are not sent. */
  readonly #exhausting: Set<Http2Turn> = new Set();
  /** Came while the client had too many answers to take. */
  #unreceived: Buffer | undefined;
  readonly #openedAt: number;
  readonly #slowness: SlownessCheck;
  #requests = 0;
  /** Since when there is no turn. */
  #restingSince: number;
  /** Since when a field section is not complete, as far as sweeps have seen it. */
  #sectionSince: number | undefined;
  #tickedAt: number;
  /** `announced`: the client was told to go, but not yet what is the last stream that is served (RFC 9113 §6.8). */
  #leaving: 'no' | 'announced' | 'final' = 'no';
  #announcedAt = 0;
  /** Our side has ended: what still comes is thrown away until the client closes too. */
  #lingering = false;
  #lingerTimeout: 'lingerMs' | 'halfClosedMs' = 'lingerMs';
  #hasPeerEnded = false;
  /** The client has ended its side behind what is not read yet. */
  #isEndUnread = false;
  #closed = false;

  constructor(socket: Socket, facts: ConnectionFacts, context: ConnectionContext, settings: ListenerSettings) {
    const { coarseNow } = context;
    this.#socket = socket;
    this.facts = facts;
    this.context = context;
    this.#settings = settings;
    this.#openedAt = coarseNow;
    this.#restingSince = coarseNow;
    this.#tickedAt = coarseNow;
    this.#slowness = new SlownessCheck(socket, settings.timeouts, coarseNow);
    this.#output = new FrameBuffer(socket, context.writes, this);
    const { limits } = settings;
    const http2 = context.floods.limitsFor(facts.client.address, settings.http2Limits, coarseNow);
    this.codec = new Http2ServerCodec(this, this.#output, { limits, http2 });
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('end', () => this.#peerEnd());
    socket.on('drain', () => this.flush());
    socket.on('error', () => this.#gone());
    socket.on('close', () => this.#gone());
    this.codec.start();
  }

  get timeouts(): ConnectionTimeouts {
    return this.#settings.timeouts;
  }

  get streamWindow(): number {
    return this.#settings.http2Limits.streamWindow;
  }

  get requests(): number {
    return this.#requests;
  }

  get isBehind(): boolean {
    return this.#output.unsent > sendBufferSize;
  }

  get isFree(): boolean {
    return this.#order.size === 0 && !this.isBehind;
  }

  /** Bytes came. */
  receive(chunk: Buffer): void {
    if (this.#lingering || this.#closed) return;
    if (this.#unreceived) {
      this.#unreceived = Buffer.concat([this.#unreceived, chunk]);
      return;
    }
    try {
      const read = this.codec.receive(chunk);
      if (read < chunk.length) this.#pause(chunk.subarray(read));
    } catch (error) {
      this.#broken(error);
      return;
    }
    if (this.#unstarted.length > 0) this.#startSome();
  }

  /** The codec found a request head. */
  head(stream: Http2Stream, head: Http2RequestHead): Http2Turn | undefined {
    if (this.#lingering || this.#closed) return undefined;
    const turn = this.#begin(stream, head);
    if (!stream.isReceiveClosed) this.#unstarted.push(turn);
    return turn;
  }

  /** The codec found a request that is not taken as it is. */
  malformed(stream: Http2Stream, error: ProtocolError, method: string): Http2Turn | undefined {
    if (this.#lingering || this.#closed) return undefined;
    const turn = this.#begin(stream, { ...noHead, method });
    turn.refuse(error);
    return turn;
  }

  /** The codec found more content or trailers than it takes. */
  refused(turn: Http2Turn, error: ProtocolError): void {
    turn.refuse(error);
  }

  body(turn: Http2Turn, bytes: Uint8Array): void {
    turn.body(bytes);
    this.context.garbage.streamed(bytes.length);
  }

  end(turn: Http2Turn, trailers: HeaderList): void {
    this.#sectionSince = undefined;
    turn.end(trailers);
    if (turn.isStartable) turn.start();
  }

  reset(turn: Http2Turn, _code: Http2Code, isPeer: boolean): void {
    turn.abandon(isPeer ? 'client-closed' : 'http2-protocol');
  }

  windowOpened(turn: Http2Turn): void {
    turn.sendMore();
  }

  connectionWindowOpened(): void {
    if (this.#order.size > 0) this.#output.hold();
  }

  prioritized(turn: Http2Turn): void {
    const { queue } = turn;
    if (queue) this.#order.changed(queue);
  }

  goaway(): void {
    this.leave();
  }

  acknowledged(what: 'ping' | 'settings'): void {
    if (what === 'ping' && this.#leaving === 'announced') this.#finish();
  }

  /** Tells the client to go, and that what it sends until it knows is still served (RFC 9113 §6.8). */
  leave(): void {
    if (this.#leaving !== 'no' || this.#lingering || this.#closed) return;
    this.#leaving = 'announced';
    this.#announcedAt = this.context.now();
    this.codec.goaway(Http2Code.noError, false);
    this.codec.ping();
  }

  waits(queue: SendQueue): void {
    // Where its own window is shut, it comes again when that is opened.
    if (queue.stream.sendWindow <= 0) return;
    this.#order.add(queue);
    this.#output.hold();
  }

  over(turn: Http2Turn): void {
    this.#turns.delete(turn);
    const { queue } = turn;
    if (queue) this.#order.delete(queue);
    if (this.#turns.size > 0) return;
    this.#restingSince = this.context.coarseNow;
    if (this.#leaving === 'final' || this.#hasPeerEnded) this.#output.hold();
  }

  exhausting(turn: Http2Turn): void {
    const exhausting = this.#exhausting;
    exhausting.add(turn);
    if (exhausting.size <= this.#settings.http2Limits.maxStreams) return;
    for (const oldest of exhausting) {
      exhausting.delete(oldest);
      oldest.abandon();
      return;
    }
  }

  exhausted(turn: Http2Turn): void {
    this.#exhausting.delete(turn);
  }

  /** Sends what may be sent, at the end of a turn of the event loop and when the client has taken what was before it. */
  flush(): void {
    if (this.#closed || this.#lingering) return;
    try {
      this.#fill();
    } catch (error) {
      // Others are flushed behind it.
      this.#broken(error);
      return;
    }
    this.#output.flush();
    if (this.#unreceived && !this.codec.isFull) this.#resume(this.#unreceived);
    if (this.#turns.size > 0) return;
    if (this.#leaving === 'final' || this.#hasPeerEnded) this.#linger();
  }

  get idleSince(): number | undefined {
    if (this.#turns.size > 0 || this.#lingering || this.#closed || this.codec.isInSection) return undefined;
    return this.#output.unsent === 0 ? this.#restingSince : undefined;
  }

  get isAwaited(): boolean {
    if (this.#output.unsent > 0) return true;
    for (const turn of this.#turns) if (!turn.isAnswered) return true;
    return false;
  }

  endIdle(): void {
    if (this.idleSince === undefined || !this.#isIdleTooLong(this.context.coarseNow)) return;
    // What the client sent meanwhile is not among the streams that it is told of, so that it may send that again.
    this.#finish();
    this.#lingerTimeout = 'halfClosedMs';
    this.flush();
  }

  stop(): void {
    for (const turn of this.#turns) turn.stop();
    this.leave();
  }

  unlistened(listener: number): void {
    if (listener === this.facts.listener) this.leave();
  }

  giveUp(): 'cut' | 'refused' | 'nothing' {
    if (this.#lingering || this.#closed) return 'nothing';
    const outcomes = new Set(Array.from(this.#turns, (turn) => turn.giveUp()));
    this.#finish();
    this.flush();
    if (outcomes.has('cut')) return 'cut';
    return outcomes.has('refused') ? 'refused' : 'nothing';
  }

  /** Closes at once; the requests under way are aborted. */
  destroy(): void {
    // What was written is the client's.
    this.#output.end();
    this.#socket.destroy();
    this.#gone();
  }

  /** Ends what the client is too slow for. Called at every sweep. */
  check(now: number): void {
    const slowness = this.#slowness;
    if (this.#socket.writableLength > 0) {
      if (slowness.isSendingStuck(now)) {
        this.destroy();
        return;
      }
    } else if (this.#lingering) {
      if (slowness.isOver(this.#lingerTimeout, now)) this.destroy();
    } else if (this.#hasPeerEnded) {
      if (slowness.isOver('halfClosedMs', now)) this.destroy();
    } else {
      slowness.restart(now);
    }
    if (this.#lingering || this.#closed) return;
    this.codec.tick(now - this.#tickedAt);
    this.#tickedAt = now;
    this.#checkTurns(now);
    if (this.#leaving === 'announced' && now - this.#announcedAt >= stopLastCallMs) this.#finish();
    this.#checkHead(now);
    if (this.idleSince !== undefined && this.#isIdleTooLong(now)) this.context.idleEnding.add(this);
    if (now - this.#openedAt >= this.#settings.keepAliveTimeMs) this.leave();
  }

  #checkTurns(now: number): void {
    let unread = 0;
    for (const turn of this.#turns) unread += turn.unread;
    this.isUnread = this.#unreceived !== undefined || unread >= this.#settings.http2Limits.connectionWindow / 2;
    for (const turn of this.#turns) turn.check(now);
  }

  #checkHead(now: number): void {
    const { headMs } = this.#settings.timeouts;
    if (this.codec.isPrefaceMissing) {
      if (now - this.#openedAt >= headMs) this.#tooSlow('The preface of HTTP/2 came too slowly');
    } else if (!this.codec.isInSection || this.#unreceived) {
      this.#sectionSince = undefined;
    } else {
      this.#sectionSince ??= now;
      if (now - this.#sectionSince >= headMs) this.#tooSlow('The request head came too slowly');
    }
  }

  /** How long it was idle before a stop does not count for its last call. */
  #isIdleTooLong(now: number): boolean {
    const { stoppedAt, idleMs } = this.context;
    const mostMs = Math.min(idleMs, this.#settings.timeouts.keepAliveMs);
    return now - Math.max(this.#restingSince, stoppedAt) >= mostMs;
  }

  #begin(stream: Http2Stream, head: Http2RequestHead): Http2Turn {
    this.#sectionSince = undefined;
    this.context.requests++;
    const { keepAliveRequests, timeouts } = this.#settings;
    if (++this.#requests >= keepAliveRequests || timeouts.keepAliveMs === 0) this.leave();
    const turn = new Http2Turn(stream, head, this);
    this.#turns.add(turn);
    return turn;
  }

  #startSome(): void {
    const turns = this.#unstarted;
    this.#unstarted = [];
    for (const turn of turns) if (turn.isStartable) turn.start();
  }

  /** Reads no more until the client has taken answers: it could make us keep any number of them. */
  #pause(rest: Buffer): void {
    this.#unreceived = rest;
    this.#socket.pause();
  }

  #resume(rest: Buffer): void {
    this.#unreceived = undefined;
    this.receive(rest);
    if (this.#unreceived || this.#lingering || this.#closed) return;
    if (this.#isEndUnread) this.#peerEnd();
    else this.#socket.resume();
  }

  /** Lets those send that wait, as far as the client's windows and what it has not taken yet allow it. */
  #fill(): void {
    const order = this.#order;
    while (!this.isBehind) {
      const queue = order.next();
      if (!queue) return;
      const { stream } = queue;
      const sent = queue.sendSlice(sliceSize);
      if (queue.isWaiting) {
        order.sent(queue, sent);
        if (this.codec.sendable(stream) > 0) continue;
        // The connection's window is shut where the stream's own is not.
        if (stream.sendWindow > 0) return;
      }
      order.delete(queue);
    }
  }

  /** Takes no new streams. The connection ends with those that are open. */
  #finish(): void {
    if (this.#leaving === 'final' || this.#lingering || this.#closed) return;
    this.#leaving = 'final';
    this.codec.goaway(Http2Code.noError, true);
    this.#output.hold();
  }

  #tooSlow(message: string): void {
    this.codec.goaway(Http2Code.protocolError, true);
    this.#cut(new PeerError('request-timeout', message));
  }

  /** What the client sent cannot be read on. GOAWAY is in the output. */
  #broken(error: unknown): void {
    if (error instanceof PeerError) {
      this.#cut(error);
    } else {
      this.context.bug(error, undefined);
      this.destroy();
    }
  }

  #cut(error: PeerError): void {
    if (error.code === 'http2-flood') {
      this.context.floods.note(this.facts.client.address, this.context.coarseNow);
      this.context.refused(error.message, this.facts);
    }
    const code = error instanceof Http2Error ? 'http2-protocol' : 'client-closed';
    for (const turn of this.#turns) turn.abandon(code);
    this.#output.flush();
    this.#linger();
    if (error.code !== 'http2-flood') return;
    // What it still sends is not even read: the kernel stops it, until it has had time to see why.
    this.#socket.pause();
    this.#lingerTimeout = 'halfClosedMs';
  }

  #linger(): void {
    if (this.#lingering || this.#closed) return;
    this.#lingering = true;
    this.#abandonExhausting();
    if (this.#unreceived) this.#socket.resume();
    this.#unreceived = undefined;
    this.#slowness.restart(this.context.now());
    this.#output.end();
    this.#socket.end();
  }

  #abandonExhausting(): void {
    for (const turn of this.#exhausting) turn.abandon();
  }

  #peerEnd(): void {
    if (this.#lingering || this.#closed) return;
    if (this.#unreceived) {
      // Its end comes behind what is not read yet: a socket tells it although it is paused.
      this.#isEndUnread = true;
      return;
    }
    this.#hasPeerEnded = true;
    this.#slowness.restart(this.context.now());
    try {
      this.codec.end();
    } catch (error) {
      this.#broken(error);
      return;
    }
    this.#output.hold();
  }

  #gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#output.end();
    this.#abandonExhausting();
    for (const turn of this.#turns) turn.abandon();
    this.context.closed(this);
  }
}
