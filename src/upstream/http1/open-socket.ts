import { connect, isIP, type NetConnectOpts, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { proxyProtocolHeader } from '../../protocol/proxy-protocol/write.ts';
import type { SocketAddress } from '../member.ts';
import type { ConnectionWish, TlsProfile } from '../transport.ts';

/** Where all sockets of the thread read into: what is there is used, or copied, before the next one reads. */
const readBuffer: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

/** What happens to a socket that is opened. */
export interface SocketEvents {
  /** It is connected, and TLS is agreed upon. */
  opened(): void;
  /** Bytes, which must be copied to be kept. Answers whether more is wanted now. */
  received(bytes: Buffer): boolean;
  /** TLS could not be agreed upon, or the peer is not who it should be. */
  refusedTls(error: Error): void;
  /** A session that can be taken up again. */
  session(session: Buffer): void;
}

/** Begins to connect to a peer. Nothing here has a time limit. */
export function openSocket(
  address: SocketAddress,
  wish: ConnectionWish,
  session: Buffer | undefined,
  events: SocketEvents,
): Socket {
  const { tls, proxyProtocol, socketKeepAlive } = wish.profile;
  const options: NetConnectOpts = {
    ...(address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port }),
    ...(address.kind === 'unix' || wish.localAddress === undefined ? undefined : { localAddress: wish.localAddress }),
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: socketKeepAlive,
    onread: {
      buffer: readBuffer,
      callback: (size: number) => events.received(readBuffer.subarray(0, size)),
    },
  };
  if (tls && proxyProtocol === undefined) return openTls(tls, wish, session, events, options);
  if (tls && proxyProtocol !== undefined) {
    // The header goes before the handshake.
    const socket = connect({ ...options, onread: undefined } as unknown as NetConnectOpts);
    socket.write(proxyProtocolHeader(proxyProtocol, wish.client));
    const secured = openTls(tls, wish, session, events, { socket, allowHalfOpen: true });
    secured.on('data', (chunk: Buffer) => {
      if (!events.received(chunk)) secured.pause();
    });
    return secured;
  }
  const socket = connect(options);
  if (proxyProtocol !== undefined) socket.write(proxyProtocolHeader(proxyProtocol, wish.client));
  socket.on('connect', () => events.opened());
  return socket;
}

function openTls(
  tls: TlsProfile,
  { tlsName = '' }: ConnectionWish,
  session: Buffer | undefined,
  events: SocketEvents,
  options: object,
): TLSSocket {
  const socket = connectTls({
    ...options,
    secureContext: tls.secureContext,
    rejectUnauthorized: tls.verify,
    // An address is no name (RFC 6066 §3).
    servername: tls.sendsName && isIP(tlsName) === 0 ? tlsName : '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(tlsName, certificate),
    ...(session && { session }),
  });
  let isSecure = false;
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (!isSecure && error.syscall !== 'connect') events.refusedTls(error);
  });
  socket.on('secureConnect', () => {
    isSecure = true;
    if (tls.verify && !socket.isSessionReused() && intermediates(socket.getPeerCertificate(true)) > tls.verifyDepth) {
      events.refusedTls(new Error(`its certificate chain has more than ${tls.verifyDepth} certificates in between`));
    } else {
      events.opened();
    }
  });
  if (tls.sessionReuse) socket.on('session', (given: Buffer) => events.session(given));
  return socket;
}

/** Certificates between a peer's own and the one that is trusted, as OpenSSL counts depth. */
export function intermediates(certificate: DetailedPeerCertificate): number {
  let count = -1;
  let at = certificate;
  while (at.issuerCertificate && at.issuerCertificate !== at) {
    at = at.issuerCertificate;
    count++;
  }
  return count;
}
