// Made of the schema by "npm run config-reference"; see config-schema.ts.

import type { ErrorLog, Settings } from './user-settings.ts';

/** A program that answers requests. */
export interface App {
  /** MODULE:ATTR, such as main:app. */
  readonly python: string;
  /** The folder in which it runs and from which it is imported. Default: "the folder of the config". */
  readonly directory?: string;
  /** The Python that runs it. Default: ".venv or venv, else python3". */
  readonly interpreter?: string;
  /** How it is called. Default: "auto". */
  readonly interface?: 'auto' | 'asgi3' | 'asgi2' | 'wsgi';
  /** ATTR is a function that returns the app. Default: false. */
  readonly factory?: boolean;
  /** Run the startup and shutdown events of an ASGI app. Default: "auto". */
  readonly lifespan?: 'auto' | 'on' | 'off';
  /** The path under which it is mounted, such as /api. Default: "". */
  readonly rootPath?: string;
  /** How many processes run it. Default: "auto". */
  readonly workers?:
    | number
    | 'auto'
    | {
        /** The least. */
        readonly min: number;
        /** The most. */
        readonly max: number;
      };
  /** How many requests one worker of a WSGI app handles at a time. Default: 4. */
  readonly threads?: number;
  /** How many requests one worker of an ASGI app handles at a time. Default: 20000. */
  readonly concurrency?: number;
  /** How many requests may wait for a worker; more are answered with 503. Default: 1000. */
  readonly queueSize?: number;
  /** How long one may wait. Default: "30s". */
  readonly queueTimeout?: string;
  /** Import it once and fork the workers from there. Default: "auto". */
  readonly preload?: 'auto' | 'always' | 'never';
  /** Replace a worker after so many requests; 0 for never. Default: 0. */
  readonly maxRequests?: number;
  /** Give each worker up to so many more. Default: 0. */
  readonly maxRequestsJitter?: number;
  /** Replace a worker that has more memory in RAM; 0 for never. Default: 0. */
  readonly maxRss?: number | string;
  /** Replace a worker after so long; 0s for never. Default: "0s". */
  readonly maxLifetime?: string;
  /** How long it may take to begin an answer; 0s for any time. Default: "60s". */
  readonly requestTimeout?: string;
  /** How long requests may take to end when a worker is replaced. Default: "30s". */
  readonly gracefulTimeout?: string;
  /** Variables of its environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A peer of which too many requests fail is left out for a while, then tried with one request. */
export interface Breaker {
  /** The share of requests that fail. Default: 0.5. */
  readonly failureRate?: number;
  /** Of those that ended within so long. Default: "10s". */
  readonly window?: string;
  /** Fewer say nothing. Default: 20. */
  readonly minRequests?: number;
  /** How long it is left out. Default: "30s". */
  readonly open?: string;
}

/** Where answers are kept. */
export interface Cache {
  /** The folder, of this cache alone; without one, answers are kept in memory only. */
  readonly folder?: string;
  /** Answers in the memory of each front thread. Default: "64m". */
  readonly memory?: number | string;
  /** The size of the folder. Default: "1g". */
  readonly maxSize?: number | string | 'any';
  /** So much stays free on the file system. Default: 0. */
  readonly minFree?: number | string;
  /** How many characters the names of folders in folders have. Default: [1,2]. */
  readonly levels?: readonly number[];
  /** The largest answer that is kept. Default: "memory 8m, in a folder 1g". */
  readonly maxEntry?: number | string;
  /** How many answers are kept. Default: 100000. */
  readonly maxEntries?: number;
  /** What nobody asked for so long is removed. Default: "1d". */
  readonly inactive?: string;
}

/** What holds before the host of a request is known: that of the default server of an address. */
export interface Connection {
  /** From the first byte of a head to its last. Default: "10s". */
  readonly headTimeout?: string;
  /** Longest time in which a client takes nothing of an answer. Default: "1m". */
  readonly sendTimeout?: string;
  /** The longest silence between requests. Default: "1m 15s". */
  readonly keepAlive?: string;
  /** How many requests a connection may have. Default: 1000000. */
  readonly keepAliveRequests?: number;
  /** How long a connection is kept in all. Default: "1h". */
  readonly keepAliveTime?: string;
  /** The whole head. Default: "16k". */
  readonly maxHeadSize?: number | string;
  /** One field. Default: "16k". */
  readonly maxFieldSize?: number | string;
  /** The number of fields. Default: 100. */
  readonly maxFieldCount?: number;
  /** The path with its query. Default: "8k". */
  readonly maxTargetSize?: number | string;
  /** Fields with _ in their names are kept. Default: false. Danger: Apps take X_Forwarded_For for X-Forwarded-For: clients can forge what a proxy says. */
  readonly underscoresInHeaders?: boolean;
}

/** Counts that several connection limits share. */
export interface ConnectionZone {
  /** What is counted by. */
  readonly key: string;
  /** Memory for keys. Default: "10m". */
  readonly memory?: number | string;
}

/** What servers inherit. */
export interface Defaults extends Settings {
  /** Timeouts and limits of connections. */
  readonly connection?: Connection;
  /** Two slashes of a path are one. Default: true. */
  readonly mergeSlashes?: boolean;
  readonly realIp?: RealIp;
  /** What proxies inherit. */
  readonly proxy?: ProxyDefaults;
}

/** Whether there is a folder. */
export interface DirectoryCondition {
  /** Its path. */
  readonly directory: string;
  /** The opposite. Default: false. */
  readonly not?: boolean;
}

/** Whether a variable has a value. */
export interface EqualsCondition {
  /** The variable, without the $. */
  readonly variable: string;
  /** The value; may have variables. */
  readonly equals: string;
  /** The opposite. Default: false. */
  readonly not?: boolean;
}

/** Whether there is a program. */
export interface ExecutableCondition {
  /** Its path. */
  readonly executable: string;
  /** The opposite. Default: false. */
  readonly not?: boolean;
}

/** Whether there is anything. */
export interface ExistsCondition {
  /** Its path. */
  readonly exists: string;
  /** The opposite. Default: false. */
  readonly not?: boolean;
}

/** Whether there is a file. */
export interface FileCondition {
  /** Its path. */
  readonly file: string;
  /** The opposite. Default: false. */
  readonly not?: boolean;
}

/** The value by the address of the client. */
export interface GeoVariable {
  /** The address, such as '$remote_addr'. */
  readonly geo: string;
  /** Values by network. */
  readonly entries: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  /** The value of all else. Default: "". */
  readonly default?: string;
  /** Keys are ranges such as 10.0.0.0-10.0.0.9. Default: false. */
  readonly ranges?: boolean;
  /** Networks whose X-Forwarded-For is believed. */
  readonly proxies?: readonly string[];
  /** The last address that is of none of them counts. Default: false. */
  readonly proxyRecursive?: boolean;
}

/** The same peer for the same key. */
export interface HashBalance {
  /** The key, such as '$request_uri'. */
  readonly hash: string;
  /** A peer more or less moves few keys (ketama). Default: true. */
  readonly consistent?: boolean;
}

/** Each peer is asked now and then, so that one that is dead gets nothing. */
export interface HealthCheck {
  /** tcp: it is enough that it takes a connection. Default: "http". */
  readonly kind?: 'http' | 'tcp';
  /** How often. Default: "5s". */
  readonly interval?: string;
  /** At random up to so much later. Default: "1s". */
  readonly jitter?: string;
  /** How long an answer may take. Default: "3s". */
  readonly timeout?: string;
  /** So many in a row and it gets nothing. Default: 3. */
  readonly fails?: number;
  /** So many in a row and it is used again. Default: 2. */
  readonly passes?: number;
  /** What is asked for. Default: "/". */
  readonly uri?: string;
  /** The host that is named. Default: "the peer's name". */
  readonly host?: string;
  /** The port that is asked. Default: "the peer's own". */
  readonly port?: number;
  /** What it may answer. Default: ["200-399"]. */
  readonly statuses?: readonly (number | string)[];
  /** A text that the answer holds. */
  readonly body?: string;
  /** A new peer gets nothing before it has passed. Default: false. */
  readonly mandatory?: boolean;
}

/** Rules and settings that hold where a condition does. */
export interface IfRule {
  /** The condition. */
  readonly if:
    | SetCondition
    | EqualsCondition
    | MatchesCondition
    | FileCondition
    | DirectoryCondition
    | ExistsCondition
    | ExecutableCondition;
  /** What is done then. */
  readonly rules?: readonly Rule[];
  /** What holds for the request from then on. Neither `tryFiles` of the location nor settings of an `if` before it do then. */
  readonly settings?: IfSettings;
}

/** Settings of an `if`. */
export interface IfSettings extends Settings {
  /** The app that answers, by its name in `apps`. */
  readonly app?: string;
  /** Answers with counts of connections and requests, as nginx tells them. Danger: Tells everybody how busy the server is: allow it to some addresses alone. */
  readonly stubStatus?: boolean;
  /** Answers with one transparent pixel. */
  readonly emptyGif?: boolean;
  /** Reached by redirects inside the server alone; clients get 404. Default: false. */
  readonly internal?: boolean;
  /** The first of these that exists is served, a folder where it ends with '/'; the last one is a path, '@name' or '=STATUS' for where none does. */
  readonly tryFiles?: readonly string[];
  /** Requests go on to another server: a URL, or an object, whose settings inner levels have too. `to` they do not have. */
  readonly proxy?: string | ReverseProxy;
}

/** The one that answers fastest. */
export interface LeastTimeBalance {
  /** Until the head of an answer, or until its end. */
  readonly leastTime: 'header' | 'last-byte';
}

/** What holds for some paths. */
export interface Location extends Settings {
  /** '/x/' for all that begins with it, '= /x' for this one, '^~ /x/' where no pattern is to be looked at, '~ pattern' or '~* pattern' whatever the case, '@name' for redirects inside the server. */
  readonly path: string;
  /** The folder that the location's path stands for, or the file where that is one path; relative to the config. */
  readonly files?: string;
  /** The app that answers, by its name in `apps`. */
  readonly app?: string;
  /** Answers with counts of connections and requests, as nginx tells them. Danger: Tells everybody how busy the server is: allow it to some addresses alone. */
  readonly stubStatus?: boolean;
  /** Answers with one transparent pixel. */
  readonly emptyGif?: boolean;
  /** Reached by redirects inside the server alone; clients get 404. Default: false. */
  readonly internal?: boolean;
  /** The first of these that exists is served, a folder where it ends with '/'; the last one is a path, '@name' or '=STATUS' for where none does. */
  readonly tryFiles?: readonly string[];
  /** Requests go on to another server: a URL, or an object, whose settings inner levels have too. `to` they do not have. */
  readonly proxy?: string | ReverseProxy;
  /** Redirects clients that limits and access let pass; of a server, where no location is for the path. Danger: Where `$uri` or a capture stands before the path, clients can choose the host. */
  readonly redirect?:
    | string
    | {
        /** Where to: a URL, or a path of this server; may have variables. */
        readonly to: string;
        /** The status. Default: 302. */
        readonly status?: number;
      };
  /** Answers clients that limits and access let pass; of a server, where no location is for the path. */
  readonly respond?:
    | number
    | string
    | {
        /** The status; 444 without a text closes the connection without an answer. Default: 200. */
        readonly status?: number;
        /** The body; may have variables. */
        readonly text?: string;
        /** Its media type. Default: "text/plain". */
        readonly type?: string;
      };
  /** What is done in order before anything answers. */
  readonly rules?: readonly Rule[];
  /** Locations inside of this one. */
  readonly locations?: readonly Location[];
}

/** The value by what a text is. */
export interface MapVariable {
  /** The text, such as '$host'; compared whatever its case. */
  readonly map: string;
  /** Values by text; keys that begin with ~ or ~* are patterns. */
  readonly entries: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  /** The value of all else. Default: "". */
  readonly default?: string;
  /** Keys may be *.example.com and the like. Default: false. */
  readonly hostnames?: boolean;
  /** Computed anew each time. Default: false. */
  readonly volatile?: boolean;
}

/** Whether a variable fits a pattern. */
export interface MatchesCondition {
  /** The variable, without the $. */
  readonly variable: string;
  /** The pattern; its captures are $1 and so on. */
  readonly matches: string;
  /** Whatever its case. Default: false. */
  readonly ignoreCase?: boolean;
  /** The opposite. Default: false. */
  readonly not?: boolean;
}

/** A server that answers for this one. */
export interface Peer {
  /** HOST:PORT, [IPV6]:PORT or unix:PATH; without a port it is 80's. */
  readonly address: string;
  /** How much it gets, beside the weights of the others. Default: 1. */
  readonly weight?: number;
  /** After so many failures within `failTimeout` it is left out for as long; 0 for never. Default: 1. */
  readonly maxFails?: number;
  /** See `maxFails`. Default: "10s". */
  readonly failTimeout?: string;
  /** How many requests it may have at a time; 0 for any number. Default: 0. */
  readonly maxConnections?: number;
  /** Only for when all others cannot be used. Default: false. */
  readonly backup?: boolean;
  /** It gets nothing. Default: false. */
  readonly down?: boolean;
  /** How long its share grows after it has come back. Default: "0s". */
  readonly slowStart?: string;
  /** What sticky cookies and routes name it by. Default: "a hash of its address". */
  readonly route?: string;
  /** Its name is looked up again when the answer is too old. Default: "true for names, but localhost". */
  readonly resolve?: boolean;
  /** SRV records of this service, such as 'http', tell hosts, ports and weights. */
  readonly service?: string;
}

/** What concerns the process as a whole. */
export interface Process {
  /** How many threads read requests and write answers. Default: "auto". */
  readonly frontThreads?: number | 'auto';
  /** Where failures are logged. */
  readonly errorLog?: ErrorLog | readonly ErrorLog[];
  /** Where the process id is written. */
  readonly pidFile?: string;
  /** Who Galley becomes when it has opened its sockets. */
  readonly user?:
    | string
    | {
        /** The user. */
        readonly name: string;
        /** The group. */
        readonly group?: string;
      };
  /** How long requests may take to end when Galley stops. */
  readonly gracefulTimeout?: string;
  /** Client connections of one front thread. */
  readonly maxConnections?: number;
  /** How many files are to be open at most: Galley cannot raise the limit, and warns where it is lower. */
  readonly openFiles?: number;
  /** Variables of Galley's own environment. */
  readonly environment?: Readonly<Record<string, string | null>>;
  /** Goes on in the background. */
  readonly daemon?: boolean;
}

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
  /** The version of HTTP. */
  readonly version?: '2' | '1.0' | '1.1';
  /** Connections are kept for the next request, where the upstream keeps any. */
  readonly keepAlive?: boolean;
  /** The host that is named: the client's, or the URL's. */
  readonly host?: 'client' | 'target';
  /** Fields of requests, in place of the client's; an empty text leaves one out. Replaces the outer level's. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Tells of the client by X-Forwarded-For and its like, or by Forwarded too. */
  readonly forwarded?: false | 'x-forwarded' | 'both';
  /** Adds itself to Via, in both directions. */
  readonly via?: boolean;
  /** WebSockets and other upgrades go through. */
  readonly upgrade?: boolean;
  /** Fields of requests go on. */
  readonly passHeaders?: boolean;
  /** Bodies of requests go on. */
  readonly passBody?: boolean;
  /** In place of the request's. */
  readonly method?: false | string;
  /** In place of the request's. */
  readonly body?: false | string;
  /** Redirects of peers lead to this server; true or 'default' puts the location's path for the URL. */
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
  /** Fields that they get although they usually would not, such as X-Accel-Expires. */
  readonly pass?: readonly string[];
  /** Fields of answers that mean nothing here, such as X-Accel-Redirect. */
  readonly ignore?: readonly string[];
  /** Trailers of answers go on. */
  readonly trailers?: boolean;
  /** `errorPages` stand for failures of peers too. */
  readonly interceptErrors?: boolean;
  /** Answers are taken as fast as peers send them, so that slow clients keep none busy. */
  readonly buffer?: boolean;
  /** So much of an answer is kept in memory. */
  readonly bufferSize?: number | string;
  /** And so much in a file. */
  readonly maxTempFileSize?: number | string;
  /** The largest head of an answer. */
  readonly maxHeadSize?: number | string;
  /** Bodies of requests are complete before a peer gets anything. */
  readonly bufferRequest?: boolean;
  /** So much of one is kept in memory, the rest in a file. */
  readonly requestBufferSize?: number | string;
  /** The folder of these files. Default: "the system's". */
  readonly tempFolder?: false | string;
  /** A request goes on where its client has left. */
  readonly ignoreClientAbort?: boolean;
  readonly timeouts?: ProxyTimeouts;
  readonly next?: ProxyNext;
  /** The local address that connections come from. */
  readonly bind?: false | string;
  /** TCP keepalive. */
  readonly socketKeepAlive?: boolean;
  /** Bytes per second of one answer that are read. */
  readonly limitRate?: false | string | number;
  /** Ranges also of answers that do not offer them. */
  readonly forceRanges?: boolean;
  /** Tells of the client in the PROXY protocol of this version. */
  readonly proxyProtocol?: false | number;
  /** Who tells the addresses of hosts that only variables name. Default: "the system". */
  readonly resolver?: false | Resolver;
  /** TLS towards peers, for https. */
  readonly tls?: ProxyTls;
}

