import { hostname } from 'node:os';
import { join } from 'node:path';
import type { AcmeIssuerPlan, DevIssuerPlan } from '../plan/tls-plan.ts';
import { isHostName } from '../tls/managed/host-name.ts';
import { stateFolder } from './state-folder.ts';

/** The directories of Let's Encrypt. */
export const letsEncrypt = {
  production: 'https://acme-v02.api.letsencrypt.org/directory',
  staging: 'https://acme-staging-v02.api.letsencrypt.org/directory',
} as const;

/** The issuer that is there without being named. */
export const standardIssuer = 'letsencrypt';

/** What an issuer is where nothing else is said of it. */
export function acmeIssuer(name: string, isStaging: boolean, dnsHook?: AcmeIssuerPlan['dnsHook']): AcmeIssuerPlan {
  return {
    kind: 'acme',
    name,
    directory: isStaging ? letsEncrypt.staging : letsEncrypt.production,
    contacts: [],
    acceptsTerms: true,
    folder: join(stateFolder(), 'acme'),
    challenges: standardChallenges(dnsHook),
    dnsHook,
    trustedCertificate: undefined,
    externalAccount: undefined,
    keyType: 'p256',
    profile: undefined,
  };
}

/** All that can be done: those that the addresses allow are found out when a certificate is asked for. */
function standardChallenges(dnsHook: AcmeIssuerPlan['dnsHook']): AcmeIssuerPlan['challenges'] {
  return ['http-01', 'tls-alpn-01', ...(dnsHook === undefined ? [] : (['dns-01'] as const))];
}

/** The issuer of `--tls dev`. */
export function devIssuer(name = 'dev', folder: string = join(stateFolder(), 'dev')): DevIssuerPlan {
  return { kind: 'dev', name, folder };
}

/** What a certificate for development is for, where no hosts are said. */
export function devNames(machine: string = hostname()): readonly string[] {
  const own = machine.toLowerCase();
  return [...new Set(['localhost', '127.0.0.1', '::1', ...(isDnsName(own) ? [own] : [])])];
}

/** A URL of a way to reach somebody (RFC 8555 §7.3): an address of mail stands for its `mailto:`. */
export function contactOf(text: string): string {
  return /^[a-z][a-z\d+.-]*:/i.test(text) ? text : `mailto:${text}`;
}

/** Whether a certificate can have this DNS name, be it a wildcard (RFC 5280 §4.2.1.6, RFC 6125 §6.4.3). */
export function isDnsName(text: string): boolean {
  return isHostName(text.toLowerCase().replace(/^\*\./, ''));
}
