import { tlsDefaults } from '../config/tls-defaults.ts';
import type { Exchange } from '../core/exchange.ts';
import { HeaderList } from '../core/headers.ts';
import type { Reply } from '../core/reply.ts';
import { TlsHost } from '../tls/tls-host.ts';
import type { AcmeChallenges } from '../tls/tls-material.ts';

const path = '/.well-known/acme-challenge/';

/** RFC 8737 §6.2. */
export const acmeProtocol = 'acme-tls/1';

/** Shows a CA that names are ours, on every server and before anything that a config says of the path. */
export class AcmeAnswers {
  #tokens: ReadonlyMap<string, string> = new Map();
  #hosts: ReadonlyMap<string, TlsHost> = new Map();

  set({ http, tlsAlpn }: AcmeChallenges): void {
    this.#tokens = new Map(http.map(({ token, keyAuthorization }) => [token, keyAuthorization]));
    this.#hosts = new Map(tlsAlpn.map(({ name, certificate, key }) => [name, challengeHost(name, certificate, key)]));
  }

  /** The answer to a CA that asks by HTTP (RFC 8555 §8.3); undefined for all other requests. */
  reply({ request }: Exchange): Reply | undefined {
    if (this.#tokens.size === 0 || !request.path.startsWith(path)) return undefined;
    const keyAuthorization = this.#tokens.get(request.path.slice(path.length));
    if (keyAuthorization === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined;
    const headers = HeaderList.of([['content-type', 'application/octet-stream']]);
    return { status: 200, headers, body: Buffer.from(keyAuthorization, 'latin1') };
  }

  /** The handshake for a CA that asks by TLS (RFC 8737); undefined where nobody waits for it. */
  host(name: string): TlsHost | undefined {
    return this.#hosts.get(name);
  }
}

function challengeHost(name: string, certificate: string, key: string): TlsHost {
  const material = {
    id: `${acmeProtocol} ${name}`,
    plan: { ...tlsDefaults, sessionTickets: false },
    certificates: [{ certificate, key, ocspResponse: undefined }],
    dhParameters: undefined,
    ticketKey: new Uint8Array(48),
    clients: undefined,
    isOnDemand: false,
  };
  return new TlsHost(material, [acmeProtocol]);
}
