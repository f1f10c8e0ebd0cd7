import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { closestName } from '../../core/closest-name.ts';
import type { SitePlan } from '../../plan/site-plan.ts';
import { type AcmeIssuerPlan, makesHandshakes } from '../../plan/tls-plan.ts';
import { addressText } from '../address.ts';
import type { Config } from '../config.ts';
import { isDnsName, letsEncrypt, standardIssuer } from '../issuers.ts';
import { bindKey } from '../listeners.ts';
import type { Server, UserConfig } from '../schema/user-config.ts';
import type { Tls } from '../schema/user-tls.ts';
import { parseDuration } from '../units.ts';
import type { ConfigPath, ConfigProblem } from './conversion.ts';
import { nodesOf, valueAt } from './places.ts';
import { tlsVersions } from './tls.ts';
import { tlsObjects } from './tls-objects.ts';

/** What is wrong with TLS: certificates that are missing, and names that nobody gives one for. */
export function checkTls(user: UserConfig, config: Config, plan: SitePlan): readonly ConfigProblem[] {
  const objects = tlsObjects(user);
  return [
    ...objects.flatMap(({ path, tls }) => [...checkObject(tls, path, user)]),
    ...checkAddresses(config, plan),
    ...checkNames(user, config),
    ...checkHsts(user),
    ...checkRedirects(user, config),
  ];
}

function* checkObject(tls: Tls, path: ConfigPath, { issuers = {} }: UserConfig): Generator<ConfigProblem> {
  const { certificate, key, passwordFile, certificates, versions, clientCertificates, acme, dev } = tls;
  if (certificate !== undefined && key === undefined) {
    const message = 'The certificate has no key';
    yield { severity: 'error', path: [...path, 'certificate'], message, hint: 'add "key", which may be the same file' };
  }
  if (certificate === undefined && key !== undefined) {
    yield {
      severity: 'error',
      path: [...path, 'key'],
      message: 'The key has no certificate',
      hint: 'add "certificate"',
    };
  }
  if (passwordFile !== undefined && certificate === undefined && certificates === undefined) {
    const message = '"passwordFile" means nothing without a certificate beside it';
    yield { severity: 'warning', path: [...path, 'passwordFile'], message };
  }
  const ways = [
    ...(certificate === undefined ? [] : ['certificate']),
    ...(certificates === undefined || certificates.length === 0 ? [] : ['certificates']),
    ...(acme === undefined ? [] : ['acme']),
    ...(dev === undefined ? [] : ['dev']),
  ];
  const [first] = ways;
  const second = ways.find((each) => each === 'acme' || each === 'dev');
  if (first !== undefined && second !== undefined && first !== second) {
    const message = `The certificate comes either from "${first}" or from "${second}": there cannot be both`;
    yield { severity: 'error', path: [...path, second], message };
  }
  if (versions !== undefined) yield* checkVersions(versions, [...path, 'versions']);
  if (typeof clientCertificates === 'object') {
    const { verify = 'required', ca } = clientCertificates;
    if (ca === undefined && verify !== 'optional-no-ca') {
      const message = "Nobody's certificates are trusted: no client could be verified";
      yield { severity: 'error', path: [...path, 'clientCertificates'], message, hint: 'add "ca"' };
    }
  }
  const name = acme?.issuer;
  if (name === undefined || name === standardIssuer || Object.hasOwn(issuers, name)) return;
  const close = closestName(name, [...Object.keys(issuers), standardIssuer]);
  const hint = close === undefined ? {} : { hint: `did you mean "${close}"?` };
  yield { severity: 'error', path: [...path, 'acme', 'issuer'], message: `There is no issuer "${name}"`, ...hint };
}

function* checkVersions(versions: readonly string[], path: ConfigPath): Generator<ConfigProblem> {
  const own = tlsVersions.filter((each) => versions.includes(each));
  const [lowest, highest] = [own[0], own.at(-1)];
  if (lowest === undefined || highest === undefined) {
    yield { severity: 'error', path, message: 'Without a version there is no TLS' };
    return;
  }
  const all = tlsVersions.slice(tlsVersions.indexOf(lowest), tlsVersions.indexOf(highest) + 1);
  if (all.length === own.length) return;
  const hint = `write [${all.map((each) => `'${each}'`).join(', ')}]`;
  yield { severity: 'error', path, message: `There can be no gap between ${lowest} and ${highest}`, hint };
}

