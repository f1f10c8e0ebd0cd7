import { createCertificate } from '../../src/tls/x509/certificate.ts';
import { createKey, keyPem } from '../../src/tls/x509/key.ts';

export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

/** A key and a certificate for `peer.test`, as server and as client, that it has signed itself. */
export async function selfSigned(): Promise<SelfSigned> {
  const key = await createKey('p256');
  const cert = createCertificate({
    names: ['peer.test'],
    purposes: ['server', 'client'],
    key,
    from: new Date(Date.now() - 60_000),
    days: 2,
  });
  return { key: keyPem(key), cert };
}
