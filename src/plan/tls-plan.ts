/** TLS as OpenSSL names its versions. */
export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** TLS of one virtual server, which is chosen by the name that the client asks for (SNI). Paths are absolute. */
export interface TlsPlan {
  /** Of different kinds of keys (ECDSA, RSA): the client's offer decides. None where `managed` has one, or the handshake is refused. */
  readonly certificates: readonly CertificatePlan[];
  /** Certificates that Galley gets by itself. */
  readonly managed: ManagedCertificatePlan | undefined;
  /** Whoever asks for one of the server's names gets no connection (nginx `ssl_reject_handshake`). */
  readonly rejectsHandshake: boolean;
  /** Neighbours, lowest first. */
  readonly versions: readonly TlsVersion[];
  /** OpenSSL's list, for TLS 1.2 and before; names that begin with `TLS_` are suites of TLS 1.3. Undefined for Node's. */
  readonly ciphers: string | undefined;
  readonly prefersServerCiphers: boolean;
  /** OpenSSL's list of groups for the key exchange (`X25519:prime256v1`); undefined for its own. */
  readonly groups: string | undefined;
  /** A file with parameters for DHE; undefined for no DHE. */
  readonly dhParameters: string | undefined;
  readonly sessionTickets: boolean;
  /** How long a session may be resumed, in milliseconds. */
  readonly sessionTimeoutMs: number;
  /** Files of 48 or 80 bytes: the first encrypts tickets. None for keys that are random and change. */
  readonly ticketKeyFiles: readonly string[];
  readonly clients: ClientCertificatePlan | undefined;
  readonly stapling: StaplingPlan | undefined;
}

/** Whether the server itself says how handshakes are made. One that only has rules for clients takes the certificates of its address's default server. */
export function makesHandshakes({ certificates, managed, rejectsHandshake }: TlsPlan): boolean {
  return certificates.length > 0 || managed !== undefined || rejectsHandshake;
}

/** A certificate and its key. */
export interface CertificatePlan {
  /** PEM: the server's first, then those that lead to the root. */
  readonly certificate: string;
  /** PEM. May be the same file. */
  readonly key: string;
  /** One password a line; the first that fits is used. */
  readonly passwordFile: string | undefined;
  /** The password itself, of the command line; never shown. */
  readonly password?: string;
}

/** A certificate that an issuer is asked for, by ACME or by the local development CA. */
export interface ManagedCertificatePlan {
  /** Names one of SitePlan.issuers. */
  readonly issuer: string;
  /** DNS names (`*.` at the beginning of one is a wildcard) and IP addresses; none with `onDemand`. */
  readonly names: readonly string[];
  /** A certificate for any name that the server answers to is got when somebody asks for it, where the ask hook allows it. */
  readonly onDemand: OnDemandPlan | undefined;
}

export interface OnDemandPlan {
  /** A URL that is asked with `?domain=NAME`: 200 means yes. */
  readonly ask: string;
}

/** Who makes certificates. */
export type IssuerPlan = AcmeIssuerPlan | DevIssuerPlan;

/** A CA that is asked by ACME (RFC 8555). */
export interface AcmeIssuerPlan {
  readonly kind: 'acme';
  readonly name: string;
  /** The directory's URL. */
  readonly directory: string;
  /** `mailto:` URLs. */
  readonly contacts: readonly string[];
  readonly acceptsTerms: boolean;
  /** Where account, keys, certificates and their lock are kept; mode 0700. */
  readonly folder: string;
  /** In order of preference. A wildcard takes `dns-01` alone. */
  readonly challenges: readonly AcmeChallengeKind[];
  /** A program and its arguments, without a shell, that sets and removes TXT records: see docs. */
  readonly dnsHook: readonly string[] | undefined;
  /** PEM of the CAs that the directory's own certificate is checked with; undefined for the system's. */
  readonly trustedCertificate: string | undefined;
  /** An account that the CA knows from elsewhere (RFC 8555 §7.3.4). */
  readonly externalAccount: { readonly keyId: string; readonly keyFile: string } | undefined;
  readonly keyType: 'p256' | 'p384' | 'rsa2048' | 'rsa4096';
  /** A certificate profile of the CA, as `shortlived`. */
  readonly profile: string | undefined;
}

export type AcmeChallengeKind = 'http-01' | 'tls-alpn-01' | 'dns-01';

/** A CA of this machine's own, for development: `--tls dev`. */
export interface DevIssuerPlan {
  readonly kind: 'dev';
  readonly name: string;
  readonly folder: string;
}

/** What clients show of themselves (nginx `ssl_verify_client`). */
export interface ClientCertificatePlan {
  /** `optional-no-ca`: it need not lead to a CA that is known. */
  readonly verify: 'required' | 'optional' | 'optional-no-ca';
  readonly depth: number;
  /** PEM of the CAs; their names are sent to clients. */
  readonly trustedCertificate: string | undefined;
  readonly crl: string | undefined;
}

/** What the CA says of the certificate's revocation, sent with the handshake (RFC 6066 §8). */
export interface StaplingPlan {
  /** A file with the answer, DER; undefined to ask the CA. */
  readonly file: string | undefined;
  /** The responder's URL in place of the certificate's. */
  readonly responder: string | undefined;
  readonly verifies: boolean;
}