/** Whether servers have what their addresses need. */
function* checkAddresses({ servers }: Config, plan: SitePlan): Generator<ConfigProblem> {
  const listens = servers.flatMap(({ listen }) => listen);
  const secure = new Set(listens.filter(({ tls }) => tls).map(({ bind }) => bindKey(bind)));
  const standards = new Map(plan.listeners.map((each) => [bindKey(each.bind), each.defaultServer]));
  for (const [index, { listen, tls: own }] of servers.entries()) {
    const tls = plan.servers[index]?.tls;
    for (const [number, { bind, tls: isTls = false }] of listen.entries()) {
      const path = ['servers', index, 'listen', number];
      const key = bindKey(bind);
      const address = addressText(bind);
      if (!secure.has(key)) continue;
      if (!isTls) {
        const message = `Another server has TLS on ${address}: an address has it for all of its servers or for none`;
        yield { severity: 'error', path, message, hint: `write { address: '${address}', tls: true }` };
      } else if (!tls || !makesHandshakes(tls)) {
        const isStandard = standards.get(key) === index;
        const message = isStandard
          ? `There is no certificate for TLS on ${address}`
          : `There is no certificate for TLS on ${address}: clients get that of the default server there`;
        const hint = 'add "tls" with "certificate" and "key", or write tls: \'auto\'';
        yield { severity: isStandard ? 'error' : 'warning', path, message, hint };
      }
    }
    if (own === undefined || listen.some(({ bind }) => secure.has(bindKey(bind)))) continue;
    const [first] = listen;
    const message = '"tls" means nothing: the server has no address with TLS';
    const hint = `write { address: '${first === undefined ? ':443' : addressText(first.bind)}', tls: true }`;
    yield { severity: 'warning', path: ['servers', index, 'tls'], message, hint };
  }
}

/** Whether a CA gives certificates for the names that one is asked for. */
function* checkNames(user: UserConfig, { servers, issuers }: Config): Generator<ConfigProblem> {
  for (const [index, { tls, listen }] of servers.entries()) {
    const managed = tls?.managed;
    const issuer = issuers.find(({ name }) => name === managed?.issuer);
    if (managed === undefined || managed.onDemand !== undefined || issuer?.kind !== 'acme') continue;
    const places = namePlaces(user, index);
    if (places.length === 0) {
      const message = 'There are no hosts to get a certificate for';
      yield { severity: 'error', path: tlsPlace(user, index), message, hint: 'add "hosts" such as [\'example.com\']' };
      continue;
    }
    for (const { path, name, isHost } of places) {
      const problem = nameProblem(name, isHost, issuer);
      if (problem !== undefined) yield { severity: 'error', path, ...problem };
    }
    const isPublic = isLetsEncrypt(issuer) && !issuer.challenges.includes('dns-01');
    const ports = servers.flatMap((each) => each.listen.map(({ bind }) => (bind.kind === 'tcp' ? bind.port : 0)));
    if (isPublic && !ports.includes(80) && !ports.includes(443) && listen.length > 0) {
      const message = 'The CA looks at ports 80 and 443, and nothing listens there';
      const hint = "listen on ':80' as well, unless something sends one of them here";
      yield { severity: 'warning', path: tlsPlace(user, index), message, hint };
    }
  }
}

interface NamePlace {
  readonly path: ConfigPath;
  readonly name: string;
  /** It is a pattern of hosts, not meant for certificates alone. */
  readonly isHost: boolean;
}

function namePlaces(user: UserConfig, index: number): readonly NamePlace[] {
  const named = tlsObjects(user).find(({ path, tls }) => path[1] === index && tls.acme?.names !== undefined);
  const path = named === undefined ? ['servers', index, 'hosts'] : [...named.path, 'acme', 'names'];
  const names = named?.tls.acme?.names ?? user.servers?.[index]?.hosts ?? [];
  return names.map((name, number) => ({ path: [...path, number], name, isHost: named === undefined }));
}

