import { X509Certificate } from 'node:crypto';
import type { ClientCertificateMaterial } from '../tls-material.ts';
import { pemBlocks } from '../x509/pem.ts';

/** Of a client's certificates beyond its own, so that a long list costs little. */
const mostSent = 16;

/** The certificates of a file: those that end a path, and those that are no more than on the way to one, as for OpenSSL. */
interface Trusted {
  readonly roots: readonly X509Certificate[];
  readonly others: readonly X509Certificate[];
}

const trustedOf: WeakMap<ClientCertificateMaterial, Trusted> = new WeakMap();

/** What a client has sent, its own certificate first, in its order. */
export function sentCertificates(leaf: X509Certificate): readonly X509Certificate[] {
  const sent: X509Certificate[] = [];
  for (let at: X509Certificate | undefined = leaf; at && sent.length <= mostSent; at = at.issuerCertificate) {
    if (sent.some(({ fingerprint256 }) => fingerprint256 === at?.fingerprint256)) break;
    sent.push(at);
  }
  return sent;
}

/**
 * Whether a certificate that OpenSSL has verified leads to a trusted root with at most `depth` certificates in between, be they sent or in the
 * file. Signatures are checked again: names and key identifiers alone would let a client show a path that is none.
 */
export function isWithinDepth(sent: readonly X509Certificate[], clients: ClientCertificateMaterial): boolean {
  const { roots, others } = trustedCertificates(clients);
  let level = sent.slice(0, 1);
  const rest = new Set([...sent.slice(1), ...others]);
  for (let between = 0; between <= clients.depth && level.length > 0; between++) {
    if (level.some((certificate) => isTrusted(certificate, roots))) return true;
    const next = [...rest].filter((issuer) => level.some((certificate) => isIssuedBy(certificate, issuer)));
    for (const each of next) rest.delete(each);
    level = next;
  }
  return false;
}

function isTrusted(certificate: X509Certificate, roots: readonly X509Certificate[]): boolean {
  return roots.some((root) => root.fingerprint256 === certificate.fingerprint256 || isIssuedBy(certificate, root));
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function trustedCertificates(clients: ClientCertificateMaterial): Trusted {
  let trusted = trustedOf.get(clients);
  if (!trusted) {
    const labels = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'];
    const blocks = labels.flatMap((label) => pemBlocks(clients.trusted ?? '', label));
    const all = blocks.flatMap((block) => parsed(block) ?? []);
    const { roots = [], others = [] } = Object.groupBy(all, (each) => (isIssuedBy(each, each) ? 'roots' : 'others'));
    trusted = { roots, others };
    trustedOf.set(clients, trusted);
  }
  return trusted;
}

function parsed(block: string): X509Certificate | undefined {
  try {
    return new X509Certificate(block);
  } catch {
    return undefined;
  }
}
