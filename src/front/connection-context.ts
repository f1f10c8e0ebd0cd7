import type { Socket } from 'node:net';
import type { ConnectionFacts } from '../core/exchange.ts';
import type { ExchangeRecord } from '../core/exchange-record.ts';
import type { Handler } from '../core/handler.ts';
import type { Tunnel } from '../core/tunnel.ts';
import type { Upgrade } from '../core/websocket.ts';
import type { WebSocketHandshake } from '../protocol/websocket/handshake.ts';
import type { BufferGarbage } from './buffer-garbage.ts';
import type { Forwarding } from './forwarding.ts';
import type { HeldWrites } from './held-writes.ts';
import type { FloodMemory } from './http2/flood-memory.ts';
import type { IdleEnding } from './idle-ending.ts';
import type { SlownessCheck } from './slowness-check.ts';
import type { TlsHosts } from './tls/tls-hosts.ts';
import type { TunnelDone } from './tunnel-connection.ts';
import type { WebSocketContext, WebSocketDone } from './websocket-connection.ts';

/** A client connection as its front sees it. */
export interface ClientConnection {
  /** Since when it has been without a request and with nothing unsent, in coarse milliseconds; undefined where it is not. */
  readonly idleSince: number | undefined;
  /** Whether the client waits for an answer, or for what is missing of one. */
  readonly isAwaited: boolean;
  /** The front is stopping; for those that tell their client so. */
  stop?(): void;
  /** That listener is gone: a connection of it takes no request after the one under way, which may be just coming. */
  unlistened?(listener: number): void;
  /** The time for the stop is over: an answer that has begun is cut, a request without one is refused. */
  giveUp(): 'cut' | 'refused' | 'nothing';
  /** Cuts the connection at once. */
  destroy(): void;
  /** Ends what the client is too slow for. Called at every sweep, with the time in coarse milliseconds. */
  check(now: number): void;
}

/** What the connections of one front share. */
export interface ConnectionContext extends WebSocketContext {
  readonly handle: Handler;
  readonly garbage: BufferGarbage;
  readonly writes: HeldWrites;
  /** Undefined where the handler judges for itself what proxies tell of their clients. */
  readonly forwarding: Forwarding | undefined;
  /** The `date` header's value now (RFC 9110 §5.6.7). */
  readonly date: string;
  /** Whether the front is stopping: answers say `connection: close`. */
  readonly stopping: boolean;
  /** When the stop began, in milliseconds on the same clock; before that, the beginning of time. */
  readonly stoppedAt: number;
  /** How long a connection may be without a request at most, in milliseconds; at a stop shorter than its listener's. */
  readonly idleMs: number;
  readonly idleEnding: IdleEnding;
  readonly floods: FloodMemory;
  /** Undefined where no listener has TLS. */
  readonly tls: TlsHosts | undefined;
  /** Requests that began so far. */
  requests: number;
  /** The exact time in milliseconds on the same clock. */
  now(): number;
  nextRequestId(): string;
  /** Told when an exchange is over, where somebody wants to know. */
  readonly done: ((record: ExchangeRecord) => void) | undefined;
  /** A connection is closed before its first request, for that reason. */
  refused(reason: string, facts: ConnectionFacts): void;
  /** A connection speaks another protocol from now on. */
  replaced(connection: ClientConnection, next: ClientConnection): void;
  /** The connection is gone. */
  closed(connection: ClientConnection): void;
}

/** What a turn needs of its connection. */
export interface TurnConnection {
  readonly socket: Socket;
  readonly facts: ConnectionFacts;
  readonly context: ConnectionContext;
  readonly slowness: SlownessCheck;
  /** Requests that it has made so far. */
  readonly requests: number;
  /** Whether it may take another request after this one. */
  readonly isKept: boolean;
  readonly hasPeerEnded: boolean;
  /** Whether the socket is gone, or is no longer this connection's. */
  readonly isClosed: boolean;
  /** The answer is written to its end. */
  answered(keepAlive: boolean): void;
  /** Hands the socket over to a WebSocket. */
  upgrade(handshake: WebSocketHandshake, upgrade: Upgrade, done: WebSocketDone): void;
  /** Hands the socket over to a tunnel. */
  tunnel(tunnel: Tunnel, done: TunnelDone): void;
  destroy(): void;
}
