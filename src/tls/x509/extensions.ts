import { isIP } from 'node:net';
import {
  bits,
  type DerValue,
  encode,
  integer,
  objectIdentifier,
  octets,
  sequence,
  tagged,
  taggedBytes,
  trueValue,
} from './der.ts';

/** An extension of a certificate, or one that a request asks for (RFC 5280 §4.2). */
export interface CertificateExtension {
  readonly id: string;
  readonly isCritical: boolean;
  /** DER. */
  readonly value: Uint8Array;
}

export type CertificatePurpose = 'server' | 'client' | 'ocsp';

const purposeIds: Readonly<Record<CertificatePurpose, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
  ocsp: '1.3.6.1.5.5.7.3.9',
};

export function extensionValue({ id, isCritical, value }: CertificateExtension): DerValue {
  return sequence(objectIdentifier(id), ...(isCritical ? [trueValue()] : []), octets(value));
}

/** DNS names and IP addresses; critical where the subject is empty. */
export function subjectAltName(names: readonly string[], isCritical: boolean): CertificateExtension {
  return { id: '2.5.29.17', isCritical, value: encode(sequence(...names.map(generalName))) };
}

export function basicConstraints(isCa: boolean): CertificateExtension {
  return { id: '2.5.29.19', isCritical: true, value: encode(isCa ? sequence(trueValue()) : sequence()) };
}

/** A CA signs certificates and lists; others sign handshakes, and those with RSA may take keys. */
export function keyUsage(isCa: boolean, isRsa: boolean): CertificateExtension {
  const [byte, unused] = isCa ? [0x86, 1] : isRsa ? [0xa0, 5] : [0x80, 7];
  return { id: '2.5.29.15', isCritical: true, value: encode(bits(Buffer.of(byte), unused)) };
}

export function extendedKeyUsage(purposes: readonly CertificatePurpose[]): CertificateExtension {
  const ids = purposes.map((purpose) => objectIdentifier(purposeIds[purpose]));
  return { id: '2.5.29.37', isCritical: false, value: encode(sequence(...ids)) };
}

export function subjectKeyIdentifier(identifier: Uint8Array): CertificateExtension {
  return { id: '2.5.29.14', isCritical: false, value: encode(octets(identifier)) };
}

export function authorityKeyIdentifier(identifier: Uint8Array): CertificateExtension {
  return { id: '2.5.29.35', isCritical: false, value: encode(sequence(taggedBytes(0, identifier))) };
}

/** The CA is asked for answers of its own at each handshake (RFC 7633 `status_request`). */
export function mustStaple(): CertificateExtension {
  return { id: '1.3.6.1.5.5.7.1.24', isCritical: false, value: encode(sequence(integer(5))) };
}

/** Where the CA tells of revocations (RFC 5280 §4.2.2.1). */
export function ocspResponder(url: string): CertificateExtension {
  const access = sequence(objectIdentifier('1.3.6.1.5.5.7.48.1'), taggedBytes(6, Buffer.from(url)));
  return { id: '1.3.6.1.5.5.7.1.1', isCritical: false, value: encode(sequence(access)) };
}

/** What is signed to prove a name by TLS (RFC 8737 §3): the SHA-256 of a key authorization. */
export function acmeIdentifier(digest: Uint8Array): CertificateExtension {
  return { id: '1.3.6.1.5.5.7.1.31', isCritical: true, value: encode(octets(digest)) };
}

/** A CA is good for these domains and what is below them, and for addresses of these networks, alone (RFC 5280 §4.2.1.10). */
export function nameConstraints(
  domains: readonly string[],
  networks: readonly { readonly address: string; readonly prefix: number }[],
): CertificateExtension {
  const names = domains.map((domain) => sequence(taggedBytes(2, Buffer.from(domain))));
  const ranges = networks.map(({ address, prefix }) => {
    const bytes = addressBytes(address);
    return sequence(taggedBytes(7, Buffer.concat([bytes, maskOf(bytes.length, prefix)])));
  });
  return { id: '2.5.29.30', isCritical: true, value: encode(sequence(tagged(0, ...names, ...ranges))) };
}

function generalName(name: string): DerValue {
  return isIP(name) ? taggedBytes(7, addressBytes(name)) : taggedBytes(2, Buffer.from(name, 'latin1'));
}

/** The 4 or 16 bytes of an IP address. */
export function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  // An IPv4 address at the end counts as two groups.
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [before = '', after] = plain.split('::');
  const head = groupsOf(before);
  const tail = groupsOf(after ?? '');
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  return Buffer.from([...head, ...zeros, ...tail].flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function maskOf(length: number, prefix: number): Buffer {
  return Buffer.from(
    Array.from({ length }, (_, index) => 0xff & ~(0xff >> Math.max(0, Math.min(8, prefix - index * 8)))),
  );
}
