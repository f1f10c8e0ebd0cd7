import type { Socket } from 'node:net';
import { emptyBody } from '../../core/body.ts';
import { type ErrorCode, PeerError } from '../../core/errors.ts';
import type { HeaderList } from '../../core/headers.ts';
import { coalescedBodySize, httpLimits, proxyLimits } from '../../core/limits.ts';
import {
  type ClientLimits,
  Http1ClientCodec,
  type Http1ResponseHead,
  type ResponseSink,
} from '../../protocol/http1/client-codec.ts';
import type { ConnectionWish } from '../transport.ts';
import { turnNow } from '../turn-clock.ts';
import { UpstreamFailure, type UpstreamStage } from '../upstream-request.ts';
import { BodySender, type BodySenderEvents } from './body-sender.ts';
import type { ExchangeCarrier, Http1Exchange } from './http1-exchange.ts';
import { agreesOn, Http1Tunnel } from './http1-tunnel.ts';
import type { IdleConnection } from './idle-pool.ts';
import { openSocket, type SocketEvents } from './open-socket.ts';
import { writeRequest } from './output.ts';
import type { PeerConnections } from './peer-connections.ts';
import { SilenceTimer } from './silence-timer.ts';

const limits: ClientLimits = {
  ...httpLimits,
  maxFieldSize: Number.MAX_SAFE_INTEGER,
  maxFieldCount: proxyLimits.maxFieldCount,
  maxBodySize: Number.MAX_SAFE_INTEGER,
  maxChunkOverhead: Number.POSITIVE_INFINITY, // a stream of events may go on for days
  maxInterim: proxyLimits.maxInterim,
};

/** Who has a connection. */
export interface ConnectionOwner {
  /** Whether it may be kept, after so many requests. */
  keeps(connection: Http1Connection, requests: number, now: number): boolean;
  /** It waits for its next request. `keepAliveMs`: for how long at most, as the peer says. */
  idle(connection: Http1Connection, keepAliveMs: number | undefined, now: number): void;
  /** It is closed. */
  closed(connection: Http1Connection): void;
}

/** One connection to a peer, with at most one request at a time. */
export class Http1Connection implements IdleConnection, ExchangeCarrier, SocketEvents, ResponseSink, BodySenderEvents {
  readonly peer: PeerConnections;
  readonly openedAt: number = performance.now();
  /** Whether requests of others may go over it. */
  readonly isKeepable: boolean;
  idleUntil = 0;
  readonly #owner: ConnectionOwner;
  readonly #isTls: boolean;
  readonly #socket: Socket;
  readonly #codec: Http1ClientCodec = new Http1ClientCodec(this, limits);
  readonly #silence: SilenceTimer = new SilenceTimer(() => this.#silent());
  #exchange: Http1Exchange | undefined;
  #sender: BodySender | undefined;
  #tunnel: Http1Tunnel | undefined;
  #continueTimer: NodeJS.Timeout | undefined;
  #isOpen = false;
  #isClosed = false;
  #requests = 0;
  /** Something came since the request was sent. */
  #hasHeard = false;
  #isPaused = false;
  /** The request's body was not sent to its end. */
  #wasCutShort = false;

  constructor(peer: PeerConnections, wish: ConnectionWish, owner: ConnectionOwner) {
    this.peer = peer;
    this.#owner = owner;
    this.#isTls = wish.profile.tls !== undefined;
    this.isKeepable = wish.profile.proxyProtocol === undefined;
    this.#socket = openSocket(peer.address, wish, peer.session, this);
    peer.open++;
    this.#socket.on('drain', () => this.#drained());
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#broke(error));
    this.#socket.on('close', () => this.#broke(undefined));
  }

