/** The worker protocol's version; both sides must have the same. */
export const protocolVersion = 2;

/** Frame kinds, as frame.md numbers them. */
export const Kind = {
  request: 1,
  body: 2,
  cancel: 3,
  window: 4,
  drain: 5,
  wsMessage: 6,
  wsClose: 7,
  connect: 8,
  ping: 9,
  hello: 16,
  response: 17,
  inform: 18,
  trailers: 19,
  abort: 20,
  returned: 21,
  wsAccept: 22,
  file: 23,
  pong: 24,
} as const;

/** Frame flags. */
export const Flag = { end: 1, hold: 2, text: 4, more: 8, webSocket: 16, tainted: 32 } as const;

/** Why the front cancels a request. */
export const CancelReason = { clientLeft: 1, deadline: 2, stopping: 3, takenBack: 4 } as const;

export type CancelReason = (typeof CancelReason)[keyof typeof CancelReason];

/** Bytes before a frame's payload. */
export const frameHeaderSize = 12;

/** The longest payload that a frame may have, in bytes. */
export const maxPayloadSize: number = 1024 * 1024;

/** The longest piece of a body in one BODY frame, in bytes. */
export const maxBodyPiece: number = 64 * 1024;

/** What each direction of a stream may send before the receiver gives credit, in bytes. */
export const initialWindow: number = 256 * 1024;
