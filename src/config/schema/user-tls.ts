// Made of the schema by "npm run config-reference"; see config-schema.ts.

/** A certificate and its key. */
export interface Certificate {
  /** PEM: its own certificate first, then those that lead to the root. */
  readonly certificate: string;
  /** PEM; may be the same file. */
  readonly key: string;
  /** Passwords of the key, one a line: the first that fits is used. */
  readonly passwordFile?: string;
}

/** What clients show of themselves. */
export interface ClientCertificates {
  /** Whether a client must have one; with optional-no-ca it need not lead to a CA that is known. Default: "required". */
  readonly verify?: 'required' | 'optional' | 'optional-no-ca';
  /** The CAs, PEM; their names are sent to clients. */
  readonly ca?: string;
  /** How long a chain may be. Default: 1. */
  readonly depth?: number;
  /** Certificates that were revoked, PEM. */
  readonly crl?: string;
}

/** A certificate of a CA of this machine's own. */
export interface DevCertificate {
  /** For which names and IP addresses. Default: "`hosts`, else localhost and this machine". */
  readonly names?: readonly string[];
  /** Where the CA is kept. Default: "galley/dev in /var/lib for root, else in the data folder of the user". */
  readonly folder?: string;
}

/** An account that the CA knows from elsewhere (RFC 8555 section 7.3.4). */
export interface ExternalAccount {
  /** The id that the CA gave. */
  readonly keyId: string;
  /** A file with the key that the CA gave, base64url. */
  readonly keyFile: string;
}

/** How long browsers come back with TLS alone (RFC 6797). */
export interface Hsts {
  /** For how long; 0s lets them forget it. */
  readonly maxAge: string;
  /** For all names below as well. Default: false. */
  readonly includeSubDomains?: boolean;
  /** Browsers may have it built in: see hstspreload.org. Default: false. */
  readonly preload?: boolean;
}

/** A CA that is asked by ACME (RFC 8555). */
export interface Issuer {
  /** The URL of its directory. Default: "Let's Encrypt". */
  readonly directory?: string;
  /** The staging environment of Let's Encrypt, for trying: browsers do not trust its certificates. Default: false. */
  readonly staging?: boolean;
  /** Whom the CA may write to. */
  readonly email?: string | readonly string[];
  /** You accept its terms of service. Default: true. */
  readonly acceptTerms?: boolean;
  /** Where account, keys and certificates are kept. Default: "galley/acme in /var/lib for root, else in the data folder of the user". */
  readonly folder?: string;
  /** How a name is proved to be yours, the best first; those that the addresses do not allow come last. A wildcard takes dns-01. Default: "http-01, tls-alpn-01, and dns-01 with a `dnsHook`". */
  readonly challenges?: readonly ('http-01' | 'tls-alpn-01' | 'dns-01')[];
  /** A program and its arguments that sets and removes TXT records, for dns-01. */
  readonly dnsHook?: readonly string[];
  /** CAs that the directory itself is verified with, PEM. Default: "the system's". */
  readonly ca?: string;
  /** An account that the CA knows from elsewhere. */
  readonly externalAccount?: ExternalAccount;
  /** The kind of key of certificates. Default: "p256". */
  readonly keyType?: 'p256' | 'p384' | 'rsa2048' | 'rsa4096';
  /** A certificate profile of the CA, such as 'shortlived'. */
  readonly profile?: string;
}

/** A certificate that Galley gets and renews by ACME. */
export interface ManagedCertificate {
  /** Whom to ask, by its name in `issuers`. Default: "the first of `issuers`, else Let's Encrypt". */
  readonly issuer?: string;
  /** For which names. Default: "`hosts`". */
  readonly names?: readonly string[];
  /** In place of `names`: a certificate for a name is got when somebody asks for it. Danger: Whoever points a name here spends a certificate: let `ask` allow only those that are yours. */
  readonly onDemand?: OnDemand;
}

/** A certificate for a name is got when it is asked for the first time. */
export interface OnDemand {
  /** This URL is asked first, with ?domain=NAME: 200 means yes. */
  readonly ask: string;
}

/** How requests without TLS are redirected. */
export interface RedirectToHttps {
  /** Where TLS is. Default: "that of the server's own address with TLS, else 443". */
  readonly port?: number;
  /** The status; with 307 and 308 the method stays. Default: 308. */
  readonly status?: 301 | 302 | 307 | 308;
}

