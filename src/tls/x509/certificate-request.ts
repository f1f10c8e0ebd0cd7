import { createPublicKey, type KeyObject } from 'node:crypto';
import { nameValue } from './certificate.ts';
import { decode, integer, objectIdentifier, sequence, setOf, tagged } from './der.ts';
import { type CertificateExtension, extensionValue, subjectAltName } from './extensions.ts';
import { signed } from './signing.ts';

/** A request for a certificate (PKCS #10, RFC 2986), DER. The subject is empty: CAs go by the names. */
export function createCertificateRequest(
  names: readonly string[],
  key: KeyObject,
  extensions: readonly CertificateExtension[] = [],
): Buffer {
  const wanted = sequence(...[subjectAltName(names, false), ...extensions].map(extensionValue));
  const attribute = sequence(objectIdentifier('1.2.840.113549.1.9.14'), setOf(wanted));
  const publicKey = decode(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  return signed(sequence(integer(0), nameValue({}), publicKey, tagged(0, attribute)), key);
}
