import type { Template } from './site-plan.ts';
import type { ResolverPlan } from './upstream-plan.ts';

/** Where a proxy sends requests. */
export type ProxyTarget =
  | {
      readonly kind: 'upstream';
      readonly scheme: 'http' | 'https';
      /** An upstream of the plan. */
      readonly upstream: string;
      /** Takes the place of the location's path, as latin-1 of UTF-8 when compiled; undefined where the request's goes on as it came. */
      readonly uri: string | undefined;
      /** nginx's `$proxy_host` and `$proxy_port`: host, with the port where it is not the scheme's own. */
      readonly host: string;
      readonly port: string;
    }
  /** A URL with variables: its host is an upstream of the plan, or is looked up when it is needed. */
  | { readonly kind: 'template'; readonly url: Template };

/** Text, or a pattern as nginx has it. `ignoreCase`: of both. */
export type ProxyMatch =
  | { readonly kind: 'text'; readonly text: Template; readonly ignoreCase: boolean }
  | { readonly kind: 'pattern'; readonly pattern: string; readonly ignoreCase: boolean };

export type ProxyRedirect =
  /** From the target's URL to the location's path. */
  { readonly kind: 'default' } | { readonly kind: 'rule'; readonly from: ProxyMatch; readonly to: Template };

/** For what a request may go to another peer (nginx `proxy_next_upstream`). */
export const nextConditions = [
  'error',
  'timeout',
  'invalid_header',
  'http_500',
  'http_502',
  'http_503',
  'http_504',
  'http_403',
  'http_404',
  'http_429',
  'non_idempotent',
] as const;

export type NextCondition = (typeof nextConditions)[number];

/** What a proxy does, beside where it sends requests; nginx's `proxy_*`. Durations in milliseconds, sizes in bytes. */
export interface ProxySettings {
  readonly httpVersion: '1.0' | '1.1' | '2';
  /** Connections are kept where the upstream keeps any and `setFields` has no `connection`. */
  readonly keepsConnections: boolean;
  /** In place of the client's; an empty value leaves the field out. Names in any case. */
  readonly setFields: readonly { readonly name: string; readonly value: Template }[];
  /** The `host` where `setFields` has none: the target's, or the client's. */
  readonly host: 'target' | 'client';
  /** Tells of the client by `x-forwarded-for`, `-proto`, `-host` and `-port`, or by RFC 7239 too, where `setFields` does not. */
  readonly forwarded: 'none' | 'x-forwarded' | 'both';
  /** Adds itself to `via`, in both directions (RFC 9110 §7.6.3). */
  readonly via: boolean;
  /** A client's wish to upgrade goes on to the peer; else only where `setFields` says `upgrade` and `connection`. */
  readonly passesUpgrade: boolean;
  readonly passesFields: boolean;
  readonly passesBody: boolean;
  readonly method: Template | undefined;
  /** In place of the request's. */
  readonly body: Template | undefined;
  readonly redirects: readonly ProxyRedirect[];
  readonly cookieDomains: readonly { readonly from: ProxyMatch; readonly to: Template }[];
  readonly cookiePaths: readonly { readonly from: ProxyMatch; readonly to: Template }[];
  readonly cookieFlags: readonly { readonly name: ProxyMatch; readonly flags: readonly string[] }[];
  /** Fields of answers that clients do not get, beside those that they never get; lower-case. */
  readonly hiddenFields: readonly string[];
  /** Those that they get although they usually would not; lower-case. */
  readonly passedFields: readonly string[];
  /** Fields of answers that mean nothing here (`x-accel-redirect`, `expires`, `cache-control`, `set-cookie`, `vary`); lower-case. */
  readonly ignoredFields: readonly string[];
  readonly passesTrailers: boolean;
  /** Answers of 300 and more are replaced by `error_page`. */
  readonly interceptsErrors: boolean;
  /** An answer is taken as fast as the peer sends it, up to `bufferSize` in memory and `maxTempFileSize` in a file. */
  readonly buffers: boolean;
  readonly bufferSize: number;
  readonly maxTempFileSize: number;
  /** Largest head of an answer. */
  readonly maxHeadSize: number;
  /** A request's body is complete before a peer gets anything. */
  readonly buffersRequest: boolean;
  readonly requestBufferSize: number;
  /** The folder of temporary files; undefined for the system's. */
  readonly tempFolder: string | undefined;
  /** A request goes on where its client has left. */
  readonly ignoresClientAbort: boolean;
  readonly connectTimeoutMs: number;
  /** Longest time in which a peer takes nothing. */
  readonly sendTimeoutMs: number;
  /** Longest silence of a peer. */
  readonly readTimeoutMs: number;
  readonly next: readonly NextCondition[];
  /** Attempts at most; 0 for any number. */
  readonly nextTries: number;
  /** No further attempt after so long; 0 for any time. */
  readonly nextTimeoutMs: number;
  /** The local address that connections come from. */
  readonly bind: Template | undefined;
  readonly socketKeepAlive: boolean;
  /** Bytes per second of one answer that are read from a peer; undefined or 0 for any. */
  readonly limitRate: Template | undefined;
  /** Ranges also of answers that do not offer them. */
  readonly forcesRanges: boolean;
  /** Tells of the client in the PROXY protocol of this version; such connections are not kept. */
  readonly proxyProtocol: 1 | 2 | undefined;
  /** For host names of targets with variables; undefined for what the system does. */
  readonly resolver: ResolverPlan | undefined;
}

/** TLS towards peers; nginx's `proxy_ssl_*`. Paths absolute. */
export interface ProxyTls {
  /** Sends the name (SNI). */
  readonly serverName: boolean;
  /** Undefined for the target's host. */
  readonly name: Template | undefined;
  readonly verify: boolean;
  readonly verifyDepth: number;
  /** Certificates that are trusted; undefined for those of the system. */
  readonly trustedCertificate: string | undefined;
  readonly crl: string | undefined;
  readonly certificate: string | undefined;
  readonly certificateKey: string | undefined;
  /** One password a line. */
  readonly passwordFile: string | undefined;
  /** As `TLSv1.2`; none for what Node does. */
  readonly protocols: readonly string[];
  readonly ciphers: string | undefined;
  readonly sessionReuse: boolean;
}
