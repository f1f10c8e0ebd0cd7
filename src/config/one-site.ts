import type { Bind } from '../core/bind.ts';
import { httpLimits } from '../core/limits.ts';
import type { LocationMatch } from '../plan/location-plan.ts';
import type { AccessLogPlan } from '../plan/log-plan.ts';
import type { SitePlan, Template } from '../plan/site-plan.ts';
import type { UpstreamPlan } from '../plan/upstream-plan.ts';
import type { VariablePlan } from '../plan/variable-plan.ts';
import type { Block, Config, LocationConfig, ServerBlock } from './config.ts';
import { defaults } from './defaults.ts';
import { type ProxyUrl, targetOfUrl, upstreamOfUrl } from './proxy-url.ts';
import { resolve } from './resolve.ts';
import { hasTls, type SiteTls, tlsFields } from './site-tls.ts';

/** Nothing is done to the answers of an app or of another server that nobody asked for. */
const untouched: Block = {
  compression: { gzip: { enabled: false }, brotli: { enabled: false }, zstd: { enabled: false } },
  charset: { charset: false },
  maxBodySize: 0,
};

const formats = { combined: 'galley', json: 'galley-json' } as const;

/** Where requests are logged. */
export type AccessLogKind = 'combined' | 'json' | 'off';

/** What answers for a path and all below it: `--proxy /api=http://127.0.0.1:3000`. */
export interface ProxiedPath {
  /** Without a slash at its end it stands for itself and for what begins with it and a slash. */
  readonly path: string;
  /** Its path takes the place of `path`; without one, requests go on as they came. */
  readonly url: ProxyUrl;
}

/** The site of `galley MODULE:ATTR`: one app answers everything. */
export function appSite(
  app: string,
  binds: readonly Bind[],
  accessLog: AccessLogKind,
  hostname: string,
  proxies: readonly ProxiedPath[] = [],
  tls?: SiteTls,
): SitePlan {
  // Another server in front may be meant by X-Accel-Redirect.
  const content = { kind: 'app', app, passesAccelFields: true } as const;
  const { maxBodySize } = httpLimits;
  const isAlone = proxies.length === 0;
  // Where there are proxies, which take any size, a location is chosen first.
  const config = oneServer(binds, {
    accessLog,
    proxies,
    tls,
    block: { ...untouched, content, ...(isAlone ? {} : { maxBodySize }) },
    server: {
      mergeSlashes: false,
      connection: { underscoresInHeaders: true, ...(isAlone ? { maxBodySize } : {}) },
    },
  });
  return resolve(config, { hostname });
}

/** The site of `galley FOLDER`: its files, and lists of what is in folders without an index. */
export function folderSite(
  folder: string,
  binds: readonly Bind[],
  accessLog: AccessLogKind,
  hostname: string,
  proxies: readonly ProxiedPath[] = [],
  tls?: SiteTls,
): SitePlan {
  const block: Block = { root: { path: literal(folder), isAlias: false }, autoindex: { enabled: true } };
  return resolve(oneServer(binds, { block, server: {}, accessLog, proxies, tls }), { hostname });
}

/** The site of `galley URL`: another server answers everything. */
export function proxySite(
  url: ProxyUrl,
  binds: readonly Bind[],
  accessLog: AccessLogKind,
  hostname: string,
  proxies: readonly ProxiedPath[] = [],
  tls?: SiteTls,
): SitePlan {
  const uri = url.uri === undefined || url.uri === '/' ? undefined : withSlash(url.uri);
  const config = oneServer(binds, {
    block: proxyBlock(url, uri),
    server: { mergeSlashes: false },
    accessLog,
    proxies,
    tls,
    upstreams: [upstreamOfUrl(url)],
  });
  return resolve(config, { hostname });
}

/** Answers of peers go through as they are. */
function proxyBlock(url: ProxyUrl, uri: string | undefined): Block {
  const { name } = upstreamOfUrl(url);
  return {
    ...untouched,
    content: { kind: 'proxy', target: targetOfUrl({ ...url, uri }, name) },
    proxy: { passedFields: [...defaults.proxy.passedFields, ...accelFields], ignoredFields: accelFields },
  };
}

/** As for an app, another server in front may be meant by them. */
const accelFields: readonly string[] = [
  'x-accel-redirect',
  'x-accel-expires',
  'x-accel-limit-rate',
  'x-accel-buffering',
  'x-accel-charset',
];

function proxyLocations({ path, url }: ProxiedPath): readonly LocationConfig[] {
  const at = (match: LocationMatch, uri: string | undefined): LocationConfig => ({
    ...proxyBlock(url, uri),
    match,
    rules: [],
    locations: [],
  });
  if (path.endsWith('/')) return [at({ kind: 'prefix', path, isFinal: false }, url.uri)];
  const uri = url.uri === undefined ? undefined : withSlash(url.uri);
  return [
    at({ kind: 'exact', path }, url.uri),
    // `/api` is not for `/apis`.
    at({ kind: 'prefix', path: `${path}/`, isFinal: false }, uri),
  ];
}

function withSlash(uri: string): string {
  return uri.endsWith('/') ? uri : `${uri}/`;
}

interface OneServer {
  /** What answers where no proxy does. */
  readonly block: Block;
  readonly server: ServerBlock;
  readonly accessLog: AccessLogKind;
  /** Their paths differ. */
  readonly proxies: readonly ProxiedPath[];
  readonly tls: SiteTls | undefined;
  readonly upstreams?: readonly UpstreamPlan[];
}

function oneServer(
  binds: readonly Bind[],
  { block, server, accessLog, proxies, tls, upstreams = [] }: OneServer,
): Config {
  const { variables, ...secure } = tlsFields(binds, tls);
  const made = [...upstreams, ...proxies.map(({ url }) => upstreamOfUrl(url))];
  return {
    process: {},
    apps: {},
    variables: [dollar, ...variables],
    requestZones: [],
    connectionZones: [],
    logFormats: [],
    upstreams: [...new Map(made.map((upstream) => [upstream.name, upstream])).values()],
    caches: [],
    issuers: tls?.issuers ?? [],
    defaults: { accessLogs: accessLogsOf(accessLog), errorLogs: [] },
    servers: [
      {
        ...server,
        // As other servers, which take an address for all of IPv6 for one of IPv4 too.
        listen: binds.map((bind) => ({
          bind,
          isDefault: true,
          ipv6Only: false,
          tls: tls !== undefined && hasTls(bind),
        })),
        names: [''],
        ...secure,
        locations: [
          { ...block, match: { kind: 'prefix', path: '/', isFinal: false }, rules: [], locations: [] },
          ...proxies.flatMap(proxyLocations),
        ],
      },
    ],
  };
}

function accessLogsOf(kind: AccessLogKind): readonly AccessLogPlan[] {
  if (kind === 'off') return [];
  const toStdout = {
    target: { kind: 'stdout' },
    bufferSize: 0,
    flushMs: 0,
    gzipLevel: 0,
    condition: undefined,
  } as const;
  return [{ ...toStdout, format: formats[kind] }];
}

/** There is no other way to write a dollar sign in a template. */
const dollar: VariablePlan = {
  kind: 'geo',
  variable: 'dollar',
  source: '$remote_addr',
  entries: [],
  fallback: '$',
  ranges: false,
  proxies: [],
  proxyRecursive: false,
};

/** A path as a template. */
function literal(path: string): Template {
  return path.replaceAll('$', `$\{${dollar.variable}}`);
}
