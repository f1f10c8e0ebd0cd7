import type { Socket } from 'node:net';
import { PeerError } from '../core/errors.ts';
import type { ConnectionFacts } from '../core/exchange.ts';
import { HeaderList } from '../core/headers.ts';
import { bufferedBodySize, maxDrainSize, sendBufferSize, stopLastCallMs } from '../core/limits.ts';
import type { Tunnel } from '../core/tunnel.ts';
import type { Upgrade } from '../core/websocket.ts';
import { switchingHead } from '../protocol/http1/response.ts';
import { type Http1RequestHead, Http1ServerCodec, type RequestSink } from '../protocol/http1/server-codec.ts';
import { clientPreface } from '../protocol/http2/codes.ts';
import type { WebSocketHandshake } from '../protocol/websocket/handshake.ts';
import type { ClientConnection, ConnectionContext, TurnConnection } from './connection-context.ts';
import { releaseWrites } from './held-writes.ts';
import { Http2Connection } from './http2/http2-connection.ts';
import type { IdleConnection } from './idle-ending.ts';
import type { ListenerSettings } from './listener-settings.ts';
import { openWebSocket } from './open-websocket.ts';
import { SlownessCheck } from './slowness-check.ts';
import { TunnelConnection, type TunnelDone, tunnelHeaders } from './tunnel-connection.ts';
import { Turn } from './turn.ts';
import type { WebSocketDone } from './websocket-connection.ts';

/** Stands for a head that could not be read. */
const unreadHead: Http1RequestHead = {
  method: 'GET',
  target: '',
  path: '',
  query: '',
  normalizedPath: '',
  version: '1.1',
  headers: HeaderList.empty,
  bodyLength: 0,
  keepAlive: false,
  expectsContinue: false,
  hasUpgrade: false,
  hasForwarded: false,
  headSize: 0,
};