/** Where a server says that it wants a certificate. */
function tlsPlace(user: UserConfig, index: number): ConfigPath {
  const { tls, listen = [] } = user.servers?.[index] ?? {};
  if (tls === 'auto' || (typeof tls === 'object' && tls.acme)) return ['servers', index, 'tls'];
  const number = listen.findIndex((each) => {
    if (typeof each === 'string') return false;
    return each.tls === 'auto' || (typeof each.tls === 'object' && each.tls.acme !== undefined);
  });
  return ['servers', index, 'listen', number, 'tls'];
}

function nameProblem(
  name: string,
  isHost: boolean,
  issuer: AcmeIssuerPlan,
): { readonly message: string; readonly hint?: string } | undefined {
  const hosts = 'name the hosts of the certificate in "acme": { names: [...] }, or get them with "onDemand"';
  if (name === '') return { message: 'There is no certificate for requests without a host', hint: hosts };
  if (name.startsWith('~')) return { message: `There is no certificate for the pattern "${name}"`, hint: hosts };
  if (name.endsWith('.*')) return { message: `There is no certificate for "${name}": no CA gives one`, hint: hosts };
  const plain = name.replace(/^\[(.*)\]$/, '$1');
  if (isIP(plain) !== 0) {
    if (!isHost) return undefined;
    const hint = 'where the CA does all the same, name the address in "acme": { names: [...] }';
    return { message: `Most CAs give no certificate for the IP address "${plain}"`, hint };
  }
  const domain = name.startsWith('.') && isHost ? `*${name}` : name;
  if (!isDnsName(domain)) {
    const ascii = domainToASCII(name);
    const hint = ascii !== '' && isDnsName(ascii) && ascii !== name ? { hint: `write "${ascii}"` } : {};
    return { message: `There is no certificate for "${name}": it is no DNS name`, ...hint };
  }
  if (domain.startsWith('*.') && !(issuer.challenges.includes('dns-01') && issuer.dnsHook !== undefined)) {
    return {
      message: `A wildcard such as "${domain}" is proved by dns-01 alone, and the issuer "${issuer.name}" has no way to do that`,
      hint: `give it a "dnsHook", or name the hosts one by one`,
    };
  }
  if (isLetsEncrypt(issuer) && isLocal(domain)) {
    const message = `No public CA gives a certificate for "${domain}": it is no name of the Internet`;
    return { message, hint: "write tls: 'dev' for one of this machine's own" };
  }
  return undefined;
}

function isLetsEncrypt({ directory }: AcmeIssuerPlan): boolean {
  return directory === letsEncrypt.production || directory === letsEncrypt.staging;
}

/** RFC 6761 and what else is never delegated. */
function isLocal(name: string): boolean {
  return !name.includes('.') || /\.(?:localhost|local|test|invalid|internal|home\.arpa)$/i.test(name);
}

/** What the list of browsers asks for (hstspreload.org). */
function* checkHsts(user: UserConfig): Generator<ConfigProblem> {
  for (const { path, value } of nodesOf({ defaults: user.defaults, servers: user.servers }, [])) {
    if (path.at(-1) !== 'hsts' || typeof value !== 'object') continue;
    const {
      maxAge,
      includeSubDomains = false,
      preload = false,
    } = value as Exclude<NonNullable<Server['hsts']>, string | false>;
    if (!preload || (includeSubDomains && parseDuration(maxAge) >= parseDuration('1y'))) continue;
    const message =
      '"preload" asks for a "maxAge" of a year and for "includeSubDomains": browsers do not take it without';
    yield { severity: 'warning', path: [...path, 'preload'], message };
  }
}

function* checkRedirects(user: UserConfig, { servers }: Config): Generator<ConfigProblem> {
  for (const [index, { listen }] of servers.entries()) {
    const redirect = valueAt(user, ['servers', index, 'redirectToHttps']);
    if (redirect === undefined || redirect === false || listen.some(({ tls = false }) => !tls)) continue;
    const message = '"redirectToHttps" means nothing: all addresses of the server have TLS';
    const hint = 'add \':80\' to "listen"';
    yield { severity: 'warning', path: ['servers', index, 'redirectToHttps'], message, hint };
  }
}
