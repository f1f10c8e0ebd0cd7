import type { Bind } from '../core/bind.ts';
import type { CachePlan, CacheSettings } from '../plan/cache-plan.ts';
import type { LocationMatch, RuleOf } from '../plan/location-plan.ts';
import type { ErrorLogPlan, LogFormatPlan } from '../plan/log-plan.ts';
import type { ProxySettings, ProxyTls } from '../plan/proxy-plan.ts';
import type {
  Addition,
  AuthRequest,
  BasicAuth,
  Charset,
  Compression,
  Expires,
  LimitExcept,
  RefererPlan,
  SecureLinkPlan,
  Settings,
  Substitution,
  TryFiles,
  UserIdPlan,
} from '../plan/settings.ts';
import type { ConnectionPlan, RealIpPlan, Template } from '../plan/site-plan.ts';
import type { IssuerPlan, TlsPlan } from '../plan/tls-plan.ts';
import type { UpstreamPlan } from '../plan/upstream-plan.ts';
import type { VariablePlan } from '../plan/variable-plan.ts';
import type { ConnectionZonePlan, RequestZonePlan } from '../plan/zone-plan.ts';
import type { AppConfig } from './app-config.ts';

/**
 * A config as its source says it, before anything is inherited: what the schema makes of `galley.config.ts` and the adapter of
 * nginx.conf, what resolve.ts makes a SitePlan of, and what `galley convert` prints. Durations are in milliseconds, sizes in bytes,
 * paths absolute.
 */
export interface Config {
  readonly process: ProcessConfig;
  readonly apps: Readonly<Record<string, AppConfig>>;
  readonly variables: readonly VariablePlan[];
  readonly requestZones: readonly RequestZonePlan[];
  readonly connectionZones: readonly ConnectionZonePlan[];
  readonly logFormats: readonly LogFormatPlan[];
  /** Those that are named, and one for each other address that a proxy names. */
  readonly upstreams: readonly UpstreamPlan[];
  readonly caches: readonly CachePlan[];
  readonly issuers: readonly IssuerPlan[];
  /** What servers inherit: nginx's `http` block. */
  readonly defaults: ServerBlock;
  readonly servers: readonly ServerConfig[];
}

/** What concerns the process as a whole: nginx's main block. Absent fields have defaults of their own. */
export interface ProcessConfig {
  readonly frontThreads?: number | 'auto';
  readonly errorLogs?: readonly ErrorLogPlan[];
  readonly pidFile?: string;
  readonly user?: { readonly name: string; readonly group?: string };
  readonly gracefulTimeoutMs?: number;
  readonly maxConnections?: number;
  readonly openFiles?: number;
  /** Variables of Galley's own environment that apps keep, or get: nginx `env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly isDaemon?: boolean;
}

/** Where a server listens: an address may be of several servers, one of which is the default one there. */
export interface Listen {
  readonly bind: Bind;
  readonly isDefault: boolean;
  readonly backlog?: number;
  readonly takesProxyProtocol?: boolean;
  readonly tls?: boolean;
  readonly http2?: boolean;
  readonly http3?: true;
  /** An IPv6 address takes no IPv4 connections, as nginx has it; undefined for what the system does. */
  readonly ipv6Only?: boolean;
}

export interface ServerConfig extends ServerBlock {
  readonly listen: readonly Listen[];
  /** As ServerPlan's `names`. */
  readonly names: readonly string[];
  readonly rules: readonly RuleConfig[];
  readonly locations: readonly LocationConfig[];
}

/** What only servers have, and all that locations have. */
export interface ServerBlock extends Block {
  readonly connection?: Partial<ConnectionPlan>;
  readonly mergeSlashes?: boolean;
  readonly realIp?: Partial<RealIpPlan>;
  /** Where a server has some of it, the rest are defaults; one without any has no TLS. */
  readonly tls?: Partial<TlsPlan>;
  readonly http2?: boolean;
}

export interface LocationConfig extends Block {
  readonly match: LocationMatch;
  readonly rules: readonly RuleConfig[];
  readonly locations: readonly LocationConfig[];
}

/** As Rule, with the settings of an `if` block before anything is inherited. */
export type RuleConfig = RuleOf<{ readonly block: Block | undefined }>;

/** Settings that are objects of their own and are inherited field by field; the others are inherited as a whole. */
export type Grouped =
  | 'autoindex'
  | 'compression'
  | 'charset'
  | 'substitution'
  | 'addition'
  | 'userId'
  | 'tryFiles'
  | 'basicAuth'
  | 'authRequest'
  | 'limitExcept'
  | 'referers'
  | 'secureLink'
  | 'expires'
  | 'types'
  | 'proxy'
  | 'proxyTls'
  | 'cache';

/** Settings of one level. What is absent is inherited; `false` is "off", where something inherited could be on. */
export interface Block extends Partial<Omit<Settings, Grouped>> {
  /** Replaces the inherited table. */
  readonly types?: Readonly<Record<string, string>>;
  readonly tryFiles?: TryFiles;
  readonly expires?: Expires | false;
  readonly limitExcept?: LimitExcept;
  readonly referers?: Partial<RefererPlan>;
  readonly secureLink?: Partial<Extract<SecureLinkPlan, { kind: 'md5' }>> | Extract<SecureLinkPlan, { kind: 'secret' }>;
  /** `off`, or fields that are inherited one by one; so are the groups below. */
  readonly basicAuth?: Partial<Omit<BasicAuth, 'realm'>> & { readonly realm?: Template | false };
  readonly authRequest?: { readonly uri?: Template | false; readonly set?: AuthRequest['set'] };
  readonly autoindex?: Partial<NonNullable<Settings['autoindex']>> & { readonly enabled?: boolean };
  readonly compression?: Partial<Omit<Compression, 'encodings'>> & {
    readonly gzip?: { readonly enabled?: boolean; readonly level?: number };
    readonly brotli?: { readonly enabled?: boolean; readonly level?: number };
    readonly zstd?: { readonly enabled?: boolean; readonly level?: number };
  };
  readonly charset?: Partial<Omit<Charset, 'charset'>> & { readonly charset?: Template | false };
  readonly substitution?: Partial<Substitution>;
  readonly addition?: Partial<Addition>;
  readonly userId?: Partial<Omit<UserIdPlan, 'mode'>> & { readonly mode?: UserIdPlan['mode'] | false };
  readonly proxy?: Partial<ProxySettings>;
  readonly proxyTls?: Partial<ProxyTls>;
  readonly cache?: Partial<Omit<CacheSettings, 'cache'>> & { readonly cache?: string | false };
}
