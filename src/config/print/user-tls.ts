import { isDeepStrictEqual } from 'node:util';
import type { AcmeIssuerPlan, CertificatePlan, IssuerPlan, StaplingPlan, TlsPlan } from '../../plan/tls-plan.ts';
import { presets } from '../../tls/presets.ts';
import type { Config, ServerConfig } from '../config.ts';
import { acmeIssuer, devIssuer, letsEncrypt, standardIssuer } from '../issuers.ts';
import { bindKey } from '../listeners.ts';
import type { Issuer, SharedTls, Tls } from '../schema/user-tls.ts';
import { acmeNames, devCertificateNames } from '../typed/certificate-names.ts';
import { given, picked } from '../typed/conversion.ts';
import { durationText } from '../units.ts';

/** TLS that servers inherit, as a user writes it. */
export function userSharedTls(tls: Partial<TlsPlan>): SharedTls {
  const { preset, rest } = withPreset(tls);
  return {
    ...given(preset, (name) => ({ preset: name })),
    ...given(rest.certificates, userCertificates),
    ...picked(rest, ['versions']),
    ...('ciphers' in rest ? { ciphers: rest.ciphers ?? 'auto' } : {}),
    ...given(rest.prefersServerCiphers, (preferServerCiphers) => ({ preferServerCiphers })),
    ...('groups' in rest ? { groups: rest.groups ?? 'auto' } : {}),
    ...('dhParameters' in rest ? { dhParameters: rest.dhParameters ?? false } : {}),
    ...given(rest.sessionTickets, (tickets) => ({ tickets })),
    ...given(rest.ticketKeyFiles, (ticketKeys) => ({ ticketKeys })),
    ...given(rest.sessionTimeoutMs, (ms) => ({ sessionTimeout: durationText(ms) })),
    ...('clients' in rest ? { clientCertificates: userClients(rest.clients) } : {}),
    ...('stapling' in rest ? { stapling: userStapling(rest.stapling) } : {}),
    ...given(rest.rejectsHandshake, (rejectHandshake) => ({ rejectHandshake })),
  };
}

/** TLS of a server, as a user writes it. */
export function userTls(
  tls: Partial<TlsPlan>,
  { names }: Pick<ServerConfig, 'names'>,
  issuers: readonly IssuerPlan[],
): 'auto' | 'dev' | Tls {
  const { managed, certificates = [], ...rest } = tls;
  const hasNone = certificates.length === 0 && (managed !== undefined || tls.certificates === undefined);
  const shared = userSharedTls(hasNone ? rest : { certificates, ...rest });
  const isAlone = Object.keys(shared).length === 0;
  const issuer = issuers.find(({ name }) => name === managed?.issuer);
  if (managed === undefined) return shared;
  if (issuer?.kind === 'dev') {
    const dev = {
      ...(isDeepStrictEqual(managed.names, devCertificateNames(names)) ? {} : { names: managed.names }),
      ...(issuer.folder === devIssuer().folder ? {} : { folder: issuer.folder }),
    };
    return isAlone && Object.keys(dev).length === 0 ? 'dev' : { ...shared, dev };
  }
  const isFirst = issuers.find(({ kind }) => kind === 'acme')?.name === managed.issuer;
  const isOfHosts = managed.onDemand !== undefined || isDeepStrictEqual(managed.names, acmeNames(names));
  const acme = {
    ...(isFirst ? {} : { issuer: managed.issuer }),
    ...(isOfHosts ? {} : { names: managed.names }),
    ...given(managed.onDemand, (onDemand) => ({ onDemand })),
  };
  return isAlone && Object.keys(acme).length === 0 ? 'auto' : { ...shared, acme };
}

/** CAs, as a user writes them; without the one that is there by itself, unless all are to be told. */
export function userIssuers(plans: readonly IssuerPlan[], isWhole: boolean): Readonly<Record<string, Issuer>> {
  const entries = plans.flatMap((plan) => {
    if (plan.kind === 'dev') return [];
    const issuer = userIssuer(plan);
    return !isWhole && plan.name === standardIssuer && Object.keys(issuer).length === 0 ? [] : [[plan.name, issuer]];
  });
  return Object.fromEntries(entries);
}

