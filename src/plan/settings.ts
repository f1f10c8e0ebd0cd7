import type { CacheSettings } from './cache-plan.ts';
import type { AccessLogPlan, ErrorLogLevel, ErrorLogPlan } from './log-plan.ts';
import type { ProxySettings, ProxyTarget, ProxyTls } from './proxy-plan.ts';
import type { Template } from './site-plan.ts';

/** What holds for the requests of a location: inherited settings and defaults are filled in. */
export interface Settings
  extends ContentSettings,
    FileSettings,
    AccessSettings,
    LimitSettings,
    ForwardSettings,
    ReplySettings,
    LogSettings {}

/** Who answers. */
export type Content =
  /** The files below `root`, with index and autoindex. */
  | { readonly kind: 'files' }
  /** `passesAccelFields`: what the app says to a server in front of it (X-Accel-Redirect) is for another one than this. */
  | { readonly kind: 'app'; readonly app: string; readonly passesAccelFields?: boolean }
  /** As the rule `return` answers. The text's media type is `type`, or that of the path's extension. */
  | { readonly kind: 'return'; readonly status: number; readonly text: Template | undefined; readonly type?: string }
  /** `version`: in place of the settings' `httpVersion`, as for gRPC. */
  | { readonly kind: 'proxy'; readonly target: ProxyTarget; readonly version?: '2' }
  | { readonly kind: 'stub-status' }
  | { readonly kind: 'empty-gif' };

export interface ContentSettings {
  readonly content: Content;
  /** Direct requests get 404. */
  readonly internal: boolean;
  readonly tryFiles: TryFiles | undefined;
  readonly errorPages: readonly ErrorPage[];
  readonly recursiveErrorPages: boolean;
  readonly mirrors: readonly Template[];
  readonly mirrorsBody: boolean;
  /** 0 for any size. */
  readonly maxBodySize: number;
  /** Longest silence inside a request body. */
  readonly bodyTimeoutMs: number;
  /** Redirects that Galley makes (`/dir` to `/dir/`, `return 301 /x`) name scheme and host. */
  readonly absoluteRedirects: boolean;
  readonly portInRedirects: boolean;
  /** They name the server's first name in place of the request's host. */
  readonly serverNameInRedirects: boolean;
  /** `full`: name and version; `name`: the name alone; or this text. */
  readonly serverHeader: { readonly kind: 'full' | 'name' } | { readonly kind: 'text'; readonly text: string };
}

export interface TryFiles {
  /** One that ends with `/` is a folder. */
  readonly candidates: readonly Template[];
  readonly fallback:
    | { readonly kind: 'status'; readonly status: number }
    | { readonly kind: 'uri'; readonly uri: Template }
    | { readonly kind: 'named'; readonly name: string };
}

export interface ErrorPage {
  readonly statuses: readonly number[];
  /** The status that the client gets: undefined for the failed request's, `handler` for that of what answers. */
  readonly status: number | 'handler' | undefined;
  /** A path, a URL (the client is redirected) or `@name`. */
  readonly target: Template;
}

export interface FileSettings {
  /** Where files are: with `alias` the location's path is replaced by it, else the request's path is added. Absolute. */
  readonly root: {
    readonly path: Template;
    readonly isAlias: boolean;
    /** Of an alias that is inherited: the path that it replaces, which is the outer location's; '' where that is a pattern. */
    readonly aliasOf?: string;
  };
  readonly index: readonly Template[];
  readonly autoindex:
    | { readonly format: 'html' | 'xml' | 'json' | 'jsonp'; readonly exactSize: boolean; readonly localTime: boolean }
    | undefined;
  /** Media types by lower-case extension without the dot. */
  readonly types: Readonly<Record<string, string>>;
  readonly defaultType: string;
  readonly etag: boolean;
  readonly ifModifiedSince: 'off' | 'exact' | 'before';
  /** Most ranges of one request; 0 for none, undefined for any (as many as the file has bytes). */
  readonly maxRanges: number | undefined;
  /** Siblings `file.gz` and so on that are sent in place of `file`, best first. */
  readonly precompressed: readonly { readonly encoding: 'gzip' | 'br' | 'zstd'; readonly always: boolean }[];
  readonly symlinks: 'allow' | 'deny' | 'same-owner';
  /** `deny`: what begins with a dot is 404, but `/.well-known/`. */
  readonly dotfiles: 'allow' | 'deny';
  /** A missing file is told in the error log. */
  readonly logsNotFound: boolean;
}

export interface AccessSettings {
  /** The first that fits counts. */
  readonly access: readonly AccessRule[];
  readonly satisfy: 'all' | 'any';
  readonly basicAuth: BasicAuth | undefined;
  readonly authRequest: AuthRequest | undefined;
  /** For other methods than these, its rules stand in place of those above, where it has any; GET stands for HEAD too. */
  readonly limitExcept: LimitExcept | undefined;
  /** What makes `$invalid_referer`; undefined where nothing does. */
  readonly referers: RefererPlan | undefined;
  readonly secureLink: SecureLinkPlan | undefined;
  readonly userId: UserIdPlan | undefined;
}

export interface AccessRule {
  readonly allow: boolean;
  /** `all`, an address, a network, or `unix:`. */
  readonly network: string;
}

export interface BasicAuth {
  readonly realm: Template;
  /** A htpasswd file. */
  readonly userFile: Template;
}

export interface AuthRequest {
  readonly uri: Template;
  readonly set: readonly { readonly variable: string; readonly value: Template }[];
}

