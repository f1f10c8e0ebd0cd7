import type { AcmeIssuerPlan } from '../../plan/tls-plan.ts';
import { acmeIssuer, contactOf } from '../issuers.ts';
import type { Issuer } from '../schema/user-tls.ts';
import { type Conversion, given, listOf, picked } from './conversion.ts';

/** A CA of a config. */
export function issuerPlan(name: string, user: Issuer, conversion: Conversion): AcmeIssuerPlan {
  return {
    ...acmeIssuer(name, user.staging ?? false, user.dnsHook),
    ...picked(user, ['directory', 'challenges', 'keyType', 'profile']),
    ...given(user.email, (addresses) => ({ contacts: listOf(addresses).map(contactOf) })),
    ...given(user.acceptTerms, (acceptsTerms) => ({ acceptsTerms })),
    ...given(user.folder, (folder) => ({ folder: conversion.path(folder) })),
    ...given(user.ca, (file) => ({ trustedCertificate: conversion.path(file) })),
    ...given(user.externalAccount, ({ keyId, keyFile }) => ({
      externalAccount: { keyId, keyFile: conversion.path(keyFile) },
    })),
  };
}
