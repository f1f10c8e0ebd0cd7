import type { SocketAddress } from '../member.ts';

/** What connections have in common that are made in the same way to the same peer. */
export class PeerConnections {
  readonly key: string;
  readonly address: SocketAddress;
  /** Connections that are open or opened. */
  open = 0;
  /** The latest TLS session, to be taken up by the next connection. */
  session: Buffer | undefined;
  /** The transport takes it for new connections. */
  isKnown = true;
  /** The peer is gone: none of them is kept. */
  isForgotten = false;

  constructor(key: string, address: SocketAddress) {
    this.key = key;
    this.address = address;
  }
}
