import type { HeaderList } from './headers.ts';

/** One end of a connection that has become a stream of bytes, as the other end sees it. After `close` nothing follows; what still comes is ignored. */
export interface TunnelEnd {
  /** The bytes must not be changed afterwards. */
  bytes(chunk: Uint8Array): void;
  /** The other end sends no more; it may still read. */
  end(): void;
  /** The other end is gone. */
  close(): void;
  /** The other end has passed on so many more bytes of what this end gave it. */
  taken(bytes: number): void;
}

/** The connection goes on in another protocol, to which an upstream has agreed with 101 (RFC 9110 §7.8). */
export interface Tunnel {
  readonly kind: 'tunnel';
  /** All fields of the 101 answer, `upgrade` among them; `connection: upgrade` is added. */
  readonly headers: HeaderList;
  /** Joins both ends once the answer is on its way: takes the client's, gives the upstream's. Called at most once. */
  open(client: TunnelEnd): TunnelEnd;
  /** In place of `open`: the client is gone. */
  cancel(): void;
}
