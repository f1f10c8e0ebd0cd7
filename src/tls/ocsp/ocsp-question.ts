import { createHash, X509Certificate } from 'node:crypto';
import { type CertificateParts, certificateParts, publicKeyBits } from '../x509/certificate-parts.ts';
import {
  bytesOf,
  type DerValue,
  decode,
  encode,
  hasTag,
  nullValue,
  objectIdentifier,
  octets,
  sequence,
  unsignedInteger,
  valuesOf,
} from '../x509/der.ts';
import { pemBlocks } from '../x509/pem.ts';

/** What a certificate says of its revocation. */
export interface RevocationHints {
  /** What the certificate is called in logs. */
  readonly name: string;
  /** Where its CA is asked, by its own word (RFC 5280 §4.2.2.1); undefined where it does not say. */
  readonly responder: string | undefined;
  /** Clients want an answer with every handshake (RFC 7633). */
  readonly mustStaple: boolean;
}

/** What a CA is asked about a certificate. */
export interface OcspQuestion {
  readonly issuer: X509Certificate;
  /** How answers name the certificate: hashes with SHA-1 of its issuer's name and key, and its number. */
  readonly issuerNameHash: Buffer;
  readonly issuerKeyHash: Buffer;
  readonly serialNumber: Buffer;
  /** DER of an OCSPRequest (RFC 6960 §4.1.1). */
  readonly request: Buffer;
}

/** Object identifiers as DER has them, without tag and length. */
const authorityInfoAccessId = '2b06010505070101'; // 1.3.6.1.5.5.7.1.1
const tlsFeatureId = '2b06010505070118'; // 1.3.6.1.5.5.7.1.24
const ocspId = '2b06010505073001'; // 1.3.6.1.5.5.7.48.1
const statusRequest = 5;

/** Reads the first certificate of a PEM text. What is odd in it is nothing that it says. */
export function revocationHints(certificate: string): RevocationHints {
  const { raw, subjectAltName = '', subject = '' } = new X509Certificate(certificate);
  const name = /DNS:([^,"\s]+)/.exec(subjectAltName)?.[1] ?? subject.replaceAll('\n', ', ');
  try {
    const { extensions } = certificateParts(raw);
    return { name, responder: responderOf(extensions), mustStaple: asksForStapling(extensions) };
  } catch {
    return { name, responder: undefined, mustStaple: false };
  }
}

/** Throws an Error where the issuer is not among the certificates that follow the first. */
export function ocspQuestion(certificate: string): OcspQuestion {
  const [leaf, ...others] = pemBlocks(certificate, 'CERTIFICATE').map((block) => new X509Certificate(block));
  const issuer = leaf && others.find((other) => leaf.checkIssued(other));
  if (!leaf || !issuer) throw new Error('its file does not hold the certificate of its issuer');
  const { serialNumber } = certificateParts(leaf.raw);
  const issuerNameHash = sha1(Buffer.from(certificateParts(issuer.raw).subject.valueBeforeDecodeView));
  const issuerKeyHash = sha1(publicKeyBits(issuer.publicKey.export({ type: 'spki', format: 'der' })));
  const certificateId = sequence(
    sequence(objectIdentifier('1.3.14.3.2.26'), nullValue()),
    octets(issuerNameHash),
    octets(issuerKeyHash),
    unsignedInteger(serialNumber),
  );
  const request = encode(sequence(sequence(sequence(sequence(certificateId)))));
  return { issuer, issuerNameHash, issuerKeyHash, serialNumber, request };
}

function responderOf(extensions: CertificateParts['extensions']): string | undefined {
  const access = extensions.get(authorityInfoAccessId);
  for (const description of access ? valuesOf(decode(access)) : []) {
    const [method, location] = valuesOf(description);
    if (bytesOf(method).toString('hex') === ocspId && hasTag(location, 6)) return bytesOf(location).toString('latin1');
  }
  return undefined;
}

function asksForStapling(extensions: CertificateParts['extensions']): boolean {
  const features = extensions.get(tlsFeatureId);
  return (
    features !== undefined && valuesOf(decode(features)).some((feature: DerValue) => isNumber(feature, statusRequest))
  );
}

function isNumber(value: DerValue, number: number): boolean {
  const bytes = bytesOf(value);
  return bytes.length === 1 && bytes[0] === number;
}

function sha1(bytes: Uint8Array): Buffer {
  return createHash('sha1').update(bytes).digest();
}
