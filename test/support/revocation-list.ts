import { X509Certificate } from 'node:crypto';
import { certificateParts } from '../../src/tls/x509/certificate-parts.ts';
import { integer, sequence, time, unsignedInteger } from '../../src/tls/x509/der.ts';
import { pem } from '../../src/tls/x509/pem.ts';
import { signatureAlgorithm, signed } from '../../src/tls/x509/signing.ts';
import type { MadeCertificate } from './certificates.ts';

/** A list of today of what a CA has revoked (RFC 5280 §5), PEM. */
export function makeRevocationList(ca: MadeCertificate, revoked: readonly MadeCertificate[]): string {
  const { subject } = certificateParts(new X509Certificate(ca.certificate).raw);
  const [from, to] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 86_400_000)];
  const entries = revoked.map(({ certificate }) => {
    const { serialNumber } = certificateParts(new X509Certificate(certificate).raw);
    return sequence(unsignedInteger(serialNumber), time(from));
  });
  const { identifier } = signatureAlgorithm(ca.privateKey);
  const content = sequence(
    integer(1),
    identifier,
    subject,
    time(from),
    time(to),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
  );
  return pem('X509 CRL', signed(content, ca.privateKey));
}
