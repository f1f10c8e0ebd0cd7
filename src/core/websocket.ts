import type { HeaderList } from './headers.ts';

/** What each message or piece counts beyond its bytes where they are bounded, so that empty ones are too. */
export const pieceOverhead = 64;

/** One end of an open WebSocket, as the other end sees it. After `close` nothing follows; what still comes is ignored. */
export interface WebSocketEnd {
  /** A message, or a piece of one: `more` says that it goes on. Text is UTF-8. The bytes must not be changed afterwards. */
  message(bytes: Uint8Array, isText: boolean, more: boolean): void;
  /** The other end closes, with a code of RFC 6455 §7.4: one that may be sent, or 1005 or 1006 where the client sent none. */
  close(code: number, reason: string): void;
  /** The other end has passed on so much more of what this end gave it: the bytes of its pieces, and `pieceOverhead` for each. */
  taken(amount: number): void;
}

/** A WebSocket handshake that is accepted. */
export interface Upgrade {
  /** One that the client offered. */
  readonly subprotocol: string | undefined;
  /** What the app adds to the 101 answer. */
  readonly headers: HeaderList;
  /** Joins both ends once the answer is on its way: takes the client's, gives the app's. Called at most once. */
  open(client: WebSocketEnd): WebSocketEnd;
}
