// Made of the schema by "npm run config-reference"; see config-schema.ts.

import type { CacheUse } from './user-caches.ts';

/** A log of requests. */
export interface AccessLog {
  /** A file, maybe with variables, 'stdout' or 'stderr'. */
  readonly to: string;
  /** A name in `logFormats`, or 'galley', 'galley-json' or 'combined'. Default: "galley". */
  readonly format?: string;
  /** Lines are kept until there is so much. Default: 0. */
  readonly buffer?: number | string;
  /** For how long they are kept at most. Default: "0s". */
  readonly flush?: string;
  /** The level of compression; 0 for none. Default: 0. */
  readonly gzip?: number;
  /** Logged where this is neither empty nor '0'. */
  readonly if?: string;
}

/** What stands around answers. */
export interface Addition {
  /** A path whose answer comes before. Default: false. */
  readonly before?: false | string;
  /** A path whose answer comes after. Default: false. */
  readonly after?: false | string;
  /** Media types to which it is added. Default: ["text/html"]. */
  readonly types?: readonly string[];
}

/** Lists of folders. */
export interface Autoindex {
  /** Whether there are any. Default: false. */
  readonly enabled?: boolean;
  /** How they are written. Default: "html". */
  readonly format?: 'html' | 'xml' | 'json' | 'jsonp';
  /** Sizes in bytes. Default: false. */
  readonly exactSize?: boolean;
  /** Local time in place of UTC. Default: false. */
  readonly localTime?: boolean;
}

/** Names and passwords. */
export interface BasicAuth {
  /** What is shown to users; false for no passwords. */
  readonly realm?: false | string;
  /** A file as htpasswd writes it. */
  readonly userFile?: string;
}

/** One encoding. */
export interface BrotliEncoder {
  /** Whether it is used. */
  readonly enabled?: boolean;
  /** How hard it tries. */
  readonly level?: number;
}

/** The charset of answers. */
export interface Charset {
  /** Its name. */
  readonly charset?: false | string;
  /** The charset of the files; they are recoded where it is another one. Default: false. */
  readonly source?: false | string;
  /** Also for answers that name one. Default: false. */
  readonly override?: boolean;
  /** Media types that get one. Default: "those of text". */
  readonly types?: readonly string[];
}

/** What is compressed. */
export interface Compression {
  /** gzip, level 1 to 9. Default: 5. */
  readonly gzip?: boolean | number | GzipEncoder;
  /** Brotli, level 0 to 11. Default: 4. */
  readonly brotli?: boolean | number | BrotliEncoder;
  /** Zstandard, level 1 to 22. Default: 3. */
  readonly zstd?: boolean | number | ZstdEncoder;
  /** Shorter answers are left as they are. Default: "1k". */
  readonly minLength?: number | string;
  /** Media types; '*' for all. Default: "text, JSON, XML, SVG, wasm and some fonts". */
  readonly types?: readonly string[];
  /** Tells caches of it: Vary. Default: true. */
  readonly vary?: boolean;
  /** Which answers to requests that came through proxies. Default: ["any"]. */
  readonly proxied?: readonly (
    | 'off'
    | 'expired'
    | 'no-cache'
    | 'no-store'
    | 'private'
    | 'no_last_modified'
    | 'no_etag'
    | 'auth'
    | 'any'
  )[];
  /** The least version of HTTP. Default: "1.1". */
  readonly httpVersion?: '1.0' | '1.1';
  /** Patterns of clients that get nothing compressed. */
  readonly disable?: readonly string[];
}

/** How many requests there may be at a time. */
export interface ConnectionLimit {
  /** What is counted by, such as '$remote_addr'. */
  readonly key: string;
  /** How many. */
  readonly number: number;
  /** Memory for keys. Default: "10m". */
  readonly memory?: number | string;
}

/** Which other sites may read answers. */
export interface Cors {
  /** Origins such as 'https://example.com', or '*' for all. Default: "*". */
  readonly origins?: '*' | readonly string[];
  /** The methods that they may use. Default: ["GET","HEAD","POST","PUT","PATCH","DELETE"]. */
  readonly methods?: readonly string[];
  /** The fields that they may send; without it those that they ask for. */
  readonly headers?: readonly string[];
  /** The fields that their scripts may read. */
  readonly exposedHeaders?: readonly string[];
  /** Cookies are sent along. Default: false. Danger: Pages of these origins can do what the user can do: list only your own. */
  readonly credentials?: boolean;
  /** How long browsers remember it. Default: "1h". */
  readonly maxAge?: string;
}

/** A log of what goes wrong. */
export interface ErrorLog {
  /** A file or 'stderr'. */
  readonly to: string;
  /** How much. Default: "error". */
  readonly level?: 'debug' | 'info' | 'notice' | 'warn' | 'error' | 'crit' | 'alert' | 'emerg';
}

