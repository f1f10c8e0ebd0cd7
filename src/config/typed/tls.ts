import { isDeepStrictEqual } from 'node:util';
import type { CertificatePlan, ClientCertificatePlan, StaplingPlan, TlsPlan, TlsVersion } from '../../plan/tls-plan.ts';
import { presets } from '../../tls/presets.ts';
import type { Server } from '../schema/user-config.ts';
import type { SharedTls, Tls } from '../schema/user-tls.ts';
import { parseDuration } from '../units.ts';
import { acmeNames, devCertificateNames } from './certificate-names.ts';
import { type ConfigPath, type Conversion, given, listOf } from './conversion.ts';

/** In their order. */
export const tlsVersions: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** TLS that servers inherit. */
export function sharedTls(user: SharedTls, conversion: Conversion): Partial<TlsPlan> {
  return {
    ...given(user.preset, (name) => presets[name]),
    ...certificateFields(user, conversion),
    ...given(user.versions, (versions) => ({ versions: tlsVersions.filter((each) => versions.includes(each)) })),
    ...given(user.ciphers, (ciphers) => ({ ciphers: openSslList(ciphers) })),
    ...given(user.preferServerCiphers, (prefersServerCiphers) => ({ prefersServerCiphers })),
    ...given(user.groups, (groups) => ({ groups: openSslList(groups) })),
    ...given(user.dhParameters, (file) => ({ dhParameters: file === false ? undefined : conversion.path(file) })),
    ...given(user.tickets, (sessionTickets) => ({ sessionTickets })),
    ...given(user.ticketKeys, (files) => ({ ticketKeyFiles: files.map((each) => conversion.path(each)) })),
    ...given(user.sessionTimeout, (time) => ({ sessionTimeoutMs: parseDuration(time) })),
    ...given(user.clientCertificates, (clients) => ({ clients: clientsOf(clients, conversion) })),
    ...given(user.stapling, (stapling) => ({ stapling: staplingOf(stapling, conversion) })),
    ...given(user.rejectHandshake, (rejectsHandshake) => ({ rejectsHandshake })),
  };
}

/** TLS of a server: what it says itself, and what its addresses say; undefined where neither says anything. */
export function serverTls(user: Server, path: ConfigPath, conversion: Conversion): Partial<TlsPlan> | undefined {
  const said = saidTls(user, path, conversion);
  if (said === undefined) return undefined;
  const { acme, dev, ...shared } = said;
  const own = sharedTls(shared, conversion);
  // Those that are inherited are not for its names.
  const fields = acme === undefined && dev === undefined ? own : { certificates: [], ...own };
  if (acme !== undefined) {
    const issuer = conversion.acmeIssuer(acme.issuer);
    const names = acme.onDemand ? [] : acmeNames(acme.names ?? user.hosts ?? []);
    return { ...fields, managed: { issuer, names, onDemand: acme.onDemand } };
  }
  if (dev === undefined) return fields;
  const names = dev.names ?? devCertificateNames(user.hosts ?? []);
  return { ...fields, managed: { issuer: conversion.devIssuer(dev.folder), names, onDemand: undefined } };
}

/** What is said of a server's TLS, wherever it is said. */
function saidTls({ tls, listen }: Server, path: ConfigPath, { problems }: Conversion): Tls | undefined {
  const own = tls === undefined ? undefined : tlsObject(tls);
  let ofAddresses: Tls | undefined;
  for (const [index, each] of listen.entries()) {
    if (typeof each === 'string' || each.tls === undefined || typeof each.tls === 'boolean') continue;
    const other = tlsObject(each.tls);
    if (ofAddresses !== undefined && !isDeepStrictEqual(other, ofAddresses)) {
      problems.push({
        severity: 'error',
        path: [...path, 'listen', index, 'tls'],
        message: 'A server has the same TLS at all its addresses',
        hint: 'write it once, as "tls" of the server, and true here; or make another server',
      });
    }
    ofAddresses ??= other;
  }
  return own === undefined && ofAddresses === undefined ? undefined : { ...own, ...ofAddresses };
}

function tlsObject(tls: 'auto' | 'dev' | Tls): Tls {
  if (tls === 'auto') return { acme: {} };
  return tls === 'dev' ? { dev: {} } : tls;
}

function certificateFields(user: SharedTls, conversion: Conversion): Pick<Partial<TlsPlan>, 'certificates'> {
  const { certificate, key = certificate, certificates, passwordFile } = user;
  if (certificate === undefined && certificates === undefined) return {};
  const first = certificate === undefined || key === undefined ? [] : [{ certificate, key }];
  return {
    certificates: [...first, ...(certificates ?? [])].map(
      (each): CertificatePlan => ({
        certificate: conversion.path(each.certificate),
        key: conversion.path(each.key),
        passwordFile: optionalPath('passwordFile' in each ? each.passwordFile : passwordFile, conversion),
      }),
    ),
  };
}

function optionalPath(text: string | undefined, conversion: Conversion): string | undefined {
  return text === undefined ? undefined : conversion.path(text);
}

/** nginx's `auto` for what OpenSSL has by itself. */
function openSslList(texts: string | readonly string[]): string | undefined {
  const text = listOf(texts).join(':');
  return text === 'auto' ? undefined : text;
}

function clientsOf(
  user: NonNullable<SharedTls['clientCertificates']>,
  conversion: Conversion,
): ClientCertificatePlan | undefined {
  if (user === false) return undefined;
  const { verify = 'required', depth = 1, ca, crl } = user;
  return { verify, depth, trustedCertificate: optionalPath(ca, conversion), crl: optionalPath(crl, conversion) };
}

function staplingOf(user: NonNullable<SharedTls['stapling']>, conversion: Conversion): StaplingPlan | undefined {
  if (user === false) return undefined;
  const { file, responder, verify = true } = user === true ? {} : user;
  return { file: optionalPath(file, conversion), responder, verifies: verify };
}
