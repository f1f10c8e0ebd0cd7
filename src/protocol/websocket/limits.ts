/** What a peer may send over one WebSocket. */
export interface WebSocketLimits {
  /** One message, all fragments together, in bytes: as received, and once more after decompression. */
  readonly maxMessageSize: number;
  /** The payload of one data frame as received, in bytes. */
  readonly maxFrameSize: number;
  /** Data frames of one message. */
  readonly maxFragments: number;
}