/** What clients get in place of some failures. */
export interface ErrorPage {
  /** For which statuses. */
  readonly statuses: readonly number[];
  /** A path of this server, '@name' for a location, or a URL to which clients are redirected. */
  readonly target: string;
  /** The status that clients get: 'handler' for that of what answers. Default: "that of the failure". */
  readonly status?: number | 'handler';
}

/** One encoding. */
export interface GzipEncoder {
  /** Whether it is used. */
  readonly enabled?: boolean;
  /** How hard it tries. */
  readonly level?: number;
}

/** Who may use other methods. */
export interface LimitExcept {
  /** The methods that everybody may use; GET stands for HEAD too. */
  readonly methods: readonly string[];
  /** Who may use the others. */
  readonly access?: readonly (
    | {
        /** An address, a network such as 10.0.0.0/8, 'unix:' or 'all'. */
        readonly allow: string;
      }
    | {
        /** The same. */
        readonly deny: string;
      }
  )[];
  /** The password for the others; false for none. Default: "that of the location". */
  readonly basicAuth?:
    | false
    | {
        /** What is shown to users. */
        readonly realm: string;
        /** A file as htpasswd writes it. */
        readonly userFile: string;
      };
}

/** How often a client, or whatever the key tells apart, may ask. */
export interface RateLimit {
  /** What is counted by, such as '$remote_addr'; requests for which it is empty are not limited. */
  readonly key: string;
  /** How often, such as '10/s' or '30/m'. */
  readonly rate: string;
  /** How many requests above the rate are let through. Default: 0. */
  readonly burst?: number;
  /** From which of the burst on requests wait, so that the rate is kept. Default: "never". */
  readonly delayAfter?: number | 'never';
  /** Memory for keys. Default: "10m". */
  readonly memory?: number | string;
}

/** What Referer may be; `$invalid_referer` is 1 for all else. */
export interface Referers {
  /** None. */
  readonly none?: boolean;
  /** One without http:// or https://. */
  readonly blocked?: boolean;
  /** Hosts, with * and a path where wanted; patterns begin with ~. */
  readonly names?: readonly string[];
  /** The hosts of the server. */
  readonly serverNames?: boolean;
}

/** What browsers are to refuse. false leaves a field out. */
export interface SecurityHeaders {
  /** X-Content-Type-Options. Default: "nosniff". */
  readonly contentTypeOptions?: false | string;
  /** X-Frame-Options. Default: "SAMEORIGIN". */
  readonly frameOptions?: false | string;
  /** Referrer-Policy. Default: "strict-origin-when-cross-origin". */
  readonly referrerPolicy?: false | string;
  /** Cross-Origin-Opener-Policy. Default: "same-origin". */
  readonly openerPolicy?: false | string;
  /** Content-Security-Policy. Default: false. */
  readonly contentSecurityPolicy?: false | string;
  /** Permissions-Policy. Default: false. */
  readonly permissionsPolicy?: false | string;
  /** Strict-Transport-Security. Default: false. Danger: Browsers do not come back without TLS until its time is over. */
  readonly strictTransportSecurity?: false | string;
}