/** When another peer is tried. */
export interface ProxyNext {
  /** For which failures; an empty list for none. Danger: With 'non_idempotent' an order may be placed twice. */
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
  /** How many attempts there are at most; 0 for any number. */
  readonly tries?: number;
  /** After so long there are no more; 0s for any time. */
  readonly timeout?: string;
}

/** How long peers may take. */
export interface ProxyTimeouts {
  /** To take a connection. */
  readonly connect?: string;
  /** The longest time in which one takes nothing. */
  readonly send?: string;
  /** The longest silence. */
  readonly read?: string;
}

/** TLS towards peers. */
export interface ProxyTls {
  /** Tells the name that is asked for (SNI). */
  readonly serverName?: boolean;
  /** The name that is asked for and verified. Default: "the URL's host". */
  readonly name?: false | string;
  /** Certificates are verified. Danger: Without it whoever is between can read and change everything. */
  readonly verify?: boolean;
  /** How many certificates may lie between. */
  readonly verifyDepth?: number;
  /** A file of certificates that are trusted. Default: "those of the system". */
  readonly trustedCertificate?: false | string;
  /** A file of certificates that are revoked. */
  readonly crl?: false | string;
  /** Galley's own certificate. */
  readonly certificate?: false | string;
  /** Its key. */
  readonly certificateKey?: false | string;
  /** Passwords of the key, one a line. */
  readonly passwordFile?: false | string;
  /** Versions of TLS. Default: "TLSv1.2 and TLSv1.3". */
  readonly protocols?: readonly ('TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3')[];
  /** Ciphers, as OpenSSL lists them. */
  readonly ciphers?: false | string;
  /** Sessions are used again. */
  readonly sessionReuse?: boolean;
}

