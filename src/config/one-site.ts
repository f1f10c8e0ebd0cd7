import type { Bind } from '../core/bind.ts';
import { httpLimits } from '../core/limits.ts';
import type { AccessLogPlan } from '../site/plan/log-plan.ts';
import type { SitePlan, Template } from '../site/plan/site-plan.ts';
import type { VariablePlan } from '../site/plan/variable-plan.ts';
import type { Block, Config, ServerBlock } from './config.ts';
import { resolve } from './resolve.ts';

/** Nothing is done to an app's answers that nobody asked for. */
const untouched: Block = {
  compression: { gzip: { enabled: false }, brotli: { enabled: false }, zstd: { enabled: false } },
  charset: { charset: false },
  maxBodySize: 0,
};

const formats = { combined: 'galley', json: 'galley-json' } as const;

/** Where requests are logged. */
export type AccessLogKind = 'combined' | 'json' | 'off';

/** The site of `galley MODULE:ATTR`: one app answers everything. */
export function appSite(app: string, binds: readonly Bind[], accessLog: AccessLogKind, hostname: string): SitePlan {
  // Another server in front may be meant by X-Accel-Redirect.
  const content = { kind: 'app', app, passesAccelFields: true } as const;
  const config = oneServer(binds, {
    block: { ...untouched, content },
    server: {
      mergeSlashes: false,
      connection: { underscoresInHeaders: true, maxBodySize: httpLimits.maxBodySize },
    },
    accessLog,
  });
  return resolve(config, { hostname });
}

/** The site of `galley FOLDER`: its files, and lists of what is in folders without an index. */
export function folderSite(
  folder: string,
  binds: readonly Bind[],
  accessLog: AccessLogKind,
  hostname: string,
): SitePlan {
  const block: Block = { root: { path: literal(folder), isAlias: false }, autoindex: { enabled: true } };
  return resolve(oneServer(binds, { block, server: {}, accessLog }), { hostname });
}

interface OneServer {
  readonly block: Block;
  readonly server: ServerBlock;
  readonly accessLog: AccessLogKind;
}

function oneServer(binds: readonly Bind[], { block, server, accessLog }: OneServer): Config {
  return {
    process: {},
    apps: {},
    variables: [dollar],
    requestZones: [],
    connectionZones: [],
    logFormats: [],
    upstreams: [],
    caches: [],
    defaults: { accessLogs: accessLogsOf(accessLog), errorLogs: [] },
    servers: [
      {
        ...server,
        // As other servers, which take an address for all of IPv6 for one of IPv4 too.
        listen: binds.map((bind) => ({ bind, isDefault: true, ipv6Only: false })),
        names: [''],
        rules: [],
        locations: [{ ...block, match: { kind: 'prefix', path: '/', isFinal: false }, rules: [], locations: [] }],
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
