import type { Body } from './body.ts';
import type { ErrorCode } from './errors.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import type { HeaderList } from './headers.ts';
import type { Reply } from './reply.ts';
import type { TlsFacts } from './tls-facts.ts';

/** A validated request head. Strings are latin-1 of what was received unless said otherwise. */
export interface RequestHead {
  readonly method: string;
  /** The target in origin form (`/path?query`) or `*`, as received; an absolute-form target's path and query. */
  readonly target: string;
  /** The target's path, percent-encoded as received. */
  readonly path: string;
  /** What follows the first `?` of the target, or ''. */
  readonly query: string;
  /**
   * The path without dot segments where removing them changed something, percent-encoded again; else the same as `path`.
   * It is what apps and locations see, so that `/a/../admin` is `/admin` for both.
   */
  readonly normalizedPath: string;
  readonly version: '1.0' | '1.1' | '2' | '3';
  readonly headers: HeaderList;
  /** The request line as received, where it is not made of method, target and version: one with an absolute-form target. */
  readonly line?: string;
  /** Whether there is a field by which a proxy tells of its client; undefined where nobody has looked. */
  readonly hasForwarded?: boolean;
}

/** One end of a connection. For a Unix socket `address` is its path, or '' when it has none, and `port` 0. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** The facts of a client connection that all its requests share. */
export interface ConnectionFacts {
  /** Which of the addresses that are listened on it came in on, in the order in which they were opened. */
  readonly listener: number;
  readonly scheme: 'http' | 'https';
  /** Undefined where the client speaks without TLS to us, whatever a proxy tells. */
  readonly tls?: TlsFacts;
  readonly client: Peer;
  /** Who connected, where `client` is who a trusted proxy tells of. */
  readonly connected?: Peer;
  /** Who connected, where `client` is who it tells of by the PROXY protocol: it passes bytes on, and vouches for no field of a request. */
  readonly carrier?: Peer;
  /** Both ends of the client's connection to the proxy that has told of it by the PROXY protocol. */
  readonly proxyProtocol?: { readonly client: Peer; readonly server: Peer };
  readonly server: Peer;
  /** Counts the connections of this process. */
  readonly serial?: number;
  /** When it was accepted, in milliseconds since 1970. */
  readonly openedAt?: number;
}

/** Whoever wants to know what became of an exchange. */
export interface ExchangeObserver {
  done(record: ExchangeRecord): void;
}

/** One request and what is needed to answer it. */
export interface Exchange {
  /** Names the request in logs and error pages. */
  readonly id: string;
  readonly request: RequestHead;
  /** Changed where a trusted proxy tells of its client. */
  connection: ConnectionFacts;
  readonly body: Body;
  /** Whether the client waits for 100 (Continue) before it sends the body (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean;
  /** Whether this is a WebSocket handshake that was checked (RFC 6455 §4.2.1), so that it may be answered by an Upgrade. */
  readonly isWebSocket: boolean;
  /** The answer to a WebSocket handshake that is wrong, in place of an app's. What passes requests on passes it on as it is. */
  readonly handshakeRefusal?: Reply | undefined;
  /** Whether the client asks to go on in another protocol over HTTP/1.1 (RFC 9110 §7.8), so that it may be answered by a Tunnel. */
  readonly hasUpgrade?: boolean;
  /** When its first byte came, in milliseconds since 1970. */
  readonly startedAt?: number;
  /** Which request of its connection it is, from 1. */
  readonly connectionRequests?: number;
  /** Whether it came before the answer to the one before it was sent. */
  readonly isPipelined?: boolean;
  /** Bytes received for it so far: head and body, with framing. */
  readonly requestLength?: number;
  /** Of a chunked body: known when it has ended, empty before. */
  readonly trailers?: HeaderList;
  /** How long the request waited for a worker, in milliseconds; set by the queue. */
  queueMs: number;
  /** Told once what became of it; whoever answers may set it. */
  observer: ExchangeObserver | undefined;
  /** Set before the answer is given: the connection ends with it. */
  isLast?: boolean;
  /** Sends an interim answer (RFC 9110 §15.2). Does nothing for HTTP/1.0 and after the final answer began. */
  inform(status: number, headers: HeaderList): void;
  /** Calls back once, with why, when the client left or a deadline passed before the answer was complete. */
  onAbort(listener: (reason: ErrorCode) => void): void;
}