/** The better of two that are drawn. */
export interface RandomBalance {
  /** What makes one better. */
  readonly random: 'least-connections' | 'least-time';
}

/** Whose word is taken for the client's address. */
export interface RealIp {
  /** Addresses and networks of proxies. */
  readonly from?: readonly string[];
  /** The field that names it. Default: "x-forwarded-for". */
  readonly header?: string;
  /** The last address that is of no proxy counts. Default: true. */
  readonly recursive?: boolean;
}

/** Counts that several rate limits share. */
export interface RequestZone {
  /** What is counted by. */
  readonly key: string;
  /** How often, such as '10/s'. */
  readonly rate: string;
  /** Memory for keys. Default: "10m". */
  readonly memory?: number | string;
}

/** Who tells the addresses of names. */
export interface Resolver {
  /** Name servers such as '10.0.0.2' or '[::1]:5353', asked in turn. Default: "those of the system". */
  readonly servers?: readonly string[];
  /** How long an answer holds. Default: "its time to live". */
  readonly valid?: string;
  /** IPv4 addresses are asked for. Default: true. */
  readonly ipv4?: boolean;
  /** IPv6 addresses are asked for. Default: true. */
  readonly ipv6?: boolean;
  /** How long an answer may take. Default: "5s". */
  readonly timeout?: string;
}

