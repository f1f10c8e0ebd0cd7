import type { TlsPlan } from '../plan/tls-plan.ts';

/** What a virtual server's TLS is made of: read by the main thread and sent to the front threads as plain data. */
export interface TlsMaterial {
  /** Equal for materials that are the same: so that contexts made of one are used again after a reload. */
  readonly id: string;
  readonly plan: Pick<
    TlsPlan,
    | 'rejectsHandshake'
    | 'versions'
    | 'ciphers'
    | 'prefersServerCiphers'
    | 'groups'
    | 'sessionTickets'
    | 'sessionTimeoutMs'
  >;
  /** None where the handshake is refused, or no certificate is there yet. */
  readonly certificates: readonly CertificateMaterial[];
  /** PEM. */
  readonly dhParameters: string | undefined;
  /**
   * 48 bytes that encrypt session tickets (TicketKeys of Node). Servers with other rules for client certificates have other keys, so that
   * no session of one is resumed at another.
   */
  readonly ticketKey: Uint8Array;
  readonly clients: ClientCertificateMaterial | undefined;
  /** Certificates are got when names are asked for. */
  readonly isOnDemand: boolean;
}

export interface CertificateMaterial {
  /** PEM, with the chain. */
  readonly certificate: string;
  /** PEM, decrypted. */
  readonly key: string;
  /** The CA's answer about its revocation, DER. */
  readonly ocspResponse: Uint8Array | undefined;
}

export interface ClientCertificateMaterial {
  readonly verify: 'required' | 'optional' | 'optional-no-ca';
  readonly depth: number;
  /** PEM. */
  readonly trusted: string | undefined;
  readonly crl: string | undefined;
  /**
   * Of the rules and of what the files say: tickets of others are of no use, and a request for a host with another one than its connection's
   * gets 421.
   */
  readonly digest: string;
}

/** What proves to a CA that a name is ours, while it looks (RFC 8555 §8.3, RFC 8737). */
export interface AcmeChallenges {
  /** Key authorizations by their tokens. */
  readonly http: readonly { readonly token: string; readonly keyAuthorization: string }[];
  readonly tlsAlpn: readonly { readonly name: string; readonly certificate: string; readonly key: string }[];
}