function userIssuer(plan: AcmeIssuerPlan): Issuer {
  const staging = plan.directory === letsEncrypt.staging;
  const standard = acmeIssuer(plan.name, staging, plan.dnsHook);
  return {
    ...(staging ? { staging } : plan.directory === standard.directory ? {} : { directory: plan.directory }),
    ...(plan.contacts.length > 0 ? { email: oneOrAll(plan.contacts.map(addressOf)) } : {}),
    ...(plan.acceptsTerms ? {} : { acceptTerms: false }),
    ...(plan.folder === standard.folder ? {} : { folder: plan.folder }),
    ...(isDeepStrictEqual(plan.challenges, standard.challenges) ? {} : { challenges: plan.challenges }),
    ...picked(plan, ['dnsHook']),
    ...given(plan.trustedCertificate, (ca) => ({ ca })),
    ...picked(plan, ['externalAccount']),
    ...(plan.keyType === standard.keyType ? {} : { keyType: plan.keyType }),
    ...picked(plan, ['profile']),
  };
}

/** The config in which each address has TLS at all servers that listen there, or at none. */
export function withTlsOfAddresses(config: Config): Config {
  const listens = config.servers.flatMap(({ listen }) => listen);
  const secure = new Set(listens.filter(({ tls }) => tls).map(({ bind }) => bindKey(bind)));
  const servers = config.servers.map((server) => ({
    ...server,
    listen: server.listen.map((each) => (secure.has(bindKey(each.bind)) ? { ...each, tls: true } : each)),
  }));
  return { ...config, servers };
}

type Protocol = (typeof presets)[keyof typeof presets];

/** The preset that says some of it, and the rest. */
function withPreset(tls: Partial<TlsPlan>): {
  readonly preset: keyof typeof presets | undefined;
  readonly rest: Partial<TlsPlan>;
} {
  for (const preset of Object.keys(presets) as (keyof typeof presets)[]) {
    const fields = Object.keys(presets[preset]) as (keyof Protocol)[];
    if (!fields.every((name) => name in tls && isDeepStrictEqual(tls[name], presets[preset][name]))) continue;
    const rest = Object.fromEntries(Object.entries(tls).filter(([name]) => !(name in presets[preset])));
    return { preset, rest };
  }
  return { preset: undefined, rest: tls };
}

function userCertificates(plans: readonly CertificatePlan[]): Pick<SharedTls, 'certificate' | 'key' | 'certificates'> {
  const certificates = plans.map(({ certificate, key, passwordFile }) => ({
    certificate,
    key,
    ...given(passwordFile, (file) => ({ passwordFile: file })),
  }));
  return certificates.length === 1 ? { ...certificates[0] } : { certificates };
}

function userClients(clients: TlsPlan['clients']): NonNullable<SharedTls['clientCertificates']> {
  if (clients === undefined) return false;
  const { verify, depth, trustedCertificate, crl } = clients;
  return {
    ...(verify === 'required' ? {} : { verify }),
    ...given(trustedCertificate, (ca) => ({ ca })),
    ...(depth === 1 ? {} : { depth }),
    ...given(crl, (file) => ({ crl: file })),
  };
}

function userStapling(stapling: StaplingPlan | undefined): NonNullable<SharedTls['stapling']> {
  if (stapling === undefined) return false;
  const { file, responder, verifies } = stapling;
  const user = {
    ...given(file, (each) => ({ file: each })),
    ...given(responder, (each) => ({ responder: each })),
    ...(verifies ? {} : { verify: false }),
  };
  return Object.keys(user).length === 0 ? true : user;
}

function oneOrAll(texts: readonly string[]): string | readonly string[] {
  const [first] = texts;
  return texts.length === 1 && first !== undefined ? first : texts;
}

function addressOf(contact: string): string {
  return contact.startsWith('mailto:') ? contact.slice('mailto:'.length) : contact;
}