/** Answers. */
export interface ReturnRule {
  /** The status; 444 without a text closes the connection without an answer. */
  readonly return: number;
  /** The body, or for a redirect where to. */
  readonly text?: string;
}

/** Requests go on to other servers. */
export interface ReverseProxy {
  /** Where to: a URL with a host, or with the name of one of the `upstreams`, or of a socket as 'http://unix:/run/x.sock'; grpc:// and grpcs:// speak HTTP/2. A path in it takes the place of the location's. May have variables. */
  readonly to?: string;
  /** The version of HTTP. */
  readonly version?: '2' | '1.0' | '1.1';
  /** Connections are kept for the next request, where the upstream keeps any. */
  readonly keepAlive?: boolean;
  /** The host that is named: the client's, or the URL's. */
  readonly host?: 'client' | 'target';
  /** Fields of requests, in place of the client's; an empty text leaves one out. Replaces the outer level's. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Tells of the client by X-Forwarded-For and its like, or by Forwarded too. */
  readonly forwarded?: false | 'x-forwarded' | 'both';
  /** Adds itself to Via, in both directions. */
  readonly via?: boolean;
  /** WebSockets and other upgrades go through. */
  readonly upgrade?: boolean;
  /** Fields of requests go on. */
  readonly passHeaders?: boolean;
  /** Bodies of requests go on. */
  readonly passBody?: boolean;
  /** In place of the request's. */
  readonly method?: false | string;
  /** In place of the request's. */
  readonly body?: false | string;
  /** Redirects of peers lead to this server; true or 'default' puts the location's path for the URL. */
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
  /** Fields that they get although they usually would not, such as X-Accel-Expires. */
  readonly pass?: readonly string[];
  /** Fields of answers that mean nothing here, such as X-Accel-Redirect. */
  readonly ignore?: readonly string[];
  /** Trailers of answers go on. */
  readonly trailers?: boolean;
  /** `errorPages` stand for failures of peers too. */
  readonly interceptErrors?: boolean;
  /** Answers are taken as fast as peers send them, so that slow clients keep none busy. */
  readonly buffer?: boolean;
  /** So much of an answer is kept in memory. */
  readonly bufferSize?: number | string;
  /** And so much in a file. */
  readonly maxTempFileSize?: number | string;
  /** The largest head of an answer. */
  readonly maxHeadSize?: number | string;
  /** Bodies of requests are complete before a peer gets anything. */
  readonly bufferRequest?: boolean;
  /** So much of one is kept in memory, the rest in a file. */
  readonly requestBufferSize?: number | string;
  /** The folder of these files. Default: "the system's". */
  readonly tempFolder?: false | string;
  /** A request goes on where its client has left. */
  readonly ignoreClientAbort?: boolean;
  readonly timeouts?: ProxyTimeouts;
  readonly next?: ProxyNext;
  /** The local address that connections come from. */
  readonly bind?: false | string;
  /** TCP keepalive. */
  readonly socketKeepAlive?: boolean;
  /** Bytes per second of one answer that are read. */
  readonly limitRate?: false | string | number;
  /** Ranges also of answers that do not offer them. */
  readonly forceRanges?: boolean;
  /** Tells of the client in the PROXY protocol of this version. */
  readonly proxyProtocol?: false | number;
  /** Who tells the addresses of hosts that only variables name. Default: "the system". */
  readonly resolver?: false | Resolver;
  /** TLS towards peers, for https. */
  readonly tls?: ProxyTls;
}

