import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type CertificateOptions, createCertificate } from '../../src/tls/x509/certificate.ts';

/** A key and its certificate, both PEM. */
export interface MadeCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly privateKey: KeyObject;
}

export interface CertificateWish extends Partial<Omit<CertificateOptions, 'key' | 'issuer' | 'names'>> {
  readonly kind?: 'ecdsa' | 'rsa';
  readonly by?: MadeCertificate;
}

/** A certificate of today for some names, signed by itself or `by` another one. */
export function makeCertificate(names: readonly string[], wish: CertificateWish = {}): MadeCertificate {
  const { kind = 'ecdsa', by, ...options } = wish;
  const { privateKey } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const issuer = by && { certificate: by.certificate, key: by.privateKey };
  const certificate = createCertificate({
    from: new Date(Date.now() - 3_600_000),
    days: 30,
    ...options,
    ...(issuer && { issuer }),
    names,
    key: privateKey,
  });
  return { certificate, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), privateKey };
}
