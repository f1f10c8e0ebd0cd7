import { createHash, type X509Certificate } from 'node:crypto';
import type { ClientCertificate } from '../../core/tls-facts.ts';
import { bytesOf, type DerValue, decode, hasTag, valuesOf } from '../x509/der.ts';
import { sentCertificates } from './certificate-path.ts';
import { legacyName, rfc2253Name } from './distinguished-name.ts';

const dayMs = 86_400_000;

/** A client's certificate, read when somebody asks for what it says. */
export class PeerCertificate implements ClientCertificate {
  readonly #certificate: X509Certificate;
  #names: { readonly issuer: DerValue | undefined; readonly subject: DerValue | undefined } | undefined;
  readonly #texts: Map<string, string> = new Map();
  #chain: readonly string[] | undefined;

  constructor(certificate: X509Certificate) {
    this.#certificate = certificate;
  }

  get pem(): string {
    return this.#kept('pem', () => this.#certificate.toString());
  }

  get subject(): string {
    return this.#kept('subject', () => rfc2253Name(this.#distinguished().subject));
  }

  get issuer(): string {
    return this.#kept('issuer', () => rfc2253Name(this.#distinguished().issuer));
  }

  get legacySubject(): string {
    return this.#kept('legacySubject', () => legacyName(this.#distinguished().subject));
  }

  get legacyIssuer(): string {
    return this.#kept('legacyIssuer', () => legacyName(this.#distinguished().issuer));
  }

  get serial(): string {
    return this.#kept('serial', () => this.#certificate.serialNumber.toUpperCase());
  }

  get fingerprint(): string {
    return this.#kept('fingerprint', () => createHash('sha1').update(this.#certificate.raw).digest('hex'));
  }

  get validFrom(): string {
    return this.#certificate.validFrom;
  }

  get validTo(): string {
    return this.#certificate.validTo;
  }

  get remainingDays(): number {
    const leftMs = this.#certificate.validToDate.getTime() - Date.now();
    return Math.max(0, Math.floor(leftMs / dayMs));
  }

  get chain(): readonly string[] {
    this.#chain ??= sentCertificates(this.#certificate).map((each) => each.toString());
    return this.#chain;
  }

  #kept(what: string, make: () => string): string {
    let text = this.#texts.get(what);
    if (text === undefined) {
      text = make();
      this.#texts.set(what, text);
    }
    return text;
  }

  #distinguished(): { readonly issuer: DerValue | undefined; readonly subject: DerValue | undefined } {
    this.#names ??= namesOf(this.#certificate.raw);
    return this.#names;
  }
}

/** Both are empty where OpenSSL has taken what we cannot read. */
function namesOf(der: Buffer): { readonly issuer: DerValue | undefined; readonly subject: DerValue | undefined } {
  const [content] = valuesOf(decoded(der));
  const fields = valuesOf(content);
  const first = hasTag(fields[0], 0) ? 1 : 0;
  return { issuer: fields[first + 2], subject: fields[first + 4] };
}

function decoded(der: Buffer): DerValue | undefined {
  try {
    return decode(der);
  } catch {
    return undefined;
  }
}

/** The identifier within a session as OpenSSL serialises it (i2d_SSL_SESSION): version, protocol, cipher, identifier. */
export function sessionIdOf(session: Buffer | undefined): string {
  if (!session) return '';
  return bytesOf(valuesOf(decode(session))[3]).toString('hex');
}