/** TLS that servers inherit. */
export interface SharedTls {
  /** PEM: the server's certificate first, then those that lead to the root. */
  readonly certificate?: string;
  /** PEM: the key of `certificate`; may be the same file. */
  readonly key?: string;
  /** Passwords of keys, one a line: the first that fits is used. */
  readonly passwordFile?: string;
  /** Several, with keys of different kinds (ECDSA and RSA): the client's offer decides. */
  readonly certificates?: readonly Certificate[];
  /** Mozilla's: modern is TLS 1.3 alone, old is for clients of before 2014. What else is said here has precedence. Default: "intermediate". */
  readonly preset?: 'modern' | 'intermediate' | 'old';
  /** Versions, without a gap. Default: ["TLSv1.2","TLSv1.3"]. Danger: TLSv1 and TLSv1.1 have known weaknesses. */
  readonly versions?: readonly ('TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3')[];
  /** OpenSSL's names; 'auto' for those of Node. Names that begin with TLS_ are of TLS 1.3. */
  readonly ciphers?: string | readonly string[];
  /** The order of `ciphers` counts, not the client's. Default: "as the preset says". */
  readonly preferServerCiphers?: boolean;
  /** Of the key exchange, by OpenSSL's names; 'auto' for its own. */
  readonly groups?: string | readonly string[];
  /** Parameters of DHE, PEM. Default: false. */
  readonly dhParameters?: string | false;
  /** Sessions are resumed by tickets. Default: true. */
  readonly tickets?: boolean;
  /** Files of 48 or 80 random bytes that several machines share: the first encrypts tickets. Without any, keys are random and change. */
  readonly ticketKeys?: readonly string[];
  /** How long a session may be resumed. Default: "1d". */
  readonly sessionTimeout?: string;
  /** Clients are asked for a certificate. */
  readonly clientCertificates?: false | ClientCertificates;
  /** What the CA says of the certificate's revocation (OCSP) is sent with the handshake. Default: false. */
  readonly stapling?: boolean | Stapling;
  /** Whoever asks for one of the server's names gets no connection. Default: false. */
  readonly rejectHandshake?: boolean;
}

/** What the CA says of the certificate's revocation. */
export interface Stapling {
  /** Its answer, DER, in place of asking. */
  readonly file?: string;
  /** Whom to ask in place of whom the certificate names. */
  readonly responder?: string;
  /** The answer is verified. Default: true. */
  readonly verify?: boolean;
}

/** TLS of a server. */
export interface Tls {
  /** PEM: the server's certificate first, then those that lead to the root. */
  readonly certificate?: string;
  /** PEM: the key of `certificate`; may be the same file. */
  readonly key?: string;
  /** Passwords of keys, one a line: the first that fits is used. */
  readonly passwordFile?: string;
  /** Several, with keys of different kinds (ECDSA and RSA): the client's offer decides. */
  readonly certificates?: readonly Certificate[];
  /** Mozilla's: modern is TLS 1.3 alone, old is for clients of before 2014. What else is said here has precedence. Default: "intermediate". */
  readonly preset?: 'modern' | 'intermediate' | 'old';
  /** Versions, without a gap. Default: ["TLSv1.2","TLSv1.3"]. Danger: TLSv1 and TLSv1.1 have known weaknesses. */
  readonly versions?: readonly ('TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3')[];
  /** OpenSSL's names; 'auto' for those of Node. Names that begin with TLS_ are of TLS 1.3. */
  readonly ciphers?: string | readonly string[];
  /** The order of `ciphers` counts, not the client's. Default: "as the preset says". */
  readonly preferServerCiphers?: boolean;
  /** Of the key exchange, by OpenSSL's names; 'auto' for its own. */
  readonly groups?: string | readonly string[];
  /** Parameters of DHE, PEM. Default: false. */
  readonly dhParameters?: string | false;
  /** Sessions are resumed by tickets. Default: true. */
  readonly tickets?: boolean;
  /** Files of 48 or 80 random bytes that several machines share: the first encrypts tickets. Without any, keys are random and change. */
  readonly ticketKeys?: readonly string[];
  /** How long a session may be resumed. Default: "1d". */
  readonly sessionTimeout?: string;
  /** Clients are asked for a certificate. */
  readonly clientCertificates?: false | ClientCertificates;
  /** What the CA says of the certificate's revocation (OCSP) is sent with the handshake. Default: false. */
  readonly stapling?: boolean | Stapling;
  /** Whoever asks for one of the server's names gets no connection. Default: false. */
  readonly rejectHandshake?: boolean;
  /** What `tls: 'auto'` does, with settings. */
  readonly acme?: ManagedCertificate;
  /** What `tls: 'dev'` does, with settings. */
  readonly dev?: DevCertificate;
}
