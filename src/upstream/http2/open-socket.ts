import { connect, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls } from 'node:tls';
import { proxyProtocolHeader } from '../../protocol/proxy-protocol/write.ts';
import type { SocketAddress } from '../member.ts';
import type { ConnectionWish } from '../transport.ts';

/** Begins to connect to a peer that speaks HTTP/2: over TLS if it agrees so (RFC 9113 §3.2), else because it is known to (§3.3). */
export function openSocket(address: SocketAddress, wish: ConnectionWish, session: Buffer | undefined): Socket {
  const { profile, tlsName = '', localAddress } = wish;
  const { tls, proxyProtocol, socketKeepAlive } = profile;
  const place =
    address.kind === 'unix'
      ? { path: address.path }
      : {
          host: address.host,
          port: address.port,
          noDelay: true,
          keepAlive: socketKeepAlive,
          ...(localAddress !== undefined && { localAddress }),
        };
  if (!tls) return withHeader(connect(place), wish);
  // The header goes before the handshake.
  const plain = proxyProtocol === undefined ? undefined : withHeader(connect(place), wish);
  const socket = connectTls({
    ...(plain ? { socket: plain } : place),
    secureContext: tls.secureContext,
    rejectUnauthorized: tls.verify,
    ALPNProtocols: ['h2'],
    // An address is no name (RFC 6066 §3).
    servername: tls.sendsName && isIP(tlsName) === 0 ? tlsName : '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(tlsName, certificate),
    ...(session && { session }),
  });
  plain?.on('error', (error) => socket.destroy(error));
  return socket;
}

function withHeader(socket: Socket, { profile, client }: ConnectionWish): Socket {
  if (profile.proxyProtocol !== undefined) socket.write(proxyProtocolHeader(profile.proxyProtocol, client));
  return socket;
}
