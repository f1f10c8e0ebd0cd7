import type { KeepAlivePlan } from '../../plan/upstream-plan.ts';
import { addressText, type SocketAddress } from '../member.ts';
import type { ConnectionWish, Transport } from '../transport.ts';
import { turnNow } from '../turn-clock.ts';
import type { Attempt, Sending, UpstreamRequest } from '../upstream-request.ts';
import { type ConnectionOwner, Http1Connection } from './http1-connection.ts';
import { Http1Exchange } from './http1-exchange.ts';
import { IdlePool } from './idle-pool.ts';
import { PeerConnections } from './peer-connections.ts';

/** TLS sessions of peers to which there is no connection, at most. */
const maxSessions = 256;

/** A peer ends its idle connections on time; what is sent to it that late would be lost, in milliseconds. */
const keepAliveMarginMs = 1_000;

/** Speaks HTTP/1 to peers, over connections that it keeps. */
export class Http1Transport implements Transport, ConnectionOwner {
  readonly #plan: KeepAlivePlan;
  readonly #pool: IdlePool<Http1Connection>;
  readonly #peers: Map<string, PeerConnections> = new Map();
  /** The latest peer of each address, so that no key need be made for it; of plain connections. */
  readonly #latest: WeakMap<SocketAddress, { readonly profileKey: string; readonly peer: PeerConnections }> =
    new WeakMap();
  readonly #addressTexts: WeakMap<SocketAddress, string> = new WeakMap();
  #isClosed = false;

  constructor(plan: KeepAlivePlan) {
    this.#plan = plan;
    this.#pool = new IdlePool(plan);
  }

  send(address: SocketAddress, wish: ConnectionWish, request: UpstreamRequest, attempt: Attempt): Sending {
    const peer = this.#peerOf(address, wish);
    const exchange = new Http1Exchange(request, attempt);
    const kept = this.#pool.take(peer, turnNow());
    (kept ?? new Http1Connection(peer, wish, this)).run(exchange);
    return exchange;
  }

  forget(address: SocketAddress): void {
    const text = addressText(address);
    for (const [key, peer] of this.#peers) {
      if (addressText(peer.address) !== text) continue;
      this.#peers.delete(key);
      peer.isKnown = false;
      peer.isForgotten = true;
      this.#pool.forget(peer);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#pool.close();
  }

  keeps({ peer, isKeepable, openedAt }: Http1Connection, requests: number, now: number): boolean {
    const plan = this.#plan;
    if (this.#isClosed || peer.isForgotten || !isKeepable || plan.idle === 0) return false;
    return requests < plan.requests && now - openedAt < plan.timeMs;
  }

  idle(connection: Http1Connection, keepAliveMs: number | undefined, now: number): void {
    const { timeoutMs, timeMs } = this.#plan;
    const peerMs = keepAliveMs === undefined ? timeoutMs : keepAliveMs - keepAliveMarginMs;
    connection.idleUntil = Math.min(now + Math.min(timeoutMs, peerMs), connection.openedAt + timeMs);
    if (connection.idleUntil > now) this.#pool.add(connection);
    else connection.drop();
  }

  closed(connection: Http1Connection): void {
    this.#pool.remove(connection);
    const { peer } = connection;
    if (peer.open > 0 || (peer.session && this.#peers.size <= maxSessions)) return;
    if (this.#peers.get(peer.key) === peer) this.#peers.delete(peer.key);
    peer.isKnown = false;
  }

  #peerOf(address: SocketAddress, wish: ConnectionWish): PeerConnections {
    const { profile, localAddress } = wish;
    if (profile.tls || localAddress !== undefined) return this.#peerByKey(address, wish);
    const latest = this.#latest.get(address);
    if (latest?.profileKey === profile.key && latest.peer.isKnown) return latest.peer;
    const peer = this.#peerByKey(address, wish);
    this.#latest.set(address, { profileKey: profile.key, peer });
    return peer;
  }

  #peerByKey(address: SocketAddress, { profile, tlsName, localAddress }: ConnectionWish): PeerConnections {
    let key = `${this.#textOf(address)} ${profile.key}`;
    if (profile.tls || localAddress !== undefined) key += ` ${tlsName ?? ''} ${localAddress ?? ''}`;
    const known = this.#peers.get(key);
    if (known) return known;
    const peer = new PeerConnections(key, address);
    this.#peers.set(key, peer);
    return peer;
  }

  #textOf(address: SocketAddress): string {
    const known = this.#addressTexts.get(address);
    if (known !== undefined) return known;
    const text = addressText(address);
    this.#addressTexts.set(address, text);
    return text;
  }
}
