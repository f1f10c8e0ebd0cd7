// Made of the schema by "npm run config-reference"; see config-schema.ts.

import type { Resolver } from './user-upstreams.ts';

/** What becomes of the cookies that peers set. */
export interface ProxyCookies {
  /** Their domains. */
  readonly domains?: readonly (
    | {
        /** The text, or where it begins; may have variables. */
        readonly from: string;
        /** Whatever its case. Default: false. */
        readonly ignoreCase?: boolean;
        /** What comes in its place; may have variables. */
        readonly to: string;
      }
    | {
        /** A pattern; its captures are $1 and so on. */
        readonly pattern: string;
        /** Whatever its case. Default: false. */
        readonly ignoreCase?: boolean;
        /** What comes in its place; may have variables. */
        readonly to: string;
      }
  )[];
  /** Their paths. */
  readonly paths?: readonly (
    | {
        /** The text, or where it begins; may have variables. */
        readonly from: string;
        /** Whatever its case. Default: false. */
        readonly ignoreCase?: boolean;
        /** What comes in its place; may have variables. */
        readonly to: string;
      }
    | {
        /** A pattern; its captures are $1 and so on. */
        readonly pattern: string;
        /** Whatever its case. Default: false. */
        readonly ignoreCase?: boolean;
        /** What comes in its place; may have variables. */
        readonly to: string;
      }
  )[];
  /** Their flags, by their names. */
  readonly flags?: readonly (
    | {
        /** The text, or where it begins; may have variables. */
        readonly from: string;
        /** Whatever its case. Default: false. */
        readonly ignoreCase?: boolean;
        /** 'secure', 'nosecure', 'httponly', 'samesite=lax' and so on. */
        readonly flags: readonly string[];
      }
    | {
        /** A pattern; its captures are $1 and so on. */
        readonly pattern: string;
        /** Whatever its case. Default: false. */
        readonly ignoreCase?: boolean;
        /** 'secure', 'nosecure', 'httponly', 'samesite=lax' and so on. */
        readonly flags: readonly string[];
      }
  )[];
}

/** How requests go on to other servers. */
export interface ProxyDefaults {
  /** The version of HTTP. Default: "1.1". */
  readonly version?: '2' | '1.0' | '1.1';
  /** Connections are kept for the next request, where the upstream keeps any. Default: true. */
  readonly keepAlive?: boolean;
  /** The host that is named: the client's, or the URL's. Default: "client". */
  readonly host?: 'client' | 'target';
  /** Fields of requests, in place of the client's; an empty text leaves one out. Replaces the outer level's. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Tells of the client by X-Forwarded-For and its like, or by Forwarded too. Default: "x-forwarded". */
  readonly forwarded?: false | 'x-forwarded' | 'both';
  /** Adds itself to Via, in both directions. Default: true. */
  readonly via?: boolean;
  /** WebSockets and other upgrades go through. Default: true. */
  readonly upgrade?: boolean;
  /** Fields of requests go on. Default: true. */
  readonly passHeaders?: boolean;
  /** Bodies of requests go on. Default: true. */
  readonly passBody?: boolean;
  /** In place of the request's. Default: false. */
  readonly method?: false | string;
  /** In place of the request's. Default: false. */
  readonly body?: false | string;
  /** Redirects of peers lead to this server; true or 'default' puts the location's path for the URL. Default: true. */
  readonly redirects?:
    | boolean
    | readonly (
        | 'default'
        | {
            /** The text, or where it begins; may have variables. */
            readonly from: string;
            /** Whatever its case. Default: false. */
            readonly ignoreCase?: boolean;
            /** What comes in its place; may have variables. */
            readonly to: string;
          }
        | {
            /** A pattern; its captures are $1 and so on. */
            readonly pattern: string;
            /** Whatever its case. Default: false. */
            readonly ignoreCase?: boolean;
            /** What comes in its place; may have variables. */
            readonly to: string;
          }
      )[];
  readonly cookies?: ProxyCookies;
  /** Fields of answers that clients do not get. */
  readonly hide?: readonly string[];
  /** Fields that they get although they usually would not, such as X-Accel-Expires. Default: ["date","server"]. */
  readonly pass?: readonly string[];
  /** Fields of answers that mean nothing here, such as X-Accel-Redirect. */
  readonly ignore?: readonly string[];
  /** Trailers go on, those of answers and those of requests. Default: true. */
  readonly trailers?: boolean;
  /** `errorPages` stand for failures of peers too. Default: false. */
  readonly interceptErrors?: boolean;
  /** Answers are taken as fast as peers send them, so that slow clients keep none busy. Default: false. */
  readonly buffer?: boolean;
  /** So much of an answer is kept in memory. Default: "64k". */
  readonly bufferSize?: number | string;
  /** And so much in a file. Default: "1g". */
  readonly maxTempFileSize?: number | string;
  /** The largest head of an answer. Default: "32k". */
  readonly maxHeadSize?: number | string;
  /** Bodies of requests are complete before a peer gets anything. Default: false. */
  readonly bufferRequest?: boolean;
  /** So much of one is kept in memory, the rest in a file. Default: "64k". */
  readonly requestBufferSize?: number | string;
  /** The folder of these files. Default: "the system's". */
  readonly tempFolder?: false | string;
  /** A request goes on where its client has left. Default: false. */
  readonly ignoreClientAbort?: boolean;
  readonly timeouts?: ProxyTimeouts;
  readonly next?: ProxyNext;
  /** The local address that connections come from. Default: false. */
  readonly bind?: false | string;
  /** TCP keepalive. Default: false. */
  readonly socketKeepAlive?: boolean;
  /** Bytes per second of one answer that are read. Default: false. */
  readonly limitRate?: false | string | number;
  /** Ranges also of answers that do not offer them. Default: false. */
  readonly forceRanges?: boolean;
  /** Tells of the client in the PROXY protocol of this version. Default: false. */
  readonly proxyProtocol?: false | number;
  /** Who tells the addresses of hosts that only variables name. Default: "the system". */
  readonly resolver?: false | Resolver;
  /** TLS towards peers, for https. */
  readonly tls?: ProxyTls;
}

