import { createHash, createPublicKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { certificateParts, publicKeyBits } from './certificate-parts.ts';
import {
  type DerValue,
  decode,
  integer,
  objectIdentifier,
  sequence,
  setOf,
  tagged,
  time,
  unsignedInteger,
  utf8Text,
} from './der.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  type CertificateExtension,
  type CertificatePurpose,
  extendedKeyUsage,
  extensionValue,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
} from './extensions.ts';
import { pem } from './pem.ts';
import { signatureAlgorithm, signed } from './signing.ts';

/** What a subject is called, by the short names of its attributes. */
export type SubjectName = Readonly<Partial<Record<'CN' | 'O' | 'OU' | 'C' | 'L' | 'ST', string>>>;

const attributeIds: Readonly<Record<keyof SubjectName, string>> = {
  C: '2.5.4.6',
  ST: '2.5.4.8',
  L: '2.5.4.7',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  CN: '2.5.4.3',
};

const dayMs = 86_400_000;

export interface CertificateOptions {
  /** DNS names and IP addresses. */
  readonly names: readonly string[];
  /** The first name where it is left out. */
  readonly subject?: SubjectName;
  /** Whose certificate it is: a private key, or a public one where another one signs. */
  readonly key: KeyObject;
  readonly from: Date;
  readonly days: number;
  readonly isCa?: boolean;
  /** Servers where left out; a CA has none. */
  readonly purposes?: readonly CertificatePurpose[];
  readonly extensions?: readonly CertificateExtension[];
  /** Who signs: its certificate, PEM, and its private key. Undefined for the key itself. */
  readonly issuer?: { readonly certificate: string; readonly key: KeyObject };
}

/** A new certificate, PEM, with a random serial number. */
export function createCertificate(options: CertificateOptions): string {
  const { names, key, from, days, isCa = false, purposes = ['server'], extensions = [], issuer } = options;
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const signer = issuer?.key ?? key;
  const subject = nameValue(options.subject ?? (names[0] === undefined ? {} : { CN: names[0].slice(0, 64) }));
  const own = keyIdentifier(publicKey);
  const parts = issuer && certificateParts(new X509Certificate(issuer.certificate).raw);
  const all: readonly CertificateExtension[] = [
    basicConstraints(isCa),
    keyUsage(isCa, publicKey.asymmetricKeyType === 'rsa'),
    ...(isCa ? [] : [extendedKeyUsage(purposes)]),
    subjectKeyIdentifier(own),
    authorityKeyIdentifier(parts ? keyIdentifier(createPublicKey(signer)) : own),
    ...(names.length === 0 ? [] : [subjectAltName(names, false)]),
    ...extensions,
  ];
  const content = sequence(
    tagged(0, integer(2)),
    unsignedInteger(serialNumber()),
    signatureAlgorithm(signer).identifier,
    parts?.subject ?? subject,
    sequence(time(from), time(new Date(from.getTime() + days * dayMs - 1000))),
    subject,
    decode(publicKey.export({ type: 'spki', format: 'der' })),
    tagged(3, sequence(...all.map(extensionValue))),
  );
  return pem('CERTIFICATE', signed(content, signer));
}

/** A name as certificates and requests have it (RFC 5280 §4.1.2.4). */
export function nameValue(name: SubjectName): DerValue {
  const attributes = (Object.keys(attributeIds) as (keyof SubjectName)[]).flatMap((attribute) => {
    const value = name[attribute];
    return value === undefined ? [] : [setOf(sequence(objectIdentifier(attributeIds[attribute]), utf8Text(value)))];
  });
  return sequence(...attributes);
}

/** RFC 5280 §4.2.1.2 (1): the SHA-1 of the public key's bits. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const point = publicKeyBits(publicKey.export({ type: 'spki', format: 'der' }));
  return createHash('sha1').update(point).digest();
}

/** 127 random bits: positive, and of the same length always. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}