/** What servers, locations and the `if` of rules may say. */
export interface Settings {
  /** What clients get in place of some failures, such as { 404: "/404.html" }. */
  readonly errorPages?: Readonly<Record<string, string>> | readonly ErrorPage[];
  /** Failures of error pages have error pages too. Default: false. */
  readonly recursiveErrorPages?: boolean;
  /** Each request is made once more at these paths; their answers are thrown away. */
  readonly mirrors?: readonly string[];
  /** Mirrored requests have the body. Default: true. */
  readonly mirrorsBody?: boolean;
  /** The longest request body; 0 for any. Default: "100m". Danger: Long bodies take memory and disk of whoever reads them. */
  readonly maxBodySize?: number | string;
  /** The longest silence inside a request body. Default: "1m". */
  readonly bodyTimeout?: string;
  /** Redirects that Galley makes name scheme and host. Default: false. */
  readonly absoluteRedirects?: boolean;
  /** They name the port as well. Default: true. */
  readonly portInRedirects?: boolean;
  /** They name the server's first host in place of the request's. Default: false. */
  readonly serverNameInRedirects?: boolean;
  /** What the field Server says: the name, name and version, or a text. Default: "name". */
  readonly serverHeader?:
    | 'name'
    | 'full'
    | {
        /** What it says. */
        readonly text: string;
      };
  /** The folder to which the request's path is added; relative to the config. Default: "no files". */
  readonly root?:
    | string
    | {
        /** The folder; may have variables. */
        readonly path: string;
        /** It stands for the location's path exactly as both are written. */
        readonly alias: boolean;
      };
  /** The file of a folder that is served for it. Default: "index.html". */
  readonly index?: string | readonly string[];
  /** Folders without an index are listed. Danger: Shows files to which nothing links. */
  readonly autoindex?: boolean | Autoindex;
  /** Media types by extension, without the dot; replaces the table. Default: "the usual ones". */
  readonly types?: Readonly<Record<string, string>>;
  /** The media type of other extensions. Default: "application/octet-stream". */
  readonly defaultType?: string;
  /** Files have an ETag. Default: true. */
  readonly etag?: boolean;
  /** When If-Modified-Since is answered by 304: never, at the very time, or also later. Default: "before". */
  readonly ifModifiedSince?: 'off' | 'exact' | 'before';
  /** How many ranges one request may ask for; 0 for none. Default: 16. */
  readonly maxRanges?: number | 'any';
  /** Files beside the file are sent in its place where the client takes them, best first; true for br, zstd and gzip. Default: false. */
  readonly precompressed?:
    | boolean
    | readonly (
        | 'gzip'
        | 'br'
        | 'zstd'
        | {
            /** Its extension is .gz, .br or .zst. */
            readonly encoding: 'gzip' | 'br' | 'zstd';
            /** Also for clients that did not ask for it. */
            readonly always: boolean;
          }
      )[];
  /** Whether symbolic links below the root are followed. Default: "deny". Danger: Who may write below the root can show any file that Galley may read. */
  readonly symlinks?: 'allow' | 'deny' | 'same-owner';
  /** Whether what begins with a dot is served; /.well-known/ always is. Default: "deny". Danger: Shows .git, .env and the like. */
  readonly dotfiles?: 'allow' | 'deny';
  /** The error log tells of missing files. Default: false. */
  readonly logsNotFound?: boolean;
  /** The first that fits the client counts; who fits none may. */
  readonly access?: readonly (
    | {
        /** An address, a network such as 10.0.0.0/8, 'unix:' or 'all'. */
        readonly allow: string;
      }
    | {
        /** The same. */
        readonly deny: string;
      }
  )[];
  /** Whether addresses, passwords and authRequest must all allow it, or any. Default: "all". */
  readonly satisfy?: 'all' | 'any';
  /** Asks for name and password. Default: {"realm":false,"userFile":""}. Danger: Passwords are readable on the way where there is no TLS. */
  readonly basicAuth?: false | BasicAuth;
  /** Asks another path of this server whether the request is allowed. Default: {"uri":false,"set":{}}. */
  readonly authRequest?:
    | false
    | string
    | {
        /** The path that is asked; 2xx allows. */
        readonly uri?: false | string;
        /** Variables that are set after it, by name. */
        readonly set?: Readonly<Record<string, string>>;
      };
  /** Restricts all methods but these. */
  readonly limitExcept?: LimitExcept;
  /** Makes `$invalid_referer`. */
  readonly referers?: Referers;
  /** Checks signed links: makes `$secure_link`. Danger: MD5 of a guessable secret can be forged. */
  readonly secureLink?:
    | {
        /** The checksum and maybe the time of expiry that the client sent. */
        readonly link?: string;
        /** What the checksum is of. */
        readonly md5?: string;
      }
    | {
        /** The word that is hashed with the link. */
        readonly secret: string;
      };
  /** Sets a cookie that tells clients apart. */
  readonly userId?: false | UserId;
  /** How often may be asked. Default: false. */
  readonly rateLimit?: false | RateLimit | ZoneRateLimit | readonly (RateLimit | ZoneRateLimit)[];
  /** The status of what is refused. Default: 429. */
  readonly rateLimitStatus?: number;
  /** Nothing is refused, but logged. Default: false. */
  readonly rateLimitDryRun?: boolean;
  /** How refusals are logged. Default: "warn". */
  readonly rateLimitLogLevel?: 'debug' | 'info' | 'notice' | 'warn' | 'error' | 'crit' | 'alert' | 'emerg';
  /** How much may be asked at a time. Default: false. */
  readonly connectionLimit?:
    | false
    | ConnectionLimit
    | ZoneConnectionLimit
    | readonly (ConnectionLimit | ZoneConnectionLimit)[];
  /** The status of what is refused. Default: 429. */
  readonly connectionLimitStatus?: number;
  /** Nothing is refused, but logged. Default: false. */
  readonly connectionLimitDryRun?: boolean;
  /** How refusals are logged. Default: "warn". */
  readonly connectionLimitLogLevel?: 'debug' | 'info' | 'notice' | 'warn' | 'error' | 'crit' | 'alert' | 'emerg';
  /** Bytes per second of one answer. Default: false. */
  readonly limitRate?: false | string | number;
  /** How much of an answer is sent at any speed. Default: false. */
  readonly limitRateAfter?: false | string | number;
  /** Answers are kept and given again. Danger: What an answer depends on beside its key and what it says in Vary is shown to others. */
  readonly cache?: boolean | string | CacheUse;
  /** Fields that are added to answers, and to those of the outer level; as a table to all of them, failures too. */
  readonly headers?:
    | Readonly<Record<string, string>>
    | readonly {
        /** The name. */
        readonly name: string;
        /** The value; may have variables. The field is left out where it is empty. */
        readonly value: string;
        /** It takes the place of the answer's own, and without a value removes it. Default: "what the name is for". */
        readonly replaces?: boolean;
        /** Also for failures, and not only for 200, 201, 204, 206 and redirects. */
        readonly always: boolean;
      }[];
  /** Fields of the outer level are added too, but those that are named here. Default: true. */
  readonly inheritHeaders?: boolean;
  /** Fields that are added after the body. */
  readonly trailers?:
    | Readonly<Record<string, string>>
    | readonly {
        /** The name. */
        readonly name: string;
        /** The value; may have variables. The field is left out where it is empty. */
        readonly value: string;
        /** It takes the place of the answer's own, and without a value removes it. Default: "what the name is for". */
        readonly replaces?: boolean;
        /** Also for failures, and not only for 200, 201, 204, 206 and redirects. */
        readonly always: boolean;
      }[];
  /** Adds the fields by which browsers protect a site. */
  readonly securityHeaders?: boolean | SecurityHeaders;
  /** Lets pages of other sites read answers (CORS), and answers their preflight requests. Danger: Without origins every page may read what anybody may read. */
  readonly cors?: boolean | Cors;
  /** How long clients may keep answers. Default: false. */
  readonly expires?: false | string;
  /** Answers are compressed for clients that take it; false for none. Danger: What compresses a secret together with what a client sent tells of the secret (BREACH). */
  readonly compression?: boolean | Compression;
  /** Compressed answers are unpacked for clients that do not take them. Default: false. */
  readonly gunzip?: boolean;
  /** The charset that Content-Type names. */
  readonly charset?: false | string | Charset;
  /** Replaces texts in answers. */
  readonly substitution?: Substitution;
  /** Adds other answers before and after the body. Default: {"before":false,"after":false,"types":["text/html"]}. */
  readonly addition?: Addition;
  /** Where requests are logged. Default: {"to":"stdout"}. */
  readonly accessLog?: false | AccessLog | readonly AccessLog[];
  /** Where failures are logged. */
  readonly errorLog?: ErrorLog | readonly ErrorLog[];
  /** Requests that Galley makes itself are logged as well. Default: false. */
  readonly logsSubrequests?: boolean;
}