/** When another peer is tried. */
export interface ProxyNext {
  /** For which failures; an empty list for none. Default: ["error","timeout"]. Danger: With 'non_idempotent' an order may be placed twice. */
  readonly on?: readonly (
    | 'error'
    | 'timeout'
    | 'invalid_header'
    | 'http_500'
    | 'http_502'
    | 'http_503'
    | 'http_504'
    | 'http_403'
    | 'http_404'
    | 'http_429'
    | 'non_idempotent'
  )[];
  /** How many attempts there are at most; 0 for any number. Default: 3. */
  readonly tries?: number;
  /** After so long there are no more; 0s for any time. Default: "0s". */
  readonly timeout?: string;
}

/** How long peers may take. */
export interface ProxyTimeouts {
  /** To take a connection. Default: "10s". */
  readonly connect?: string;
  /** The longest time in which one takes nothing. Default: "1m". */
  readonly send?: string;
  /** The longest silence. Default: "1m". */
  readonly read?: string;
}

/** TLS towards peers. */
export interface ProxyTls {
  /** Tells the name that is asked for (SNI). Default: true. */
  readonly serverName?: boolean;
  /** The name that is asked for and verified. Default: "the URL's host". */
  readonly name?: false | string;
  /** Certificates are verified. Default: true. Danger: Without it whoever is between can read and change everything. */
  readonly verify?: boolean;
  /** How many certificates may lie between. Default: 9. */
  readonly verifyDepth?: number;
  /** A file of certificates that are trusted. Default: "those of the system". */
  readonly trustedCertificate?: false | string;
  /** A file of certificates that are revoked. Default: false. */
  readonly crl?: false | string;
  /** Galley's own certificate. Default: false. */
  readonly certificate?: false | string;
  /** Its key. Default: false. */
  readonly certificateKey?: false | string;
  /** Passwords of the key, one a line. Default: false. */
  readonly passwordFile?: false | string;
  /** Versions of TLS. Default: "TLSv1.2 and TLSv1.3". */
  readonly protocols?: readonly ('TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3')[];
  /** Ciphers, as OpenSSL lists them. Default: false. */
  readonly ciphers?: false | string;
  /** Sessions are used again. Default: true. */
  readonly sessionReuse?: boolean;
}

