/** A client's stream of bytes in both directions, in which another protocol than HTTP is spoken: a whole socket, or one stream of HTTP/2. */
export interface ByteStream {
  /** Bytes written that the client has not taken. */
  readonly writableLength: number;
  /** All bytes written so far. */
  readonly bytesWritten: number;
  readonly writableCorked: number;
  /** The bytes must not be changed afterwards. */
  write(bytes: Uint8Array): boolean;
  cork(): void;
  uncork(): void;
  /** Our side ends behind what was written. */
  end(): unknown;
  destroy(): unknown;
  pause(): unknown;
  resume(): unknown;
  isPaused(): boolean;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end' | 'drain' | 'error' | 'close', listener: () => void): unknown;
}
