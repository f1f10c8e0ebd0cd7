import { resolve } from 'node:path';
import { acmeIssuer, contactOf, devIssuer, devNames, isDnsName } from '../config/issuers.ts';
import { hasTls, type SiteTls } from '../config/site-tls.ts';
import type { Bind } from '../core/bind.ts';
import type { CertificatePlan, ClientCertificatePlan } from '../plan/tls-plan.ts';
import type { OptionName } from './option-table.ts';
import type { GivenOptions } from './read-arguments.ts';
import { type TlsOption, tlsOptionTable } from './tls-option-table.ts';
import { UsageError } from './usage-error.ts';

/** TLS by the options of the command line; undefined where there is none. Throws UsageError. */
export function tlsOf(given: GivenOptions, binds: readonly Bind[], currentFolder: string): SiteTls | undefined {
  const ways = waysOf(given);
  const [way] = ways;
  if (way === undefined) {
    refuse(given, Object.keys(tlsOptionTable) as OptionName[], 'add --tls auto, --tls dev or --tls CERT.pem:KEY.pem');
    return undefined;
  }
  if (!binds.some(hasTls)) {
    throw new UsageError(
      `Cannot use --${given.has('bind') ? 'bind' : 'port'} without an address for TLS: Unix sockets and port 80 have none`,
    );
  }
  if (ways.length > 1 && ways.some((each) => typeof each === 'string')) {
    throw new UsageError('Cannot use --tls auto or --tls dev together with another certificate: choose one of them');
  }
  if (way !== 'auto') refuse(given, ['email', 'acme-staging'], 'it is for --tls auto');
  if (typeof way === 'string')
    refuse(given, ['keyfile', 'keyfile-password'], `it is for a certificate of yours, not for --tls ${way}`);
  if (typeof way === 'object') refuse(given, ['domain'], 'it is for --tls auto and --tls dev');
  const ciphers = given.value('ciphers');
  const clients = clientsOf(given, currentFolder);
  const shared = { ...(ciphers === undefined ? {} : { ciphers }), ...(clients === undefined ? {} : { clients }) };
  if (way === 'auto') return withTls(shared, automatic(given));
  if (way === 'dev') return withTls(shared, development(given, binds));
  const certificates = ways
    .filter((each) => typeof each === 'object')
    .map((each): CertificatePlan => {
      const [certificate, key] = [each.certificate, each.key].map((path) => resolve(currentFolder, path)) as [
        string,
        string,
      ];
      const password = given.value('keyfile-password');
      return { certificate, key, passwordFile: undefined, ...(password === undefined ? {} : { password }) };
    });
  return { tls: { ...shared, certificates }, issuers: [] };
}

/** Addresses where --tls auto stands alone: CAs look at both, and browsers come to the one first. */
export function automaticBinds(given: GivenOptions): readonly Bind[] | undefined {
  if (!given.all('tls').includes('auto') || given.has('port')) return undefined;
  const host = given.has('host') ? given.value('host') : '0.0.0.0';
  return [443, 80].map((port) => ({ kind: 'tcp', host, port }));
}

function withTls(shared: SiteTls['tls'], { tls, issuers }: SiteTls): SiteTls {
  return { tls: { ...shared, ...tls }, issuers };
}

function waysOf(given: GivenOptions): readonly TlsOption[] {
  const ways = given.all('tls').filter((each) => each !== undefined);
  const certificate = given.value('certfile');
  const key = given.value('keyfile');
  if (certificate !== undefined) return [...ways, { certificate, key: key ?? certificate }];
  if (key !== undefined && ways.every((each) => typeof each === 'object')) {
    throw new UsageError('--keyfile needs the certificate too: add --certfile FILE');
  }
  return ways;
}

function refuse(given: GivenOptions, names: readonly OptionName[], why: string): void {
  const name = names.find((each) => given.has(each));
  if (name !== undefined) throw new UsageError(`Cannot use --${name}: ${why}`);
}

function automatic(given: GivenOptions): SiteTls {
  const names = domainsOf(given);
  if (names.length === 0) {
    throw new UsageError('For which name is the certificate? Add --domain NAME, such as --domain example.com');
  }
  const wrong = names.find((name) => name.startsWith('*.') || !name.includes('.') || /^[\d.]+$/.test(name));
  if (wrong !== undefined) {
    const why = wrong.startsWith('*.')
      ? 'a wildcard is proved over DNS, which a config can say: see docs/tls.md'
      : 'no public CA gives a certificate for it; for development, write --tls dev';
    throw new UsageError(`Cannot use --domain "${wrong}" with --tls auto: ${why}`);
  }
  const issuer = acmeIssuer('letsencrypt', given.value('acme-staging'));
  const email = given.value('email');
  return {
    tls: { managed: { issuer: issuer.name, names, onDemand: undefined } },
    issuers: [{ ...issuer, contacts: email === undefined ? [] : [contactOf(email)] }],
  };
}

function development(given: GivenOptions, binds: readonly Bind[]): SiteTls {
  const issuer = devIssuer();
  const hosts = binds.flatMap((bind) =>
    bind.kind === 'tcp' && !['0.0.0.0', '::'].includes(bind.host) ? [bind.host] : [],
  );
  const names = [...new Set([...domainsOf(given), ...devNames(), ...hosts.map((host) => host.toLowerCase())])];
  return { tls: { managed: { issuer: issuer.name, names, onDemand: undefined } }, issuers: [issuer] };
}

function domainsOf(given: GivenOptions): readonly string[] {
  const names = given.all('domain').filter((each) => each !== undefined);
  const wrong = names.find((name) => !isDnsName(name));
  if (wrong !== undefined) throw new UsageError(`Cannot use --domain "${wrong}": it is no DNS name`);
  return [...new Set(names.map((name) => name.toLowerCase()))];
}

function clientsOf(given: GivenOptions, currentFolder: string): ClientCertificatePlan | undefined {
  const verify = given.value('cert-reqs');
  const authorities = given.value('ca-certs');
  if (verify === 'none') return undefined;
  if (authorities === undefined) {
    throw new UsageError(
      '--cert-reqs needs the CAs that certificates of clients are verified with: add --ca-certs FILE',
    );
  }
  // As OpenSSL counts where nobody says anything, which is what Python does.
  return { verify, depth: 100, trustedCertificate: resolve(currentFolder, authorities), crl: undefined };
}

/** What options of other servers do not mean here. */
export function tlsNotesOf(given: GivenOptions): readonly string[] {
  const notes: string[] = [];
  const version = given.value('ssl-version');
  if (version !== undefined) {
    notes.push(`--ssl-version ${version} is not used: TLS 1.2 and 1.3 are spoken, and a config can say others`);
  }
  if (given.has('ca-certs') && given.value('cert-reqs') === 'none') {
    notes.push('--ca-certs means nothing without --cert-reqs: clients are not asked for certificates');
  }
  return notes;
}
