import { bytesOf, type DerValue, decode, hasTag, valuesOf } from './der.ts';

/** What node:crypto does not tell of a certificate. */
export interface CertificateParts {
  readonly subject: DerValue;
  /** The bytes of the serial number as they are: a 0 before those that look negative. */
  readonly serialNumber: Buffer;
  /** Of the key that signed it (RFC 5280 §4.2.1.1); undefined where it does not say. */
  readonly authorityKeyIdentifier: Buffer | undefined;
  /** DER of each extension by its identifier in hexadecimal. */
  readonly extensions: ReadonlyMap<string, Buffer>;
}

/** Object identifiers as DER has them, without tag and length. */
const authorityKeyIdentifierId = '551d23'; // 2.5.29.35

/** Throws an Error for what is no certificate. */
export function certificateParts(der: Uint8Array): CertificateParts {
  const [content] = valuesOf(decode(der));
  const fields = valuesOf(content);
  const first = hasTag(fields[0], 0) ? 1 : 0;
  const [serial, , , , subject] = fields.slice(first);
  if (!serial || !subject) throw new Error('This is no certificate');
  const list = valuesOf(valuesOf(fields.find((field) => hasTag(field, 3)))[0]);
  const extensions = new Map(
    list.map((extension) => {
      const values = valuesOf(extension);
      return [bytesOf(values[0]).toString('hex'), bytesOf(values.at(-1))];
    }),
  );
  const authority = extensions.get(authorityKeyIdentifierId);
  const keyIdentifier = authority && valuesOf(decode(authority)).find((value) => hasTag(value, 0));
  return {
    subject,
    serialNumber: bytesOf(serial),
    authorityKeyIdentifier: keyIdentifier && bytesOf(keyIdentifier),
    extensions,
  };
}

/** The key itself within a SubjectPublicKeyInfo. */
export function publicKeyBits(spki: Uint8Array): Buffer {
  return bytesOf(valuesOf(decode(spki))[1]).subarray(1);
}
