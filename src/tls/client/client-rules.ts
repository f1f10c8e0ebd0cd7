import type { ClientCertificateMaterial } from '../tls-material.ts';

const openSslDepth = 100;

/**
 * Whether sessions may be resumed under these rules. A session keeps the client's certificate and what OpenSSL said of it, but not those that
 * lead to the root: the depth, which OpenSSL is not told of, could not be checked again.
 */
export function mayResume(clients: ClientCertificateMaterial | undefined): boolean {
  return clients === undefined || clients.depth >= openSslDepth;
}
