import { type KeyObject, sign } from 'node:crypto';
import { bits, type DerValue, encode, nullValue, objectIdentifier, sequence } from './der.ts';

/** How a key signs: the algorithm's identifier, and the hash. */
export interface SignatureAlgorithm {
  readonly hash: 'sha256' | 'sha384';
  readonly identifier: DerValue;
}

/** ECDSA with the hash of the curve's size (RFC 5758), RSA with SHA-256 (RFC 4055). */
export function signatureAlgorithm(key: KeyObject): SignatureAlgorithm {
  if (key.asymmetricKeyType === 'rsa') {
    return { hash: 'sha256', identifier: sequence(objectIdentifier('1.2.840.113549.1.1.11'), nullValue()) };
  }
  if (key.asymmetricKeyDetails?.namedCurve === 'secp384r1') {
    return { hash: 'sha384', identifier: sequence(objectIdentifier('1.2.840.10045.4.3.3')) };
  }
  return { hash: 'sha256', identifier: sequence(objectIdentifier('1.2.840.10045.4.3.2')) };
}

/** What is signed, the algorithm and the signature: the shape of certificates and of requests for them. */
export function signed(content: DerValue, key: KeyObject): Buffer {
  const { hash, identifier } = signatureAlgorithm(key);
  return encode(sequence(content, identifier, bits(sign(hash, encode(content), key))));
}