/** Changes the path of a request. */
export interface RewriteRule {
  /** The pattern that the path fits. */
  readonly rewrite: string;
  /** The new path, or a URL to which clients are redirected; $1 and so on are what the pattern captured. */
  readonly to: string;
  /** last: a location is looked for anew; break: no further rule; the others redirect clients. */
  readonly flag?: 'last' | 'break' | 'redirect' | 'permanent';
}

/** One step of what is done before anything answers. */
export type Rule = SetRule | RewriteRule | ReturnRule | 'break' | IfRule;

/** One site. */
export interface Server extends Settings {
  /** Where it listens. */
  readonly listen: readonly (
    | string
    | {
        /** HOST:PORT, :PORT for all addresses, [IPV6]:PORT or unix:PATH. */
        readonly address: string;
        /** This server answers for hosts that none is for. Default: "the first one". */
        readonly default?: boolean;
        /** An IPv6 address takes no IPv4 connections. Default: true. */
        readonly ipv6Only?: boolean;
        /** Each connection begins with a PROXY protocol header that tells of its client. Default: false. Danger: Whoever can connect can pass for any client: let only the proxy in. */
        readonly proxyProtocol?: boolean;
        /** How many connections may wait in the kernel. */
        readonly backlog?: number;
      }
  )[];
  /** Its hosts: 'example.com', '*.example.com', '.example.com' for both, 'www.example.*' or '~pattern'. */
  readonly hosts?: readonly string[];
  /** The folder of its files; relative to the config. */
  readonly files?: string;
  /** The app that answers, by its name in `apps`. */
  readonly app?: string;
  /** Answers with counts of connections and requests, as nginx tells them. Danger: Tells everybody how busy the server is: allow it to some addresses alone. */
  readonly stubStatus?: boolean;
  /** Answers with one transparent pixel. */
  readonly emptyGif?: boolean;
  /** Reached by redirects inside the server alone; clients get 404. Default: false. */
  readonly internal?: boolean;
  /** The first of these that exists is served, a folder where it ends with '/'; the last one is a path, '@name' or '=STATUS' for where none does. */
  readonly tryFiles?: readonly string[];
  /** Requests go on to another server: a URL, or an object, whose settings inner levels have too. `to` they do not have. */
  readonly proxy?: string | ReverseProxy;
  /** Redirects clients that limits and access let pass; of a server, where no location is for the path. Danger: Where `$uri` or a capture stands before the path, clients can choose the host. */
  readonly redirect?:
    | string
    | {
        /** Where to: a URL, or a path of this server; may have variables. */
        readonly to: string;
        /** The status. Default: 302. */
        readonly status?: number;
      };
  /** Answers clients that limits and access let pass; of a server, where no location is for the path. */
  readonly respond?:
    | number
    | string
    | {
        /** The status; 444 without a text closes the connection without an answer. Default: 200. */
        readonly status?: number;
        /** The body; may have variables. */
        readonly text?: string;
        /** Its media type. Default: "text/plain". */
        readonly type?: string;
      };
  /** Timeouts and limits of connections. */
  readonly connection?: Connection;
  /** Two slashes of a path are one. Default: true. */
  readonly mergeSlashes?: boolean;
  readonly realIp?: RealIp;
  /** What is done in order before anything answers. */
  readonly rules?: readonly Rule[];
  /** What holds for some paths. */
  readonly locations?: readonly Location[];
}

