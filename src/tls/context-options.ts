import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import { mayResume } from './client/client-rules.ts';
import type { TlsMaterial } from './tls-material.ts';

/** What a SecureContext of a server is made of. */
export function contextOptions(material: TlsMaterial): SecureContextOptions {
  const { plan, certificates, clients, dhParameters, ticketKey } = material;
  const [lowest] = plan.versions;
  const highest = plan.versions.at(-1);
  const options: SecureContextOptions = {
    cert: certificates.map(({ certificate }) => certificate),
    key: certificates.map(({ key }) => key),
    // Without this Node has all roots of the system there: clients' certificates would be checked by them, and the chain that is sent
    // looked for among them in every handshake.
    ca: clients?.trusted === undefined ? [] : [clients.trusted],
    honorCipherOrder: plan.prefersServerCiphers,
    ecdhCurve: plan.groups ?? 'auto',
    secureOptions:
      constants.SSL_OP_NO_RENEGOTIATION |
      // A client that has ChaCha20 first has no AES in hardware: that goes before our order.
      constants.SSL_OP_PRIORITIZE_CHACHA |
      (plan.sessionTickets && mayResume(clients) ? 0 : constants.SSL_OP_NO_TICKET),
    sessionTimeout: Math.max(1, Math.min(Math.round(plan.sessionTimeoutMs / 1_000), 2 ** 31 - 1)),
    ticketKeys: Buffer.from(ticketKey),
    // OpenSSL takes 32 bytes, and wants some where clients have certificates.
    sessionIdContext: clients ? clients.digest.slice(0, 32) : 'galley',
  };
  if (lowest && highest) {
    options.minVersion = lowest;
    options.maxVersion = highest;
  }
  if (plan.ciphers !== undefined) options.ciphers = plan.ciphers;
  if (dhParameters !== undefined) options.dhparam = dhParameters;
  if (clients?.crl !== undefined) options.crl = clients.crl;
  return options;
}
