import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { certificateParts } from './certificate-parts.ts';
import { bytesOf, decode, hasTag, valuesOf } from './der.ts';

const subjectAltNameId = '551d11'; // 2.5.29.17

/** The DNS names, in lower case, and IP addresses of a certificate, in the form of {@link plainAddress}. */
export function namesOf(certificate: X509Certificate): readonly string[] {
  const value = certificateParts(certificate.raw).extensions.get(subjectAltNameId);
  if (!value) return [];
  return valuesOf(decode(value)).flatMap((name) => {
    const bytes = bytesOf(name);
    if (hasTag(name, 2)) return [bytes.toString('latin1').toLowerCase()];
    return hasTag(name, 7) ? [addressOf(bytes)] : [];
  });
}

/** One form of an IP address for all of its spellings. */
export function plainAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function addressOf(bytes: Buffer): string {
  if (bytes.length === 4) return Array.from(bytes).join('.');
  return plainAddress((bytes.toString('hex').match(/.{4}/g) ?? []).join(':'));
}
