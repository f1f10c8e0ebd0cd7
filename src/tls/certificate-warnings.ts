import { X509Certificate } from 'node:crypto';
import type { TlsPlan } from '../plan/tls-plan.ts';
import { certificatesIn } from './pem.ts';
import type { CertificateMaterial } from './tls-material.ts';

/** What is odd about certificates that can be used: their time, their chain, and names that they are not for. */
export function certificateWarnings(
  plan: Pick<TlsPlan, 'certificates'>,
  materials: readonly CertificateMaterial[],
  { names, now }: { readonly names: readonly string[]; readonly now: Date },
): readonly string[] {
  const chains = materials.map(({ certificate }) => certificatesIn(certificate).map((pem) => new X509Certificate(pem)));
  return chains.flatMap((chain, index) => {
    const what = `the certificate "${plan.certificates[index]?.certificate}"`;
    return [...timeWarnings(what, chain, now), ...chainWarnings(what, chain), ...nameWarnings(what, chain, names)];
  });
}

function timeWarnings(what: string, [leaf]: readonly X509Certificate[], now: Date): readonly string[] {
  if (!leaf) return [];
  if (leaf.validToDate < now) return [`${what} expired on ${leaf.validToDate.toISOString()}`];
  if (leaf.validFromDate > now) return [`${what} is not valid before ${leaf.validFromDate.toISOString()}`];
  return [];
}

function chainWarnings(what: string, chain: readonly X509Certificate[]): readonly string[] {
  const wrong = chain.findIndex((each, index) => {
    const next = chain[index + 1];
    return next !== undefined && !each.checkIssued(next);
  });
  if (wrong === -1) return [];
  return [
    `${what} has a chain in the wrong order: certificate ${wrong + 2} has not issued certificate ${wrong + 1}; some clients will not trust it`,
  ];
}

function nameWarnings(what: string, [leaf]: readonly X509Certificate[], names: readonly string[]): readonly string[] {
  if (!leaf) return [];
  const others = names.filter((name) => samples(name).some((each) => leaf.checkHost(each) === undefined));
  if (others.length === 0) return [];
  const few = others.slice(0, 3).map((name) => `"${name}"`);
  const rest = others.length > few.length ? ` and ${others.length - few.length} more` : '';
  return [`${what} is not for ${few.join(', ')}${rest}`];
}

/** Hosts that a server name stands for; none where that cannot be said. */
function samples(name: string): readonly string[] {
  if (name.startsWith('~') || name.endsWith('.*') || !name.includes('.')) return [];
  if (name.startsWith('*.')) return [`any${name.slice(1)}`];
  return name.startsWith('.') ? [name.slice(1), `any${name}`] : [name];
}
