import { createHash } from 'node:crypto';
import type { ClientCertificatePlan } from '../../plan/tls-plan.ts';
import type { ClientCertificateMaterial } from '../tls-material.ts';

const openSslDepth = 100;

/** Equal where rules for client certificates are: `ClientCertificateMaterial.rules`, and what the site compares with it. */
export function clientRulesOf({ verify, depth, trustedCertificate, crl }: ClientCertificatePlan): string {
  const text = JSON.stringify([verify, depth, trustedCertificate ?? '', crl ?? '']);
  return createHash('sha256').update(text).digest('base64url');
}

/**
 * Whether sessions may be resumed under these rules. A session keeps the client's certificate and what OpenSSL said of it, but not those that
 * lead to the root: the depth, which OpenSSL is not told of, could not be checked again.
 */
export function mayResume(clients: ClientCertificateMaterial | undefined): boolean {
  return clients === undefined || clients.depth >= openSslDepth;
}
