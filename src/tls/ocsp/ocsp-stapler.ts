import type { Log } from '../../observe/log.ts';
import type { StaplingPlan } from '../../plan/tls-plan.ts';
import type { Stapler } from '../supervision/certificate-source.ts';
import { type RevocationHints, revocationHints } from './ocsp-question.ts';
import { StapledCertificate } from './stapled-certificate.ts';

export interface OcspStaplerOptions {
  readonly log: Log;
  /** Milliseconds since 1970. */
  now(): number;
  /** From 0 to 1. */
  random(): number;
}

/** What holds for certificates that ask for it by themselves (RFC 7633). */
const byItself: StaplingPlan = { file: undefined, responder: undefined, verifies: true };

/** Asks CAs whether certificates are revoked, and keeps what they say as long as it holds. */
export class OcspStapler implements Stapler {
  readonly #options: OcspStaplerOptions;
  /** By certificate, then by plan. */
  readonly #stapled: Map<string, Map<string, StapledCertificate>> = new Map();
  readonly #hints: Map<string, RevocationHints> = new Map();
  #listener: (certificate: string) => void = () => {};

  constructor(options: OcspStaplerOptions) {
    this.#options = options;
  }

  onChange(listener: (certificate: string) => void): void {
    this.#listener = listener;
  }

  responseFor(certificate: string, plan: StaplingPlan | undefined): Uint8Array | undefined {
    const hints = this.#hintsOf(certificate);
    const wanted = plan ?? (hints.mustStaple ? byItself : undefined);
    if (!wanted) return undefined;
    let plans = this.#stapled.get(certificate);
    if (!plans) {
      plans = new Map();
      this.#stapled.set(certificate, plans);
    }
    const key = JSON.stringify(wanted);
    let stapled = plans.get(key);
    if (!stapled) {
      stapled = new StapledCertificate(certificate, wanted, hints, {
        ...this.#options,
        changed: () => this.#listener(certificate),
      });
      plans.set(key, stapled);
      stapled.start();
    }
    return stapled.response;
  }

  keepOnly(certificates: ReadonlySet<string>): void {
    for (const [certificate, plans] of this.#stapled) {
      if (certificates.has(certificate)) continue;
      for (const stapled of plans.values()) stapled.close();
      this.#stapled.delete(certificate);
    }
    for (const certificate of this.#hints.keys()) if (!certificates.has(certificate)) this.#hints.delete(certificate);
  }

  close(): void {
    this.keepOnly(new Set());
  }

  #hintsOf(certificate: string): RevocationHints {
    let hints = this.#hints.get(certificate);
    if (!hints) {
      hints = revocationHints(certificate);
      this.#hints.set(certificate, hints);
    }
    return hints;
  }
}
