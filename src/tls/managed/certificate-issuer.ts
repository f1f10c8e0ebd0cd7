import type { IssuerPlan } from '../../plan/tls-plan.ts';
import type { RenewalWindow } from './renewal-time.ts';

/** PEM: the chain, and the key without a password. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateOrder {
  /** DNS names in ASCII and IP addresses. */
  readonly names: readonly string[];
  /** PEM of the one that it is to replace. */
  readonly replaces: string | undefined;
  /** Where what is to be known after a sudden end may be kept. The folder is claimed. */
  readonly folder: string;
  /** How many orders for these names have failed before, one after the other. */
  readonly failures: number;
  readonly signal: AbortSignal;
  /** Takes the certificate; the order is over when that has worked. */
  keep(issued: Issued): Promise<void>;
}

/** When an issuer wants a certificate renewed. */
export interface Suggestion {
  readonly window: RenewalWindow;
  /** When to ask again, in milliseconds from now. */
  readonly lookAgainMs: number;
}

/** Who makes certificates. */
export interface CertificateIssuer {
  readonly plan: IssuerPlan;
  /** Where its certificates are kept, each in a folder. */
  readonly folder: string;
  /** Certificates are made at once, without asking anybody. */
  readonly isLocal: boolean;
  /** Throws an Error for people; an AcmeError may say when to try again. */
  obtain(order: CertificateOrder): Promise<void>;
  /** Undefined where it does not say. Throws an Error. */
  suggestion(certificate: string, signal: AbortSignal): Promise<Suggestion | undefined>;
  /** Whether a certificate that was kept is still one of its own. */
  isOwn(certificate: string): boolean;
  /** Throws an Error. */
  revoke(certificate: string, signal: AbortSignal): Promise<void>;
  close(): void;
}
