import { isIP } from 'node:net';
import { devNames, isDnsName } from '../issuers.ts';

/** The names of hosts that a CA can be asked for; `.example.com` is two of them. */
export function acmeNames(hosts: readonly string[]): readonly string[] {
  return unique(hosts.flatMap(namesOfHost).filter((name) => isDnsName(name) || isIP(name) !== 0));
}

/** What a certificate for development is for: hosts, or this machine where there are none. */
export function devCertificateNames(hosts: readonly string[]): readonly string[] {
  const names = acmeNames(hosts);
  return names.length > 0 ? names : devNames();
}

function namesOfHost(host: string): readonly string[] {
  const [, address] = /^\[(.*)\]$/.exec(host) ?? [];
  if (address !== undefined) return [address];
  return host.startsWith('.') ? [host.slice(1), `*${host}`] : [host];
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names.map((name) => name.toLowerCase()))];
}
