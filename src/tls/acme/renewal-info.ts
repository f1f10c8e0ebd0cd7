import { X509Certificate } from 'node:crypto';
import type { RenewalWindow } from '../managed/renewal-time.ts';
import { recordOf, textOf } from '../managed/unknown-json.ts';
import { certificateParts } from '../x509/certificate-parts.ts';
import type { AcmeClient } from './acme-client.ts';
import { AcmeError } from './acme-error.ts';

export interface RenewalInfo {
  readonly window: RenewalWindow;
  /** Where the CA explains itself; '' where it does not. */
  readonly explanation: string;
  /** When to look again, in milliseconds from now. */
  readonly lookAgainMs: number;
}

const usualLookMs = 6 * 3_600_000; // RFC 9773 §4.3.2
const shortestLookMs = 60_000;
const longestLookMs = 86_400_000;

/** How ARI names a certificate (RFC 9773 §4.1); undefined for one that does not say whose key signed it. */
export function renewalId(certificate: string): string | undefined {
  const { authorityKeyIdentifier, serialNumber } = certificateParts(new X509Certificate(certificate).raw);
  return (
    authorityKeyIdentifier && `${authorityKeyIdentifier.toString('base64url')}.${serialNumber.toString('base64url')}`
  );
}

/** Asks when a certificate is to be renewed; undefined where the CA does not tell. Throws AcmeError. */
export async function renewalInfo(
  client: AcmeClient,
  certificate: string,
  signal: AbortSignal,
): Promise<RenewalInfo | undefined> {
  const { renewalInfo: url } = await client.directory(signal);
  const id = renewalId(certificate);
  if (url === undefined || id === undefined) return undefined;
  const { json, retryAfterMs = usualLookMs } = await client.get(`${url}/${id}`, signal);
  const { start, end } = recordOf(json['suggestedWindow']);
  const window = { start: Date.parse(textOf(start)), end: Date.parse(textOf(end)) };
  if (!(window.end >= window.start)) throw new AcmeError(`${new URL(url).host} suggests no time that can be read`);
  const lookAgainMs = Math.min(Math.max(retryAfterMs, shortestLookMs), longestLookMs);
  return { window, explanation: textOf(json['explanationURL']), lookAgainMs };
}
