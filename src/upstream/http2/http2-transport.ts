import type { KeepAlivePlan } from '../../plan/upstream-plan.ts';
import { addressText, type SocketAddress } from '../member.ts';
import type { ConnectionWish, Transport } from '../transport.ts';
import type { Attempt, Sending, UpstreamRequest } from '../upstream-request.ts';
import { checkRequest } from './fields.ts';
import type { Http2Connection } from './http2-connection.ts';
import { Http2Exchange } from './http2-exchange.ts';
import { type ConnectionKeeper, PeerConnections } from './peer-connections.ts';

/** TLS sessions that are kept, at most. */
const maxTlsSessions = 256;

/** Speaks HTTP/2 to peers, many requests at a time over few connections. */
export class Http2Transport implements Transport, ConnectionKeeper {
  readonly #plan: KeepAlivePlan;
  readonly #peers: Map<string, PeerConnections> = new Map();
  /** The one that has been idle longest first. */
  readonly #idle: Map<Http2Connection, NodeJS.Timeout> = new Map();
  /** The latest one last. */
  readonly #tlsSessions: Map<string, Buffer> = new Map();
  #isClosed = false;

  constructor(plan: KeepAlivePlan) {
    this.#plan = plan;
  }

  send(address: SocketAddress, wish: ConnectionWish, request: UpstreamRequest, attempt: Attempt): Sending {
    checkRequest(request);
    const exchange = new Http2Exchange(request, attempt);
    try {
      this.#peerOf(address, wish, request).send(exchange);
    } catch (error) {
      exchange.cancel();
      throw error;
    }
    return exchange;
  }

  forget(address: SocketAddress): void {
    const text = addressText(address);
    for (const [key, peer] of this.#peers) {
      if (addressText(peer.address) !== text) continue;
      this.#peers.delete(key);
      peer.dropAll();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const peer of this.#peers.values()) peer.dropAll();
  }

  takes(connection: Http2Connection): boolean {
    const { requests, timeMs } = this.#plan;
    if (connection.requests === 0) return true;
    return connection.requests < requests && performance.now() - connection.openedAt < timeMs;
  }

  keeps(peer: PeerConnections): boolean {
    return !this.#isClosed && this.#plan.idle > 0 && this.#peers.get(peer.key) === peer;
  }

  idle(connection: Http2Connection): void {
    this.#leave(connection);
    const timer = setTimeout(() => connection.close(), this.#plan.timeoutMs).unref();
    this.#idle.set(connection, timer);
    const [longest] = this.#idle.keys();
    if (this.#idle.size > this.#plan.idle) longest?.close();
  }

  busy(connection: Http2Connection): void {
    this.#leave(connection);
  }

  ended(connection: Http2Connection): void {
    this.#leave(connection);
  }

  keepTlsSession({ key }: PeerConnections, session: Buffer): void {
    this.#tlsSessions.delete(key);
    this.#tlsSessions.set(key, session);
    const [oldest] = this.#tlsSessions.keys();
    if (this.#tlsSessions.size > maxTlsSessions && oldest !== undefined) this.#tlsSessions.delete(oldest);
  }

  tlsSessionOf({ key }: PeerConnections): Buffer | undefined {
    return this.#tlsSessions.get(key);
  }

  emptied(peer: PeerConnections): void {
    if (this.#peers.get(peer.key) === peer) this.#peers.delete(peer.key);
  }

  #peerOf(address: SocketAddress, wish: ConnectionWish, { maxHeadSize }: UpstreamRequest): PeerConnections {
    const { profile, tlsName = '', localAddress = '' } = wish;
    const key = [addressText(address), profile.key, tlsName, localAddress, maxHeadSize].join(' ');
    // A connection that tells of one client is for no other.
    if (profile.proxyProtocol !== undefined) return new PeerConnections(key, address, wish, this);
    const known = this.#peers.get(key);
    if (known) return known;
    const peer = new PeerConnections(key, address, wish, this);
    this.#peers.set(key, peer);
    return peer;
  }

  #leave(connection: Http2Connection): void {
    clearTimeout(this.#idle.get(connection));
    this.#idle.delete(connection);
  }
}
