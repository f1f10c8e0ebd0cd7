import type { SitePlan } from '../../plan/site-plan.ts';
import type { StaplingPlan } from '../../plan/tls-plan.ts';
import type { CertificateMaterial } from '../tls-material.ts';

/** Gets the certificates of `TlsPlan.managed`: ACME, the local development CA. Lives in the main thread. */
export interface CertificateSource {
  /**
   * The answers of `certificateOf`, of the site that is in use, have changed: it is asked again. With a name, those of `wanted` for it. Called
   * once, before all else.
   */
  onChange(listener: (onDemand?: string) => void): void;
  /**
   * Gets ready for a site that is to be used. Reads what is kept, and waits for nothing that takes long: a certificate that has to be got
   * comes later, by the listener. Throws TlsFileError where an issuer cannot be used at all.
   */
  prepare(site: ManagedSite): Promise<ComingCertificates>;
  /**
   * A client asks for a name of a server (an index of the site in use) with `onDemand`: lower-case, no IP address. Undefined where there is to
   * be none. Never throws; those for one name at a time wait together.
   */
  wanted(server: number, name: string): Promise<CertificateMaterial | undefined>;
  status(): readonly ManagedCertificateStatus[];
  close(): void;
}

export type ManagedSite = Pick<SitePlan, 'servers' | 'issuers' | 'listeners'>;

/** The certificates of a site that is to be used; one of `keep` and `drop` is called. It is asked for as long as its site is in use. */
export interface ComingCertificates {
  /** Undefined where there is none yet, and for names that are got on demand. `server` is an index of the site. */
  certificateOf(server: number): CertificateMaterial | undefined;
  /** The site is in use: what is missing is got, what ends is renewed. */
  keep(): void;
  drop(): void;
}

/** One certificate that is got, or to be got, for `galley status`. */
export interface ManagedCertificateStatus {
  readonly issuer: string;
  readonly kind: 'acme' | 'dev';
  readonly names: readonly string[];
  /** Milliseconds since 1970; undefined where there is none yet. */
  readonly validUntil: number | undefined;
  /** When it is renewed. */
  readonly renewsAt: number | undefined;
  /** Why the last attempt failed. */
  readonly failure: string | undefined;
}

/** Keeps what CAs say of the revocation of certificates. Lives in the main thread. */
export interface Stapler {
  /** Answers of `responseFor` for a certificate have changed: they are asked for again. Called once, before all else. */
  onChange(listener: (certificate: string) => void): void;
  /**
   * DER; undefined where there is none yet, or none can be had. The certificate is PEM with its chain. Without a plan it is
   * had where the certificate asks for it (RFC 7633). Never waits.
   */
  responseFor(certificate: string, plan: StaplingPlan | undefined): Uint8Array | undefined;
  /** Those that `responseFor` was last asked for are all that are wanted from now on; others are forgotten. */
  keepOnly(certificates: ReadonlySet<string>): void;
  close(): void;
}