/** One HTTP/1 client connection: requests one after the other, each answered before the next is looked at. */
export class Connection implements ClientConnection, IdleConnection, RequestSink, TurnConnection {
  readonly socket: Socket;
  readonly facts: ConnectionFacts;
  readonly context: ConnectionContext;
  readonly slowness: SlownessCheck;
  readonly #codec: Http1ServerCodec;
  readonly #listeners: readonly [event: string, listener: (chunk: Buffer) => void][] = [
    ['data', (chunk) => this.receive(chunk)],
    ['end', () => this.#peerEnd()],
    ['drain', () => this.#advance()],
    ['error', () => this.#gone()],
    ['close', () => this.#gone()],
  ];
  readonly #settings: ListenerSettings;
  readonly #openedAt: number;
  /** How much of HTTP/2's preface is here; undefined where the client does not begin with that. */
  #prefaceSize: number | undefined;
  /** Requests that it has made. */
  #requests = 0;
  #turn: Turn | undefined;
  /** The turn before, while its app still makes a body that is not sent. */
  #exhausting: Turn | undefined;
  #advancing = false;
  /** Our side has ended: what still comes is thrown away until the client closes too. */
  #lingering = false;
  #lingerTimeout: 'lingerMs' | 'halfClosedMs' = 'lingerMs';
  #peerEnded = false;
  #closed = false;
  /** When its listener went, in coarse milliseconds. */
  #unlistenedAt: number | undefined;

  constructor(socket: Socket, facts: ConnectionFacts, context: ConnectionContext, settings: ListenerSettings) {
    this.#settings = settings;
    this.socket = socket;
    this.facts = facts;
    this.context = context;
    this.#openedAt = context.coarseNow;
    this.slowness = new SlownessCheck(socket, settings.timeouts, context.coarseNow);
    this.#codec = new Http1ServerCodec(this, settings.limits);
    this.#prefaceSize = settings.http2 && !settings.tls ? 0 : undefined;
    for (const [event, listener] of this.#listeners) socket.on(event, listener);
  }

  get requests(): number {
    return this.#requests;
  }

  get isKept(): boolean {
    const { timeouts, keepAliveRequests, keepAliveTimeMs } = this.#settings;
    if (this.#unlistenedAt !== undefined) return false;
    if (this.#requests >= keepAliveRequests || timeouts.keepAliveMs === 0) return false;
    return keepAliveTimeMs === Number.POSITIVE_INFINITY || this.context.coarseNow - this.#openedAt < keepAliveTimeMs;
  }

  get hasPeerEnded(): boolean {
    return this.#peerEnded;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Bytes came. */
  receive(chunk: Buffer): void {
    if (this.#lingering) return;
    if (this.#prefaceSize !== undefined && this.#seemsHttp2(chunk)) return;
    this.#receive(chunk);
  }

  #receive(chunk: Buffer): void {
    // A head has one deadline in all; a body has one from byte to byte.
    if (this.#turn || !this.#codec.midMessage) this.slowness.restart(this.context.coarseNow);
    try {
      this.#codec.receive(chunk);
    } catch (error) {
      this.#broken(error);
      return;
    }
    this.#advance();
  }

  /** Looks whether the client begins with HTTP/2's preface, all of which tells it (RFC 9113 §3.3). Gives whether the chunk is thereby dealt with. */
  #seemsHttp2(chunk: Buffer): boolean {
    const before = this.#prefaceSize ?? 0;
    const size = Math.min(before + chunk.length, clientPreface.length);
    this.#prefaceSize = undefined;
    const isSame =
      chunk[0] === clientPreface[before] && clientPreface.compare(chunk, 0, size - before, before, size) === 0;
    if (!isSame) {
      if (before > 0) this.#receive(clientPreface.subarray(0, before));
      return false;
    }
    if (size < clientPreface.length) {
      if (before === 0) this.slowness.restart(this.context.coarseNow);
      this.#prefaceSize = size;
      return true;
    }
    this.#speakHttp2(before > 0 ? Buffer.concat([clientPreface.subarray(0, before), chunk]) : chunk);
    return true;
  }

  #speakHttp2(received: Buffer): void {
    const { context } = this;
    this.#letGo();
    const next = new Http2Connection(this.socket, this.facts, context, this.#settings);
    context.replaced(this, next);
    if (context.stopping) next.stop();
    if (this.#unlistenedAt !== undefined) next.unlistened(this.facts.listener);
    next.receive(received);
  }

  /** The codec found a request head. */
  head(head: Http1RequestHead): void {
    this.#requests++;
    this.context.requests++;
    this.#turn = new Turn(head, this);
    this.slowness.restartBody(this.context.coarseNow);
  }

  /** The codec found a piece of the body. */
  body(bytes: Uint8Array): void {
    this.#turn?.body(bytes);
    this.context.garbage.streamed(bytes.length);
  }

  /** The codec found the request's end. */
  end(trailers: HeaderList): void {
    this.#turn?.end(trailers);
  }

  answered(keepAlive: boolean): void {
    if (keepAlive) this.#advance();
    else this.#linger();
  }

  upgrade(handshake: WebSocketHandshake, upgrade: Upgrade, done: WebSocketDone): void {
    const { context } = this;
    this.#letGo();
    const next = openWebSocket(this.socket, handshake, upgrade, context, (sent, complete) => {
      done(sent, complete);
      context.closed(next);
    });
    context.replaced(this, next);
    next.start(upgrade, this.#codec.takeKept());
    if (context.stopping) next.stop();
  }

  tunnel(tunnel: Tunnel, done: TunnelDone): void {
    const { context } = this;
    this.#letGo();
    const next = new TunnelConnection(this.socket, this.#settings.timeouts, context, (sent, sentBytes, complete) => {
      done(sent, sentBytes, complete);
      context.closed(next);
    });
    context.replaced(this, next);
    const head = switchingHead(tunnelHeaders(tunnel).with('connection', 'upgrade'));
    context.writes.hold(this.socket);
    this.socket.write(head);
    next.start(tunnel, head.length, this.#codec.takeKept(), this.#peerEnded);
  }

  /** The socket is no longer this connection's. */
  #letGo(): void {
    for (const [event, listener] of this.#listeners) this.socket.off(event, listener);
    this.#turn = undefined;
    this.#closed = true;
  }

  get idleSince(): number | undefined {
    const isIdle = !this.#turn && !this.#isInHead && !this.#lingering && !this.#closed;
    return isIdle && this.socket.writableLength === 0 ? this.slowness.since : undefined;
  }

  get isAwaited(): boolean {
    return this.#turn?.isAnswered === false || this.socket.writableLength > 0;
  }

  endIdle(): void {
    if (this.idleSince === undefined || !this.#isIdleTooLong(this.context.coarseNow)) return;
    // Nothing was said that the client must see: only what crosses our end is waited for.
    this.#lingerTimeout = 'halfClosedMs';
    this.#linger();
  }

  unlistened(listener: number): void {
    if (listener === this.facts.listener) this.#unlistenedAt = this.context.coarseNow;
  }

  giveUp(): 'cut' | 'refused' | 'nothing' {
    const turn = this.#turn;
    if (this.#lingering || this.#closed) return 'nothing';
    if (turn?.isAnswered) {
      this.#linger();
      return 'nothing';
    }
    if (!turn && !this.#isInHead) return 'nothing';
    if (!turn?.isBegun) {
      this.#broken(new PeerError('shutting-down', 'Galley is stopping'));
      return 'refused';
    }
    this.destroy();
    return 'cut';
  }

  /** Closes at once; the request under way, if any, is aborted. */
  destroy(): void {
    // What was written is the client's, also where a stream broke behind it.
    releaseWrites(this.socket);
    this.socket.destroy();
    this.#gone();
  }

  /** Ends what the client is too slow for. Called at every sweep. */
  check(now: number): void {
    const turn = this.#turn;
    const slowness = this.slowness;
    if (this.socket.writableLength > 0) {
      if (slowness.isSendingStuck(now)) this.destroy();
    } else if (this.#lingering) {
      if (slowness.isOver(this.#lingerTimeout, now)) this.destroy();
    } else if (turn && !turn.isReceived) {
      if (turn.isBodyAsked && slowness.isBodySlow(now, turn.bodySize))
        this.#tooSlow('The request body came too slowly');
    } else if (turn) {
      // Whether a client has left cannot be seen behind what is not read.
      if (this.#isBehind && slowness.isOver('bodyMs', now)) this.destroy();
      if (this.#peerEnded && slowness.isOver('halfClosedMs', now)) this.destroy();
    } else if (this.#isInHead) {
      if (slowness.isOver('headMs', now)) this.#tooSlow('The request head came too slowly');
    } else if (this.#isIdleTooLong(now)) {
      this.context.idleEnding.add(this);
    }
  }

  /** How long it was idle before a stop does not count for its last call. */
  #isIdleTooLong(now: number): boolean {
    const { stoppedAt, idleMs } = this.context;
    const unlistenedAt = this.#unlistenedAt;
    const lastCallMs = unlistenedAt === undefined ? idleMs : Math.min(idleMs, stopLastCallMs);
    const mostMs = Math.min(lastCallMs, this.#settings.timeouts.keepAliveMs);
    return now - Math.max(this.slowness.since, unlistenedAt ?? stoppedAt) >= mostMs;
  }

  /** Whether the client has sent so much behind its request that no more is read until that is answered. */
  get #isBehind(): boolean {
    return this.#codec.buffered >= bufferedBodySize;
  }

  /** Does what can be done now: starts the request, and takes up the next one once it is answered. */
  #advance(): void {
    if (this.#advancing || this.#closed || this.#lingering) return;
    this.#advancing = true;
    try {
      this.#takeTurns();
    } catch (error) {
      this.#broken(error);
    }
    this.#advancing = false;
    if (this.#closed || this.#lingering) return;
    const { socket } = this;
    const turn = this.#turn;
    const holdBack = turn?.isReceived ? this.#isBehind : turn?.isBodyFull;
    if (holdBack) socket.pause();
    else if (socket.isPaused()) socket.resume();
    if (!turn && this.#peerEnded) this.#linger();
  }

  #takeTurns(): void {
    for (;;) {
      const turn = this.#turn;
      if (!turn) return;
      if (turn.isStartable) {
        this.#exhausting?.abandon();
        this.#exhausting = undefined;
        turn.start();
      }
      if (turn.isTunnelReady) turn.openTunnel();
      if (!turn.isAnswered || this.#lingering || this.#closed) return;
      if (!turn.isReceived) {
        // Of a body that nobody wanted only so much is read for the sake of keeping the connection.
        if (turn.bodyLeft > maxDrainSize) this.#linger();
        return;
      }
      if (this.socket.writableLength > sendBufferSize) return;
      if (turn.isExhausting) this.#exhausting = turn;
      this.#turn = undefined;
      // At a stop the coarse time, which may lie as far back as the last call is long, would not do.
      this.slowness.restart(this.context.stopping ? this.context.now() : this.context.coarseNow);
      this.#codec.resume();
    }
  }

  /** Whether some of a head is here, or of what may be one. */
  get #isInHead(): boolean {
    return this.#codec.midMessage || (this.#prefaceSize ?? 0) > 0;
  }

  #tooSlow(message: string): void {
    this.#broken(new PeerError('request-timeout', message));
  }

  /** What the client sent cannot be read on: it is told so if it can be, and the connection ends. */
  #broken(error: unknown): void {
    if (!(error instanceof PeerError)) {
      this.context.bug(error, this.#turn?.exchange);
      this.destroy();
    } else if ((this.#turn ?? new Turn(unreadHead, this)).refuse(error)) {
      this.#linger();
    } else {
      this.destroy();
    }
  }

  #linger(): void {
    if (this.#lingering || this.#closed) return;
    this.#lingering = true;
    this.slowness.restart(this.context.now());
    this.socket.end();
    this.socket.resume();
  }

  #peerEnd(): void {
    this.#peerEnded = true;
    if (this.#lingering || this.#closed) return;
    if (this.idleSince !== undefined) {
      // Nothing is to be said: as in nginx, not even by TLS that nothing more comes.
      this.destroy();
      return;
    }
    this.slowness.restart(this.context.coarseNow);
    const begun = this.#prefaceSize ?? 0;
    this.#prefaceSize = undefined;
    try {
      if (begun > 0) this.#codec.receive(clientPreface.subarray(0, begun));
      if (!this.#turn?.isReceived) this.#codec.end();
    } catch (error) {
      this.#broken(error);
      return;
    }
    this.#advance();
  }

  #gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#exhausting?.abandon();
    this.#turn?.abandon();
    this.context.closed(this);
  }
}
