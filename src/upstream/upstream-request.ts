import type { Body } from '../core/body.ts';
import { type ErrorCode, PeerError } from '../core/errors.ts';
import type { HeaderList } from '../core/headers.ts';
import type { Tunnel } from '../core/tunnel.ts';

/** A request as a peer gets it. */
export interface UpstreamRequest {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  /** All fields, `host` among them, but those of the connection and of framing: the transport adds these. */
  readonly headers: HeaderList;
  readonly body: Body;
  /** Bytes; `chunked` where they are not known; undefined for a request without a body. */
  readonly bodyLength: number | 'chunked' | undefined;
  /** Sent behind a `chunked` body: asked for when that has ended (RFC 9110 §6.5). */
  readonly trailers?: () => HeaderList;
  readonly version: '1.0' | '1.1';
  /** The connection may be kept for another request. */
  readonly keepsConnection: boolean;
  /** What the client wants to upgrade to: the value of `upgrade`. A 101 is a failure where it is undefined. */
  readonly upgrade: string | undefined;
  /** The body waits for 100 (Continue), for a time. */
  readonly expectsContinue: boolean;
  /** Says `te: trailers`. */
  readonly takesTrailers: boolean;
  readonly timeouts: UpstreamTimeouts;
  /** Largest head of an answer, in bytes. */
  readonly maxHeadSize: number;
  /** Told of interim answers but 100 and 101. */
  inform(status: number, headers: HeaderList): void;
}

/** In milliseconds; see ProxySettings. */
export interface UpstreamTimeouts {
  readonly connectMs: number;
  readonly sendMs: number;
  readonly readMs: number;
}

export type UpstreamAnswer = UpstreamReply | Tunnel;

/** A final answer of a peer. */
export interface UpstreamReply {
  readonly kind: 'reply';
  readonly status: number;
  /** '' where there is none. */
  readonly reason: string;
  readonly version: '1.0' | '1.1' | '2';
  /** End-to-end fields (RFC 9110 §7.6.1): those of the connection, and what `connection` names, are left out; `content-length` stays. */
  readonly headers: HeaderList;
  /** Bytes where all of it came with the head. A stream rejects with an {@link UpstreamFailure} where it breaks, and ends its connection when it is cancelled. */
  readonly body: Body;
  /** Known when the body has ended. */
  readonly trailers?: () => HeaderList;
}

/** How far a request had come when it failed. */
export type UpstreamStage = 'connect' | 'send' | 'head' | 'body';

/** What went wrong between Galley and a peer. */
export class UpstreamFailure extends PeerError {
  readonly stage: UpstreamStage;
  /** The connection had been used before and nothing came back over it: the peer may have closed it when the request was sent. */
  readonly isStaleConnection: boolean;
  /** Whether the peer may have got some of the request. */
  readonly wasSent: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    stage: UpstreamStage,
    how: { readonly isStaleConnection?: boolean; readonly wasSent?: boolean } = {},
  ) {
    super(code, message);
    this.stage = stage;
    this.isStaleConnection = how.isStaleConnection ?? false;
    this.wasSent = how.wasSent ?? stage !== 'connect';
  }
}

/** One attempt to get an answer of one peer: who asks sees how it goes, and can end it. Times in milliseconds of a monotonic clock. */
export interface Attempt {
  /** The connection is there; 0 milliseconds where it was kept. */
  connected(tookMs: number): void;
  /** Bytes that went out and came in, heads and framing too. */
  sent(bytes: number): void;
  received(bytes: number): void;
  /** The answer's head is there. */
  headed(): void;
  /** Bytes of its content came, without framing. */
  content(bytes: number): void;
  /** The answer, or that there is none: one of these, once, unless it was cancelled. Not while `send` is called. */
  answered(answer: UpstreamAnswer): void;
  failed(failure: UpstreamFailure): void;
  /**
   * Once, at the very end: the answer or the tunnel is over, or was cancelled, or has failed; `stale` where it failed since the connection had
   * ended before, which says nothing of the peer.
   */
  ended(how: 'complete' | 'cancelled' | 'failed' | 'stale'): void;
}

/** A request that is under way. */
export interface Sending {
  /** Nobody waits for it any more. */
  cancel(): void;
}
