import type { AcmeChallengeKind, AcmeIssuerPlan } from '../../plan/tls-plan.ts';
import type { ServerConfig } from '../config.ts';
import { acmeIssuer, contactOf } from '../issuers.ts';
import type { Issuer } from '../schema/user-tls.ts';
import { type Conversion, given, listOf, picked } from './conversion.ts';

/** A CA of a config. `servers` have the addresses at which it looks for what proves a name. */
export function issuerPlan(
  name: string,
  user: Issuer,
  servers: readonly ServerConfig[],
  conversion: Conversion,
): AcmeIssuerPlan {
  return {
    ...acmeIssuer(name, user.staging ?? false),
    ...picked(user, ['directory', 'dnsHook', 'keyType', 'profile']),
    ...given(user.email, (addresses) => ({ contacts: listOf(addresses).map(contactOf) })),
    ...given(user.acceptTerms, (acceptsTerms) => ({ acceptsTerms })),
    ...given(user.folder, (folder) => ({ folder: conversion.path(folder) })),
    challenges: user.challenges ?? possibleChallenges(servers, user.dnsHook !== undefined),
    ...given(user.ca, (file) => ({ trustedCertificate: conversion.path(file) })),
    ...given(user.externalAccount, ({ keyId, keyFile }) => ({
      externalAccount: { keyId, keyFile: conversion.path(keyFile) },
    })),
  };
}

/** A CA looks at port 80 (RFC 8555 §8.3) and at port 443 (RFC 8737 §3), or for a TXT record. */
function possibleChallenges(servers: readonly ServerConfig[], hasDnsHook: boolean): readonly AcmeChallengeKind[] {
  const listens = servers.flatMap(({ listen }) => listen);
  const isAt = (port: number, isTls: boolean): boolean =>
    listens.some(({ bind, tls = false }) => bind.kind === 'tcp' && bind.port === port && tls === isTls);
  const kinds: readonly AcmeChallengeKind[] = [
    ...(isAt(80, false) ? (['http-01'] as const) : []),
    ...(isAt(443, true) ? (['tls-alpn-01'] as const) : []),
    ...(hasDnsHook ? (['dns-01'] as const) : []),
  ];
  // Behind a router that sends other ports here.
  return kinds.length > 0 ? kinds : ['http-01', 'tls-alpn-01'];
}
