import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createSecureContext, createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { Log, LogLevel } from '../../src/observe/log.ts';
import type { AcmeIssuerPlan, IssuerPlan, ManagedCertificatePlan } from '../../src/plan/tls-plan.ts';
import type { Clock } from '../../src/tls/managed/clock.ts';
import { ManagedCertificates } from '../../src/tls/managed/managed-certificates.ts';
import type { ManagedSite } from '../../src/tls/supervision/certificate-source.ts';
import type { AcmeChallenges, CertificateMaterial } from '../../src/tls/tls-material.ts';
import { quickClock } from './quick-clock.ts';
import { until } from './until.ts';

/** Only what certificates are got by is in it. */
export function managedSite(
  issuers: readonly IssuerPlan[],
  managed: readonly ManagedCertificatePlan[],
  listeners: ManagedSite['listeners'] = [listener(80, false), listener(443, true)],
): ManagedSite {
  const servers = managed.map((each) => ({ tls: { managed: each } })) as unknown as ManagedSite['servers'];
  return { issuers, servers, listeners };
}

export function listener(port: number, tls: boolean): ManagedSite['listeners'][number] {
  const bind = { kind: 'tcp', host: '0.0.0.0', port } as const;
  const rest = { takesProxyProtocol: false, http2: false, ipv6Only: false, backlog: undefined };
  return { bind, tls, servers: [0], defaultServer: 0, ...rest };
}

/** An issuer whose directory is not asked unless it is given. */
export function acmeIssuer(folder: string, changes: Partial<AcmeIssuerPlan> = {}): AcmeIssuerPlan {
  return {
    kind: 'acme',
    name: 'ca',
    directory: 'https://127.0.0.1:1/dir',
    contacts: [],
    acceptsTerms: true,
    folder,
    challenges: ['http-01', 'tls-alpn-01', 'dns-01'],
    dnsHook: undefined,
    trustedCertificate: undefined,
    externalAccount: undefined,
    keyType: 'p256',
    profile: undefined,
    ...changes,
  };
}

/** ManagedCertificates, whose time is quick, and what they say. */
export class ManagedStage implements Disposable {
  readonly certificates: ManagedCertificates;
  /** `LEVEL MESSAGE` */
  readonly lines: string[] = [];
  challenges: AcmeChallenges = { http: [], tlsAlpn: [] };

  constructor(clock: Clock = quickClock(20)) {
    const line = (level: LogLevel) => (message: string) => void this.lines.push(`${level} ${message}`);
    const log: Log = { error: line('error'), warn: line('warn'), info: line('info'), debug: line('debug') };
    const challengesChanged = (challenges: AcmeChallenges): void => {
      this.challenges = challenges;
    };
    this.certificates = new ManagedCertificates({ log, clock, challengesChanged });
  }

  /** Makes a site the one in use; returns what its first server has. */
  async use(site: ManagedSite): Promise<() => CertificateMaterial | undefined> {
    const coming = await this.certificates.prepare(site);
    coming.keep();
    return () => coming.certificateOf(0);
  }

  /** The certificate of the first server of a site, once it is there. */
  async obtained(site: ManagedSite): Promise<CertificateMaterial> {
    const current = await this.use(site);
    return await this.until(current);
  }

  /** The value, once there is one: within a minute. */
  async until<Value>(value: () => Value | undefined): Promise<Value> {
    let found: Value | undefined;
    const isThere = (): boolean => {
      found = value();
      return found !== undefined;
    };
    await until(isThere, () => `what is looked for; the log says\n${this.lines.join('\n')}`, 60_000);
    return found as Value;
  }

  /** Waits for a line of the log. */
  async said(pattern: RegExp): Promise<string> {
    return await this.until(() => this.lines.find((line) => pattern.test(line)));
  }

  [Symbol.dispose](): void {
    this.certificates.close();
  }
}

/** Answers a CA as front threads do. */
export class ChallengeServers implements AsyncDisposable {
  readonly #http: Server;
  readonly #tls: TlsServer;

  constructor(challenges: () => AcmeChallenges) {
    this.#http = createServer((request, response) => {
      const token = request.url?.replace('/.well-known/acme-challenge/', '');
      const proof = challenges().http.find((each) => each.token === token);
      response.writeHead(proof ? 200 : 404).end(proof?.keyAuthorization);
    });
    this.#tls = createTlsServer({
      ALPNProtocols: ['acme-tls/1'],
      SNICallback: (name, done) => {
        const proof = challenges().tlsAlpn.find((each) => each.name === name);
        if (proof) done(null, createSecureContext({ cert: proof.certificate, key: proof.key }));
        else done(new Error(`no proof for ${name}`));
      },
    });
    this.#tls.on('tlsClientError', () => undefined);
  }

  async listen(httpPort: number, tlsPort: number): Promise<void> {
    await Promise.all([
      once(this.#http.listen(httpPort, '127.0.0.1'), 'listening'),
      once(this.#tls.listen(tlsPort, '127.0.0.1'), 'listening'),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#http.closeAllConnections();
    await Promise.all([once(this.#http.close(), 'close'), once(this.#tls.close(), 'close')]);
  }
}