/** Requests go on to other servers. */
export interface ReverseProxy {
  /** Where to: a URL with a host, or with the name of one of the `upstreams`, or of a socket as 'http://unix:/run/x.sock'; grpc:// and grpcs:// speak HTTP/2. A path in it takes the place of the location's. May have variables. */
  readonly to?: string;
  /** The version of HTTP. Default: "1.1". */
  readonly version?: '2' | '1.0' | '1.1';
  /** Connections are kept for the next request, where the upstream keeps any. Default: true. */
  readonly keepAlive?: boolean;
  /** The host that is named: the client's, or the URL's. Default: "client". */
  readonly host?: 'client' | 'target';
  /** Fields of requests, in place of the client's; an empty text leaves one out. Replaces the outer level's. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Tells of the client by X-Forwarded-For and its like, or by Forwarded too. Default: "x-forwarded". */
  readonly forwarded?: false | 'x-forwarded' | 'both';
  /** Adds itself to Via, in both directions. Default: true. */
  readonly via?: boolean;
  /** WebSockets and other upgrades go through. Default: true. */
  readonly upgrade?: boolean;
  /** Fields of requests go on. Default: true. */
  readonly passHeaders?: boolean;
  /** Bodies of requests go on. Default: true. */
  readonly passBody?: boolean;
  /** In place of the request's. Default: false. */
  readonly method?: false | string;
  /** In place of the request's. Default: false. */
  readonly body?: false | string;
  /** Redirects of peers lead to this server; true or 'default' puts the location's path for the URL. Default: true. */
  readonly redirects?:
    | boolean
    | readonly (
        | 'default'
        | {
            /** The text, or where it begins; may have variables. */
            readonly from: string;
            /** Whatever its case. Default: false. */
            readonly ignoreCase?: boolean;
            /** What comes in its place; may have variables. */
            readonly to: string;
          }
        | {
            /** A pattern; its captures are $1 and so on. */
            readonly pattern: string;
            /** Whatever its case. Default: false. */
            readonly ignoreCase?: boolean;
            /** What comes in its place; may have variables. */
            readonly to: string;
          }
      )[];
  readonly cookies?: ProxyCookies;
  /** Fields of answers that clients do not get. */
  readonly hide?: readonly string[];
  /** Fields that they get although they usually would not, such as X-Accel-Expires. Default: ["date","server"]. */
  readonly pass?: readonly string[];
  /** Fields of answers that mean nothing here, such as X-Accel-Redirect. */
  readonly ignore?: readonly string[];
  /** Trailers go on, those of answers and those of requests. Default: true. */
  readonly trailers?: boolean;
  /** `errorPages` stand for failures of peers too. Default: false. */
  readonly interceptErrors?: boolean;
  /** Answers are taken as fast as peers send them, so that slow clients keep none busy. Default: false. */
  readonly buffer?: boolean;
  /** So much of an answer is kept in memory. Default: "64k". */
  readonly bufferSize?: number | string;
  /** And so much in a file. Default: "1g". */
  readonly maxTempFileSize?: number | string;
  /** The largest head of an answer. Default: "32k". */
  readonly maxHeadSize?: number | string;
  /** Bodies of requests are complete before a peer gets anything. Default: false. */
  readonly bufferRequest?: boolean;
  /** So much of one is kept in memory, the rest in a file. Default: "64k". */
  readonly requestBufferSize?: number | string;
  /** The folder of these files. Default: "the system's". */
  readonly tempFolder?: false | string;
  /** A request goes on where its client has left. Default: false. */
  readonly ignoreClientAbort?: boolean;
  readonly timeouts?: ProxyTimeouts;
  readonly next?: ProxyNext;
  /** The local address that connections come from. Default: false. */
  readonly bind?: false | string;
  /** TCP keepalive. Default: false. */
  readonly socketKeepAlive?: boolean;
  /** Bytes per second of one answer that are read. Default: false. */
  readonly limitRate?: false | string | number;
  /** Ranges also of answers that do not offer them. Default: false. */
  readonly forceRanges?: boolean;
  /** Tells of the client in the PROXY protocol of this version. Default: false. */
  readonly proxyProtocol?: false | number;
  /** Who tells the addresses of hosts that only variables name. Default: "the system". */
  readonly resolver?: false | Resolver;
  /** TLS towards peers, for https. */
  readonly tls?: ProxyTls;
}
