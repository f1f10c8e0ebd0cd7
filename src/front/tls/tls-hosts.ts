import type { ConnectionFacts } from '../../core/exchange.ts';
import type { ClientHello } from '../../protocol/tls/client-hello.ts';
import type { TlsHost } from '../../tls/tls-host.ts';
import type { ClientCertificateMaterial } from '../../tls/tls-material.ts';

/** How a client's handshake is made. */
export interface TlsChoice {
  readonly host: TlsHost;
  /** The rules for its certificate. */
  readonly clients: ClientCertificateMaterial | undefined;
  /** The handshake proves something to a CA and is all there is: nobody speaks HTTP after it. */
  readonly isProof?: boolean;
}

/** Knows the virtual servers of a front by the names that clients ask for. */
export interface TlsHosts {
  /** Undefined refuses the handshake. It may take as long as a certificate for the name is got on demand. */
  choose(facts: ConnectionFacts, hello: ClientHello): TlsChoice | undefined | Promise<TlsChoice | undefined>;
}
