import type { ConnectionFacts } from '../core/exchange.ts';
import type { SocketAddress } from './member.ts';
import type { Attempt, Sending, UpstreamRequest } from './upstream-request.ts';

/** How connections to peers are made; one object for each location that proxies, so that connections are kept by it. */
export interface ConnectionProfile {
  /** Profiles with the same key make the same connections. */
  readonly key: string;
  readonly protocol: 'http1' | 'http2';
  readonly tls: TlsProfile | undefined;
  readonly socketKeepAlive: boolean;
  readonly proxyProtocol: 1 | 2 | undefined;
}

/** TLS towards a peer, with all files read. */
export interface TlsProfile {
  /** Options of `tls.connect` that are the same for every connection: context, verification. */
  readonly secureContext: import('node:tls').SecureContext;
  /** Of all files that were read. */
  readonly digest: string;
  readonly sendsName: boolean;
  readonly verify: boolean;
  /** Certificates between a peer's own and the trusted one at most. */
  readonly verifyDepth: number;
  readonly sessionReuse: boolean;
}

/** What is of one request and not of its location. */
export interface ConnectionWish {
  readonly profile: ConnectionProfile;
  /** The name that a certificate is checked for, and that is sent; without a port. */
  readonly tlsName: string | undefined;
  readonly localAddress: string | undefined;
  /** The client, for the PROXY protocol. */
  readonly client: ConnectionFacts;
}

/** Sends requests to peers over connections that it keeps. One for each upstream of a front thread. */
export interface Transport {
  /** Throws where nothing can be sent at all; the attempt may not have been told then that it has ended. */
  send(address: SocketAddress, wish: ConnectionWish, request: UpstreamRequest, attempt: Attempt): Sending;
  /** The peer is gone: its idle connections end, others when they become idle. */
  forget(address: SocketAddress): void;
  /** No connection is kept any more. What is under way goes on. */
  close(): void;
}
