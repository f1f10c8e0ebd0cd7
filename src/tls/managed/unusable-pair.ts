import { createSecureContext } from 'node:tls';

/** Why TLS cannot be spoken with a chain and its key, PEM, as OpenSSL says it; undefined where it can. Handshakes look at all of a chain. */
export function unusablePair(certificate: string, key: string): string | undefined {
  try {
    // Without `ca` Node would have all roots of the system in it.
    createSecureContext({ cert: certificate, key, ca: [] });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