/** Texts that are replaced in answers. */
export interface Substitution {
  /** What is replaced. */
  readonly replacements?: readonly {
    /** The text, whatever its case. */
    readonly from: string;
    /** What comes in its place. */
    readonly to: string;
  }[];
  /** Only the first one. Default: true. */
  readonly once?: boolean;
  /** Last-Modified stays. Default: false. */
  readonly keepsLastModified?: boolean;
  /** Media types in which it is done. Default: ["text/html"]. */
  readonly types?: readonly string[];
}

/** A cookie that tells clients apart. */
export interface UserId {
  /** Whether it is set; log only reads it. Default: false. */
  readonly mode?: false | 'on' | 'v1' | 'log';
  /** Its name. Default: "uid". */
  readonly name?: string;
  /** Its domain. Default: false. */
  readonly domain?: false | string;
  /** Its path. Default: "/". */
  readonly path?: string;
  /** Seconds that it is kept; false for the session. Default: false. */
  readonly expires?: false | number | 'max';
  /** The field P3P. Default: false. */
  readonly p3p?: false | string;
  /** The mark of a cookie that is set anew. Default: false. */
  readonly mark?: false | string;
  /** The number of this server in it. Default: false. */
  readonly service?: false | number;
  /** 'secure', 'httponly', 'samesite=lax' and so on. */
  readonly flags?: readonly string[];
}

/** The same with counts that are shared. */
export interface ZoneConnectionLimit {
  /** The name in `connectionZones`. */
  readonly zone: string;
  /** How many. */
  readonly number: number;
}

/** The same with counts that are shared. */
export interface ZoneRateLimit {
  /** The name in `requestZones`. */
  readonly zone: string;
  /** How many requests above the rate are let through. Default: 0. */
  readonly burst?: number;
  /** From which of the burst on requests wait, so that the rate is kept. Default: "never". */
  readonly delayAfter?: number | 'never';
}

/** One encoding. */
export interface ZstdEncoder {
  /** Whether it is used. */
  readonly enabled?: boolean;
  /** How hard it tries. */
  readonly level?: number;
}
