import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { AcmeChallengeKind } from '../../../plan/tls-plan.ts';
import { createCertificate } from '../../x509/certificate.ts';
import { acmeIdentifier, addressBytes } from '../../x509/extensions.ts';
import { createKey, keyPem } from '../../x509/key.ts';
import { sha256 } from '../jws.ts';
import type { ChallengeBoard } from './challenge-board.ts';
import type { DnsRecord } from './dns-hook.ts';

/** What a CA wants to see. */
export interface Challenge {
  readonly kind: AcmeChallengeKind;
  /** Without `*.`. */
  readonly name: string;
  readonly token: string;
  readonly keyAuthorization: string;
}

export interface Provers {
  readonly board: ChallengeBoard;
  presentRecord(record: DnsRecord): Promise<void>;
  cleanUpRecord(record: DnsRecord): Promise<void>;
}

/** Shows a CA what it wants to see; returns what ends that. */
export async function prove(challenge: Challenge, provers: Provers, now: number): Promise<() => Promise<void> | void> {
  const { kind, name, token, keyAuthorization } = challenge;
  if (kind === 'http-01') return provers.board.addHttp({ token, keyAuthorization });
  if (kind === 'tls-alpn-01') return provers.board.addTlsAlpn(await tlsAlpnProof(challenge, now));
  const record = { name: `_acme-challenge.${name}`, value: sha256(keyAuthorization) };
  await provers.presentRecord(record);
  return () => provers.cleanUpRecord(record);
}

/** RFC 8737 §3: a certificate that nobody believes, with the digest. For an address, the server name is one of the reverse zones (RFC 8738 §6). */
async function tlsAlpnProof(
  { name, keyAuthorization }: Challenge,
  now: number,
): Promise<{ name: string; certificate: string; key: string }> {
  const key = await createKey('p256');
  const digest = createHash('sha256').update(keyAuthorization).digest();
  const from = new Date(now - 3_600_000);
  const certificate = createCertificate({ names: [name], key, from, days: 7, extensions: [acmeIdentifier(digest)] });
  return { name: isIP(name) ? reverseName(name) : name, certificate, key: keyPem(key) };
}

/** RFC 1035 §3.5, RFC 3596 §2.5. */
export function reverseName(address: string): string {
  if (isIP(address) === 4) return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  return `${addressBytes(address).toString('hex').split('').reverse().join('.')}.ip6.arpa`;
}