/** Neither empty nor '0'. */
export interface SetCondition {
  /** The variable, without the $. */
  readonly variable: string;
}

/** Sets a variable. */
export interface SetRule {
  /** The variable, without the $. */
  readonly set: string;
  /** Its value; may have variables. */
  readonly value: string;
}

/** The value by chance, always the same for the same text. */
export interface SplitVariable {
  /** The text, such as '$remote_addr'. */
  readonly split: string;
  /** The values. */
  readonly parts: readonly {
    /** How many of a hundred. Default: "the rest". */
    readonly percent?: number;
    /** The value. */
    readonly value: string;
  }[];
}

/** A cookie tells which peer a client has been at. */
export interface StickyCookie {
  /** Its name. */
  readonly cookie: string;
  /** How long browsers keep it. Default: "as long as they run". */
  readonly expires?: string | 'max';
  /** For which domain. */
  readonly domain?: string;
  /** For which path. */
  readonly path?: string;
  /** 'secure', 'httponly', 'samesite=lax' and so on. */
  readonly flags?: readonly string[];
}

/** A text that holds the peer's `route`. */
export interface StickyRoute {
  /** Texts with variables such as '$cookie_route'; the first that is not empty counts. */
  readonly route: readonly string[];
}

/** Servers that answer for this one. */
export interface Upstream {
  /** Who they are. */
  readonly peers: readonly (string | Peer)[];
  /** Who of them gets a request. Default: "round-robin". */
  readonly balance?:
    | 'round-robin'
    | 'least-connections'
    | 'random'
    | 'ip-hash'
    | 'least-time'
    | HashBalance
    | RandomBalance
    | LeastTimeBalance;
  /** Clients go on with the peer that they have been at. Default: false. */
  readonly sticky?: false | StickyCookie | StickyRoute;
  /** Connections that are kept for the next request. */
  readonly keepAlive?: false | number | UpstreamKeepAlive;
  /** Requests that may wait while no peer can take one. Default: false. */
  readonly queue?:
    | false
    | {
        /** How many. */
        readonly requests: number;
        /** For how long. Default: "60s". */
        readonly wait?: string;
      };
  /** Peers are asked whether they live. Default: false. */
  readonly healthCheck?: boolean | HealthCheck;
  /** Peers of which too many requests fail are left out. Default: false. */
  readonly breaker?: boolean | Breaker;
  /** Who tells the addresses of peers that have names; false looks them up once, as the system does. Default: "the name servers of the system". */
  readonly resolver?: false | Resolver;
}