export interface LimitExcept {
  readonly methods: readonly string[];
  readonly access: readonly AccessRule[];
  /** `false` for no password; undefined for that of the location. */
  readonly basicAuth: BasicAuth | false | undefined;
}

/** nginx `valid_referers`. */
export interface RefererPlan {
  readonly none: boolean;
  readonly blocked: boolean;
  /** Host names with `*`, maybe with a path; patterns begin with `~`. */
  readonly names: readonly string[];
  readonly serverNames: boolean;
}

/** nginx `secure_link`. */
export type SecureLinkPlan =
  | { readonly kind: 'md5'; readonly link: Template; readonly md5: Template }
  | { readonly kind: 'secret'; readonly secret: string };

/** nginx `userid`. */
export interface UserIdPlan {
  readonly mode: 'on' | 'v1' | 'log';
  readonly name: string;
  readonly domain: string | undefined;
  readonly path: string;
  /** Seconds; `max` for 2037; undefined for a session. */
  readonly expires: number | 'max' | undefined;
  readonly p3p: string | undefined;
  readonly mark: string | undefined;
  readonly service: number | undefined;
  /** `secure`, `httponly`, `samesite=lax` and so on. */
  readonly flags: readonly string[];
}

export interface LimitSettings {
  readonly limitRequests: readonly LimitRequest[];
  readonly limitRequestsStatus: number;
  readonly limitRequestsDryRun: boolean;
  readonly limitRequestsLogLevel: ErrorLogLevel;
  readonly limitConnections: readonly { readonly zone: string; readonly number: number }[];
  readonly limitConnectionsStatus: number;
  readonly limitConnectionsDryRun: boolean;
  readonly limitConnectionsLogLevel: ErrorLogLevel;
  /** Bytes per second of one answer, as a size with its unit; undefined or 0 for any. */
  readonly limitRate: Template | undefined;
  readonly limitRateAfter: Template | undefined;
}

export interface LimitRequest {
  readonly zone: string;
  readonly burst: number;
  /** How many of the burst are not delayed; `all` for `nodelay`. */
  readonly delay: number | 'all';
}

export interface ReplySettings {
  readonly headers: readonly AddedField[];
  readonly trailers: readonly AddedField[];
  readonly expires: Expires | undefined;
  readonly compression: Compression | undefined;
  /** Compressed answers are unpacked for clients that do not take them. */
  readonly gunzip: boolean;
  readonly charset: Charset | undefined;
  readonly substitution: Substitution | undefined;
  readonly addition: Addition | undefined;
}

export interface ForwardSettings {
  /** Used where the content is `proxy`. */
  readonly proxy: ProxySettings;
  readonly proxyTls: ProxyTls;
  /** Of any content. */
  readonly cache: CacheSettings | undefined;
}

export interface AddedField {
  /** As it is to be sent; case does not matter. */
  readonly name: string;
  readonly value: Template;
  /** Also for other statuses than 200, 201, 204, 206, 301, 302, 303, 304, 307 and 308. */
  readonly always: boolean;
  /** It takes the place of the answer's own, and without a value removes it; undefined for what the name is for in nginx. */
  readonly replaces?: boolean;
}

/** nginx `expires`. */
export type Expires =
  | { readonly kind: 'epoch' | 'max' }
  /** `from`: now, or when the file was modified. */
  | { readonly kind: 'after'; readonly from: 'now' | 'modified'; readonly seconds: number }
  /** The next time that it is so late, in seconds after midnight. */
  | { readonly kind: 'daily'; readonly seconds: number }
  /** Text as the directive takes it. */
  | { readonly kind: 'template'; readonly text: Template; readonly from: 'now' | 'modified' };

/** What nginx's `gzip_proxied` takes. */
export const proxiedConditions = [
  'off',
  'expired',
  'no-cache',
  'no-store',
  'private',
  'no_last_modified',
  'no_etag',
  'auth',
  'any',
] as const;

export interface Compression {
  /** Best first where the client takes several alike. */
  readonly encodings: readonly { readonly encoding: 'gzip' | 'br' | 'zstd'; readonly level: number }[];
  readonly minLength: number;
  /** Media types, or `*`. */
  readonly types: readonly string[];
  readonly vary: boolean;
  /** For requests with a Via field: nginx `gzip_proxied`. */
  readonly proxied: readonly (typeof proxiedConditions)[number][];
  readonly httpVersion: '1.0' | '1.1';
  /** Patterns of user agents that get nothing compressed. */
  readonly disable: readonly string[];
}

export interface Charset {
  /** Added to `content-type`; undefined for `off`. */
  readonly charset: Template | undefined;
  /** Where the text is in another one, it is recoded. */
  readonly source: Template | undefined;
  /** Also answers of apps and upstreams that name one. */
  readonly override: boolean;
  readonly types: readonly string[];
}

export interface Substitution {
  readonly replacements: readonly { readonly from: Template; readonly to: Template }[];
  readonly once: boolean;
  readonly keepsLastModified: boolean;
  readonly types: readonly string[];
}

export interface Addition {
  readonly before: Template | undefined;
  readonly after: Template | undefined;
  readonly types: readonly string[];
}

export interface LogSettings {
  readonly accessLogs: readonly AccessLogPlan[];
  readonly errorLogs: readonly ErrorLogPlan[];
  /** Subrequests are logged as well. */
  readonly logsSubrequests: boolean;
}
