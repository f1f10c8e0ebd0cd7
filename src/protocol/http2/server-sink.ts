import type { ProtocolError } from '../../core/errors.ts';
import type { RequestHead } from '../../core/exchange.ts';
import type { HeaderList } from '../../core/headers.ts';
import type { Http2Code } from './codes.ts';

/** A request as HTTP/2 brings it. `:authority` is `host` in its headers, where they have none; crumbs of cookies are one field. */
export interface Http2RequestHead extends RequestHead {
  readonly version: '2';
  /** Its content-length, 0 where it ends with its head; undefined where it says none. */
  readonly bodyLength: number | undefined;
  readonly expectsContinue: boolean;
  readonly hasForwarded: boolean;
  /** `:protocol` of an extended CONNECT (RFC 8441 §4): such a request is no CONNECT to a host and port. */
  readonly protocol: string | undefined;
  /** Bytes as received, compressed. */
  readonly headSize: number;
}

/** One stream as the codec knows it; whoever sends on it holds it. */
export interface Http2Stream {
  readonly id: number;
  /** Bytes of content that may be sent on it now, as far as its own window goes; below 0 where the client has made that smaller. */
  readonly sendWindow: number;
  /** RFC 9218 §4: 0 to 7, 3 where nobody says one; less is more urgent. */
  readonly urgency: number;
  readonly isIncremental: boolean;
  /** Nothing can be sent on it: it was reset by either side, or we have ended it. */
  readonly isSendClosed: boolean;
  /** Nothing more comes: the client has ended it, or it was reset. */
  readonly isReceiveClosed: boolean;
}

/**
 * Gets what a codec reads. `Turn` is what `head` made of a request: the codec keeps it with the stream until both sides have ended it.
 * It may call what sends, but not `receive`.
 */
export interface Http2ServerSink<Turn> {
  /** A request began. Undefined refuses it (REFUSED_STREAM): nothing was done, it may be sent again. */
  head(stream: Http2Stream, head: Http2RequestHead): Turn | undefined;
  /**
   * A request that is not taken as it is, but whose connection goes on: to be answered by this error's status. Its method is '' where that is
   * not known. No body follows: what comes of it is thrown away. Undefined refuses it.
   */
  malformed(stream: Http2Stream, error: ProtocolError, method: string): Turn | undefined;
  /** A request whose content or trailers are more than is taken: as for `malformed`, where its answer has not begun. */
  refused(turn: Turn, error: ProtocolError): void;
  /** A view of what was received, never empty. The client may send as much more when `consumed` was called for it. */
  body(turn: Turn, bytes: Uint8Array): void;
  /** The request's end, also where it was refused; for one without a body right after `head`. */
  end(turn: Turn, trailers: HeaderList): void;
  /** The stream is over, by the client (`isPeer`) or for what it has sent. Nothing follows. */
  reset(turn: Turn, code: Http2Code, isPeer: boolean): void;
  /** The stream may send more than before: its window was opened, or changed by settings. */
  windowOpened(turn: Turn): void;
  /** The connection's window was opened: any stream may. */
  connectionWindowOpened(): void;
  /** Urgency or incrementality have changed. */
  prioritized(turn: Turn): void;
  /** The client will answer nothing more, or goes: streams that are open are still served. */
  goaway(code: number): void;
  /** Our PING was answered, or our SETTINGS. */
  acknowledged(what: 'ping' | 'settings'): void;
}

/** Where a codec puts frames. They leave in the order of `commit`, together at the end of the turn of the event loop where that can be. */
export interface FrameOutput {
  /** A buffer with at least `size` bytes free from `offset` on. */
  reserve(size: number): { readonly buffer: Buffer; readonly offset: number };
  /** What was written since `reserve` ends at `end`. */
  commit(end: number): void;
  /** Bytes that are sent as they are, behind what was committed. They are not changed afterwards. */
  write(bytes: Uint8Array): void;
  /** Bytes that the client has not taken yet. */
  readonly unsent: number;
}