/** Connections that are kept for the next request. */
export interface UpstreamKeepAlive {
  /** Idle ones of one front thread; 0 for none. Default: 64. */
  readonly idle?: number;
  /** Requests over one of them. Default: 1000000. */
  readonly requests?: number;
  /** How long one is used in all. Default: "1h". */
  readonly time?: string;
  /** How long one may be idle. Default: "55s". */
  readonly timeout?: string;
}

/** What galley.config.ts exports and galley.config.json is. */
export interface UserConfig {
  /** Where editors find the schema of this file. */
  readonly $schema?: string;
  /** The apps, by name. */
  readonly apps?: Readonly<Record<string, App>>;
  /** Servers that answer for this one, by a name that URLs of `proxy` may have. */
  readonly upstreams?: Readonly<Record<string, Upstream>>;
  /** Where answers are kept, by name. */
  readonly caches?: Readonly<Record<string, Cache>>;
  /** The sites. */
  readonly servers?: readonly Server[];
  readonly defaults?: Defaults;
  /** Variables that are computed from others, by name without the $. */
  readonly variables?: Readonly<Record<string, MapVariable | GeoVariable | SplitVariable>>;
  /** Counts that several rate limits share, by name. */
  readonly requestZones?: Readonly<Record<string, RequestZone>>;
  /** Counts that several connection limits share, by name. */
  readonly connectionZones?: Readonly<Record<string, ConnectionZone>>;
  /** How lines of logs look, by name. */
  readonly logFormats?: Readonly<
    Record<
      string,
      | string
      | {
          /** One line; has variables. */
          readonly text: string;
          /** How values are made safe. */
          readonly escape: 'default' | 'json' | 'none';
        }
    >
  >;
  readonly process?: Process;
}