  /** Takes the next request. */
  run(exchange: Http1Exchange): void {
    this.#exchange = exchange;
    exchange.carrier = this;
    this.#requests++;
    this.#hasHeard = false;
    if (this.#isOpen) this.#begin(exchange, 0);
    else this.#silence.start(exchange.request.timeouts.connectMs, this.openedAt);
  }

  opened(): void {
    const exchange = this.#exchange;
    if (this.#isClosed || !exchange) return;
    this.#isOpen = true;
    this.#begin(exchange, performance.now() - this.openedAt);
  }

  refusedTls(error: Error): void {
    this.#fail('upstream-tls', `Cannot agree on TLS with the upstream: ${error.message}`);
  }

  session(session: Buffer): void {
    this.peer.session = session;
  }

  received(bytes: Buffer): boolean {
    if (this.#tunnel) return this.#tunnel.received(bytes);
    const exchange = this.#exchange;
    if (!exchange) {
      // Nobody asked for it (http.md 217).
      this.drop();
      return false;
    }
    this.#hasHeard = true;
    this.#silence.touch(turnNow());
    exchange.attempt.received(bytes.length);
    try {
      this.#codec.receive(bytes);
    } catch (error) {
      this.#failBy(error);
      return false;
    }
    // Whoever was told may have cancelled.
    return this.#exchange === exchange && this.#settle(exchange);
  }

  interim({ status, headers }: Http1ResponseHead): void {
    if (status === 100) this.#goOn();
    else this.#exchange?.request.inform(status, headers);
  }

  head(head: Http1ResponseHead): void {
    this.#exchange?.begin(head);
  }

  body(bytes: Uint8Array): void {
    this.#exchange?.body(bytes);
  }

  end(trailers: HeaderList): void {
    this.#exchange?.complete(trailers);
  }

  wrote(bytes: number, isTaken: boolean): void {
    const exchange = this.#exchange;
    if (!exchange) return;
    exchange.attempt.sent(bytes);
    // Where the body's source is slow, it is not the peer who is silent.
    if (isTaken) this.#silence.pause();
    else this.#silence.start(exchange.request.timeouts.sendMs, turnNow());
  }

  done(): void {
    this.#sender = undefined;
    const exchange = this.#exchange;
    if (exchange && !this.#isPaused) this.#silence.start(exchange.request.timeouts.readMs, turnNow());
  }

  broke(error: PeerError): void {
    this.#fail(error.code, error.message, this.#stage, 'cancelled');
  }

  readOn(): void {
    if (!this.#isPaused || this.#isClosed) return;
    this.#isPaused = false;
    const exchange = this.#exchange;
    if (exchange && !this.#sender) this.#silence.start(exchange.request.timeouts.readMs, turnNow());
    this.#socket.resume();
  }

  cancel(): void {
    this.#exchange = undefined;
    this.drop();
  }

  /** Closes it at once. */
  drop(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.peer.open--;
    this.#silence.close();
    this.#stopSending();
    this.#socket.destroy();
    this.#owner.closed(this);
  }

  #begin(exchange: Http1Exchange, tookMs: number): void {
    const { request, attempt } = exchange;
    const { body, bodyLength, timeouts } = request;
    attempt.connected(tookMs);
    this.#codec.begin({
      isHead: request.method === 'HEAD',
      mayUpgrade: request.upgrade !== undefined,
      maxHeadSize: request.maxHeadSize,
    });
    if (bodyLength === 'chunked' && request.version === '1.0') {
      this.#fail('internal-error', 'Cannot send a body of unknown length in HTTP/1.0', 'connect', 'cancelled');
      return;
    }
    const isSmall = body instanceof Uint8Array && body.length === bodyLength && body.length <= coalescedBodySize;
    const goesAlong = isSmall && !request.expectsContinue;
    try {
      attempt.sent(writeRequest(this.#socket, request, goesAlong ? (body as Uint8Array) : emptyBody));
    } catch (error) {
      this.#failBy(error, 'connect', 'cancelled');
      return;
    }
    this.#silence.start(timeouts.readMs, turnNow());
    if (goesAlong || bodyLength === undefined) return;
    this.#sender = new BodySender(this.#socket, body, bodyLength, request.trailers, this);
    if (!request.expectsContinue) this.#sender.start();
    else this.#continueTimer = setTimeout(() => this.#goOn(), proxyLimits.continueTimeoutMs).unref();
  }

  /** The body need not wait any longer. */
  #goOn(): void {
    clearTimeout(this.#continueTimer);
    this.#continueTimer = undefined;
    this.#sender?.start();
  }

  /** Does what the bytes that were read lead to. Answers whether more is wanted now. */
  #settle(exchange: Http1Exchange): boolean {
    const { head } = exchange;
    if (!head) return true;
    if (head.status === 101) return this.#switch(exchange, head);
    // A peer that refuses does not want the body (RFC 9112 §9.3); one that answers while it reads does.
    if (this.#sender && (head.status >= 300 || !this.#sender.isStarted)) {
      this.#stopSending();
      this.#silence.start(exchange.request.timeouts.readMs, performance.now());
    }
    if (exchange.isComplete) {
      this.#finish(exchange, head);
      exchange.deliver(head);
      return true;
    }
    exchange.deliver(head);
    if (!exchange.isFull) return true;
    this.#isPaused = true;
    this.#silence.pause();
    return false;
  }

  #finish(exchange: Http1Exchange, head: Http1ResponseHead): void {
    const now = turnNow();
    this.#exchange = undefined;
    const isKept =
      head.persists &&
      exchange.request.keepsConnection &&
      !this.#wasCutShort &&
      !this.#sender &&
      !this.#codec.hasKept &&
      this.#socket.writableLength === 0 &&
      this.#owner.keeps(this, this.#requests, now);
    if (isKept) {
      // TLS gives what it has decrypted also after it was asked to stop.
      this.readOn();
      this.#silence.pause();
      this.#owner.idle(this, head.keepAliveMs, now);
    } else {
      this.drop();
    }
    exchange.ended('complete');
  }

  #stopSending(): void {
    clearTimeout(this.#continueTimer);
    this.#continueTimer = undefined;
    if (!this.#sender) return;
    this.#wasCutShort = true;
    this.#sender.stop();
    this.#sender = undefined;
  }

  #switch(exchange: Http1Exchange, head: Http1ResponseHead): boolean {
    if (!agreesOn(exchange.request.upgrade, head.upgrade) || this.#sender) {
      const what = this.#sender ? 'within the body of the request' : 'to something else';
      const message = `Cannot use the answer of the upstream: it upgrades ${what}`;
      this.#fail('upstream-response-invalid', message, 'head');
      return false;
    }
    const tunnel = new Http1Tunnel(this.#socket, exchange, head.headers, this.#codec.takeKept(), {
      active: () => this.#silence.touch(turnNow()),
      close: () => this.cancel(),
    });
    this.#tunnel = tunnel;
    this.#silence.start(exchange.request.timeouts.readMs, turnNow());
    exchange.switched(tunnel);
    return false;
  }

  #drained(): void {
    if (this.#tunnel) this.#tunnel.drained();
    else this.#sender?.drained();
  }

  #ended(): void {
    if (this.#tunnel) {
      this.#tunnel.ended();
      return;
    }
    const exchange = this.#exchange;
    if (!exchange || !this.#isOpen) {
      if (exchange) this.#broke(undefined);
      else this.drop();
      return;
    }
    try {
      this.#codec.end();
    } catch (error) {
      this.#failBy(error);
      return;
    }
    this.#settle(exchange);
  }

  #broke(error: NodeJS.ErrnoException | undefined): void {
    if (this.#isClosed) return;
    if (this.#tunnel) this.#tunnel.broke();
    else if (!this.#exchange) this.drop();
    else if (!this.#isOpen) this.#failToConnect(error);
    else if (error?.code === 'ETIMEDOUT') this.#fail('upstream-timeout', describe(error));
    else this.#fail(this.#exchange.head ? 'upstream-incomplete' : 'upstream-closed', describe(error));
  }

  #failToConnect(error: NodeJS.ErrnoException | undefined): void {
    const isHandshake = this.#isTls && error?.syscall !== 'connect';
    const code =
      error?.code === 'ETIMEDOUT' ? 'upstream-connect-timeout' : isHandshake ? 'upstream-tls' : 'upstream-refused';
    this.#fail(code, `Cannot connect to the upstream: ${error?.message ?? 'the connection was closed'}`);
  }

  #silent(): void {
    if (this.#tunnel) this.#tunnel.broke();
    else if (!this.#isOpen) this.#fail('upstream-connect-timeout', 'Cannot connect to the upstream: it took too long');
    else this.#fail('upstream-timeout', `The upstream was silent for too long (${this.#stage})`);
  }

  get #stage(): UpstreamStage {
    if (!this.#isOpen) return 'connect';
    if (this.#exchange?.head) return 'body';
    return this.#sender?.isStarted ? 'send' : 'head';
  }

  #failBy(error: unknown, stage: UpstreamStage = this.#stage, how: 'failed' | 'cancelled' = 'failed'): void {
    if (error instanceof PeerError) this.#fail(error.code, error.message, stage, how);
    else this.#fail('internal-error', `Cannot take the answer of the upstream: ${error}`, stage, 'cancelled');
  }

  /** `how`: `cancelled` where it is not the peer's fault. */
  #fail(
    code: ErrorCode,
    message: string,
    stage: UpstreamStage = this.#stage,
    how: 'failed' | 'cancelled' = 'failed',
  ): void {
    const exchange = this.#exchange;
    const isStaleConnection = this.#requests > 1 && !this.#hasHeard && code === 'upstream-closed';
    this.#exchange = undefined;
    this.drop();
    exchange?.fail(new UpstreamFailure(code, message, stage, { isStaleConnection }), isStaleConnection ? 'stale' : how);
  }
}

function describe(error: NodeJS.ErrnoException | undefined): string {
  return `The upstream closed the connection${error ? `: ${error.message}` : ''}`;
}
