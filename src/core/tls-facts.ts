/** What is known of the TLS of a client's connection. */
export interface TlsFacts {
  /** As OpenSSL names it: `TLSv1.3`. */
  readonly version: string;
  /** OpenSSL's name of the cipher suite. */
  readonly cipher: string;
  /** The registered name: `TLS_AES_128_GCM_SHA256`. */
  readonly standardCipher: string;
  /** The registered number of the suite; undefined where it is not known. */
  readonly cipherNumber: number | undefined;
  /** The name that the client asked for (SNI), lower-case; '' where it asked for none. */
  readonly serverName: string;
  /** The protocol that was agreed on, '' where none was. */
  readonly alpn: string;
  readonly isResumed: boolean;
  /** Hexadecimal. */
  readonly sessionId: string;
  /** What the client offered, as nginx's `$ssl_ciphers` and `$ssl_curves` have it. */
  readonly offered: { readonly ciphers: string; readonly groups: string };
  /** The group of the key exchange, '' where that is not known. */
  readonly group: string;
  /** The digest of the rules for client certificates that the handshake was made under: '' where there were none. See ClientCertificateMaterial. */
  readonly clientRules: string;
  /** As nginx's `$ssl_client_verify`: NONE, SUCCESS or FAILED:reason. */
  readonly clientVerify: string;
  /** What these rules do not allow: the client showed no certificate, or one that is not good. */
  readonly clientFault: 'missing' | 'unverified' | undefined;
  /** The client's certificate, where it sent one. */
  readonly client: ClientCertificate | undefined;
}

/** What a client's certificate says. Made when it is first asked for. */
export interface ClientCertificate {
  /** PEM. */
  readonly pem: string;
  /** RFC 2253. */
  readonly subject: string;
  readonly issuer: string;
  /** As nginx's `_legacy` variables: `/C=…/CN=…`. */
  readonly legacySubject: string;
  readonly legacyIssuer: string;
  /** Hexadecimal, upper-case. */
  readonly serial: string;
  /** SHA-1 of the DER, hexadecimal, lower-case. */
  readonly fingerprint: string;
  /** `Jan  2 03:04:05 2026 GMT`. */
  readonly validFrom: string;
  readonly validTo: string;
  /** Days until it ends, 0 where it has. */
  readonly remainingDays: number;
  /** PEM of all that the client sent, leaf first. */
  readonly chain: readonly string[];
}
