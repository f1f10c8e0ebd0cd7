import type { SocketAddress } from '../member.ts';
import type { ConnectionWish } from '../transport.ts';
import { UpstreamFailure } from '../upstream-request.ts';
import { Http2Connection, type Http2ConnectionOwner } from './http2-connection.ts';
import type { Http2Exchange } from './http2-exchange.ts';

/** Connections to one peer at a time. */
const maxConnections = 16;

/** Requests that wait for one of them to have room. */
const maxWaiting = 1_000;

/** What decides how long connections are kept. */
export interface ConnectionKeeper {
  /** Whether it may take one more request. */
  takes(connection: Http2Connection): boolean;
  /** Whether connections to it are kept when they have nothing to do. */
  keeps(peer: PeerConnections): boolean;
  /** It has nothing to do. */
  idle(connection: Http2Connection): void;
  busy(connection: Http2Connection): void;
  ended(connection: Http2Connection): void;
  /** A session of TLS that the next connection can take up. */
  keepTlsSession(peer: PeerConnections, session: Buffer): void;
  tlsSessionOf(peer: PeerConnections): Buffer | undefined;
  /** No connection is left, and nobody waits for one. */
  emptied(peer: PeerConnections): void;
}

/** The connections that are made in the same way to the same peer, and who waits for them. */
export class PeerConnections implements Http2ConnectionOwner {
  readonly address: SocketAddress;
  readonly key: string;
  readonly #wish: ConnectionWish;
  readonly #keeper: ConnectionKeeper;
  readonly #connections: Set<Http2Connection> = new Set();
  #waiting: Http2Exchange[] = [];

  constructor(key: string, address: SocketAddress, wish: ConnectionWish, keeper: ConnectionKeeper) {
    this.key = key;
    this.address = address;
    this.#wish = wish;
    this.#keeper = keeper;
  }

  /** Sends it now, or when a connection has room. */
  send(exchange: Http2Exchange): void {
    const connection = this.#waiting.length === 0 ? this.#free() : undefined;
    if (connection) {
      this.#begin(connection, exchange, true);
      return;
    }
    if (this.#waiting.length >= maxWaiting) this.#waiting = this.#waiting.filter(({ isOver }) => !isOver);
    if (this.#waiting.length >= maxWaiting) {
      exchange.fail(new UpstreamFailure('upstream-unavailable', 'Too many requests wait for the upstream', 'connect'));
      return;
    }
    this.#waiting.push(exchange);
    this.#openMore();
  }

  /** Idle connections end, others when they become idle. */
  dropAll(): void {
    for (const connection of this.#connections) if (connection.isOpen && connection.streams === 0) connection.close();
  }

  opened(connection: Http2Connection): void {
    this.#fill(false);
    this.#rest(connection);
  }

  refused(connection: Http2Connection, failure: UpstreamFailure): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) for (const exchange of this.#waiting.splice(0)) exchange.fail(failure);
    this.#checkEmpty();
  }

  roomed(connection: Http2Connection): void {
    this.#fill(true);
    this.#rest(connection);
  }

  ended(connection: Http2Connection): void {
    if (!this.#connections.delete(connection)) return;
    this.#keeper.ended(connection);
    this.#openMore();
    this.#checkEmpty();
  }

  session(session: Buffer): void {
    this.#keeper.keepTlsSession(this, session);
  }

  #begin(connection: Http2Connection, exchange: Http2Exchange, isKept: boolean): void {
    this.#keeper.busy(connection);
    exchange.begin(connection, isKept);
  }

  #free(): Http2Connection | undefined {
    for (const connection of this.#connections) {
      if (connection.hasRoom && this.#keeper.takes(connection)) return connection;
    }
    return undefined;
  }

  #fill(isKept: boolean): void {
    let at = 0;
    for (; at < this.#waiting.length; at++) {
      const exchange = this.#waiting[at] as Http2Exchange;
      if (exchange.isOver) continue;
      const connection = this.#free();
      if (!connection) break;
      this.#begin(connection, exchange, isKept);
    }
    if (at > 0) this.#waiting.splice(0, at);
    this.#openMore();
  }

  /** One at a time: those that wait may all have room on the next one. */
  #openMore(): void {
    if (this.#connections.size >= maxConnections) return;
    for (const connection of this.#connections) if (connection.isSettling) return;
    const first = this.#waiting.find(({ isOver }) => !isOver);
    if (!first) return;
    const { maxHeadSize, timeouts } = first.request;
    const limits = { maxHeadSize, connectMs: timeouts.connectMs };
    this.#connections.add(new Http2Connection(this.address, this.#wish, limits, this.#keeper.tlsSessionOf(this), this));
  }

  /** What becomes of a connection that may have nothing to do. */
  #rest(connection: Http2Connection): void {
    if (!connection.isOpen || connection.streams > 0) return;
    if (this.#keeper.takes(connection) && this.#keeper.keeps(this)) this.#keeper.idle(connection);
    else connection.close();
  }

  #checkEmpty(): void {
    if (this.#connections.size === 0 && this.#waiting.length === 0) this.#keeper.emptied(this);
  }
}
