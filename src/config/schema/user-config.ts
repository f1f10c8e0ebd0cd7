// Made of the schema by "npm run config-reference"; see config-schema.ts.

import type { Cache } from './user-caches.ts';
import type { ProxyDefaults, ReverseProxy } from './user-proxies.ts';
import type { ErrorLog, Settings } from './user-settings.ts';
import type { Hsts, Issuer, RedirectToHttps, SharedTls, Tls } from './user-tls.ts';
import type { Upstream } from './user-upstreams.ts';

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
  /** HTTP/2 streams that one connection may have open. Default: 128. */
  readonly maxStreams?: number;
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
  /** Answers over TLS have Strict-Transport-Security: browsers come back with TLS alone. Danger: Browsers do not come back without TLS until its time is over. */
  readonly hsts?: string | false | Hsts;
  /** HTTP/2 is offered to clients that come with TLS. Default: true. */
  readonly http2?: boolean;
  readonly tls?: SharedTls;
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

/** Answers. */
export interface ReturnRule {
  /** The status; 444 without a text closes the connection without an answer. */
  readonly return: number;
  /** The body, or for a redirect where to. */
  readonly text?: string;
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
        /** TLS: true for that of `tls` of the server, 'auto' for a certificate of Let's Encrypt, 'dev' for one of a CA of this machine's own. Default: false. */
        readonly tls?: boolean | 'auto' | 'dev' | Tls;
        /** HTTP/2 whichever server it is; without TLS to clients that begin with it. Default: false. */
        readonly http2?: boolean;
        /** HTTP/3 on the same port of UDP, and answers that tell of it (Alt-Svc). An experiment: only where Galley runs on Bun. Default: false. */
        readonly http3?: boolean;
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
  /** TLS, on those of its addresses that have it: certificates, or 'auto' or 'dev' as for an address. */
  readonly tls?: 'auto' | 'dev' | Tls;
  /** Requests without TLS are sent to the same path with https; those below /.well-known/acme-challenge/ are not. Default: false. */
  readonly redirectToHttps?: boolean | RedirectToHttps;
  /** Timeouts and limits of connections. */
  readonly connection?: Connection;
  /** Two slashes of a path are one. Default: true. */
  readonly mergeSlashes?: boolean;
  readonly realIp?: RealIp;
  /** Answers over TLS have Strict-Transport-Security: browsers come back with TLS alone. Danger: Browsers do not come back without TLS until its time is over. */
  readonly hsts?: string | false | Hsts;
  /** HTTP/2 is offered to clients that come with TLS. Default: true. */
  readonly http2?: boolean;
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
  /** Whom certificates are got from, by name; the first is meant where none is named. */
  readonly issuers?: Readonly<Record<string, Issuer>>;
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
