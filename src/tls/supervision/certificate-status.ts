import { X509Certificate } from 'node:crypto';
import type { ManagedCertificateStatus } from './certificate-source.ts';
import type { WatchedFiles } from './watched-files.ts';

/** One certificate, for `galley status`. */
export interface CertificateStatus {
  readonly source: 'file' | 'acme' | 'dev';
  /** The file, or the issuer's name in the config. */
  readonly from: string;
  readonly names: readonly string[];
  /** Who signed it. */
  readonly issuer: string | undefined;
  /** ISO 8601; undefined where there is none yet. */
  readonly validUntil: string | undefined;
  readonly renewsAt: string | undefined;
  readonly failure: string | undefined;
}

/** Of all files, each once, and of what is got. */
export function statusOf(
  files: Iterable<WatchedFiles>,
  managed: readonly ManagedCertificateStatus[],
): readonly CertificateStatus[] {
  const all = new Map<string, CertificateStatus>();
  for (const { plan, material } of files) {
    for (const [index, { certificate: path }] of plan.certificates.entries()) {
      const pem = material.certificates[index]?.certificate;
      if (pem !== undefined) all.set(path, ofFile(path, new X509Certificate(pem)));
    }
  }
  return [...all.values(), ...managed.map(ofManaged)];
}

function ofFile(path: string, certificate: X509Certificate): CertificateStatus {
  return {
    source: 'file',
    from: path,
    names: namesOf(certificate),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    validUntil: certificate.validToDate.toISOString(),
    renewsAt: undefined,
    failure: undefined,
  };
}

function ofManaged(status: ManagedCertificateStatus): CertificateStatus {
  const { kind, issuer, names, validUntil, renewsAt, failure } = status;
  return {
    source: kind,
    from: issuer,
    names,
    issuer: undefined,
    validUntil: timeOf(validUntil),
    renewsAt: timeOf(renewsAt),
    failure,
  };
}

function timeOf(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString();
}

/** Of the extension, which alone clients look at. */
function namesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return Array.from(subjectAltName.matchAll(/(?:DNS|IP Address):([^,\s]+)/g), ([, name = '']) => name);
}
