import { isDeepStrictEqual } from 'node:util';
import type { UpstreamPlan } from '../../plan/upstream-plan.ts';
import type { VariablePlan } from '../../plan/variable-plan.ts';
import type { AppConfig } from '../app-config.ts';
import { withCacheNames } from '../cache-names.ts';
import type { Config, ProcessConfig, ServerBlock } from '../config.ts';
import { connectionDefaults, defaults, http2Default, mergeSlashesDefault } from '../defaults.ts';
import { upstreamOfUrl } from '../proxy-url.ts';
import type { App, Process, UserConfig } from '../schema/user-config.ts';
import { given, picked } from '../typed/conversion.ts';
import { toConfig } from '../typed/to-config.ts';
import { durationText, rateText, sizeText } from '../units.ts';
import { withoutInheritedProxies } from './inherited.ts';
import { sourceText } from './source-text.ts';
import { userCache } from './user-caches.ts';
import { userProxySettings } from './user-proxy.ts';
import { userServer, userServerFields } from './user-servers.ts';
import { userErrorLogs, userSettings } from './user-settings.ts';
import { userIssuers, userSharedTls, withTlsOfAddresses } from './user-tls.ts';
import { userUpstream } from './user-upstreams.ts';

/** The text of a galley.config.ts that says what a config says. */
export function printConfig(config: Config): string {
  return `import { defineConfig } from 'galley';\n\nexport default defineConfig(${sourceText(userConfig(config))});\n`;
}

/** A config as a user writes it. */
export function userConfig(config: Config): UserConfig {
  const again = toConfig(userParts(config, { upstreams: false, issuers: false }), '/').config;
  return userParts(config, {
    upstreams: !isDeepStrictEqual(again.upstreams, config.upstreams),
    issuers: !isDeepStrictEqual(again.issuers, config.issuers),
  });
}

/** Whether all is told of what is there by itself: upstreams of URLs, and issuers. It is where their order would be another one. */
interface IsWhole {
  readonly upstreams: boolean;
  readonly issuers: boolean;
}

function userParts(whole: Config, isWhole: IsWhole): UserConfig {
  const config = withTlsOfAddresses(withoutInheritedProxies(withCacheNames(whole, false)));
  const shared = withoutDefaults(withoutIdleRealIp(config));
  const { proxy, ...inherited } = {
    ...given(shared.tls, (tls) => ({ tls: userSharedTls(tls) })),
    ...userServerFields(shared),
    ...userSettings(shared, []),
  };
  const proxies = userProxySettings(shared);
  const parts: UserConfig = {
    process: userProcess(config.process),
    apps: Object.fromEntries(Object.entries(config.apps).map(([name, app]) => [name, userApp(app)])),
    variables: Object.fromEntries(config.variables.map((each) => [each.variable, userVariable(each)])),
    requestZones: Object.fromEntries(
      config.requestZones.map(({ name, key, rate, size }) => [
        name,
        { key, rate: rateText(rate) ?? '', ...memory(size) },
      ]),
    ),
    connectionZones: Object.fromEntries(
      config.connectionZones.map(({ name, key, size }) => [name, { key, ...memory(size) }]),
    ),
    logFormats: Object.fromEntries(
      config.logFormats.map(({ name, ...format }) => [name, format.escape === 'default' ? format.text : format]),
    ),
    upstreams: Object.fromEntries(
      config.upstreams
        .filter((each) => isWhole.upstreams || !isDeepStrictEqual(each, upstreamOfAddress(each)))
        .map((each) => [each.name, userUpstream(each)]),
    ),
    caches: Object.fromEntries(config.caches.map((each) => [each.name, userCache(each)])),
    issuers: userIssuers(config.issuers, isWhole.issuers),
    defaults: { ...inherited, ...(Object.keys(proxies).length > 0 ? { proxy: proxies } : {}) },
    servers: config.servers.map((server) => userServer(server, config.defaults.headers ?? [], config.issuers)),
  };
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => Object.keys(part).length > 0));
}

/** The upstream that the address of the first peer would be by itself. */
function upstreamOfAddress({ peers: [peer] }: UpstreamPlan): UpstreamPlan | undefined {
  return peer && upstreamOfUrl(peer);
}

/** What is said of proxies means nothing where no server has any. */
function withoutIdleRealIp({ defaults: shared, servers }: Config): ServerBlock {
  const { realIp, ...others } = shared;
  const isIdle = (realIp?.from ?? []).length === 0 && servers.every((server) => server.realIp?.from === undefined);
  return isIdle ? others : shared;
}

/** What is not Galley's own default; of a group the fields that are not. */
function withoutDefaults({ connection, mergeSlashes, http2, errorLogs, ...block }: ServerBlock): ServerBlock {
  const others = reduced(connection ?? {}, connectionDefaults);
  return {
    ...reduced(block, defaults),
    // Those of the process may stand between.
    ...given(errorLogs, (logs) => ({ errorLogs: logs })),
    ...(Object.keys(others).length > 0 ? { connection: others } : {}),
    ...(http2 === undefined || http2 === http2Default ? {} : { http2 }),
    ...(mergeSlashes === undefined || mergeSlashes === mergeSlashesDefault ? {} : { mergeSlashes }),
  };
}

/** Groups of the defaults of which each field is inherited by itself. */
const groups: ReadonlySet<string> = new Set([
  'autoindex',
  'compression',
  'gzip',
  'brotli',
  'zstd',
  'charset',
  'substitution',
  'addition',
  'userId',
  'basicAuth',
  'authRequest',
  'proxy',
  'proxyTls',
  'cache',
]);

function reduced<T extends object>(value: T, standard: object): T {
  const entries = Object.entries(value).flatMap(([name, each]) => {
    const same = (standard as Record<string, unknown>)[name];
    if (isDeepStrictEqual(each, same)) return [];
    if (!groups.has(name) || typeof each !== 'object' || typeof same !== 'object') return [[name, each]];
    const fields = reduced(each, same ?? {});
    return Object.keys(fields).length > 0 ? [[name, fields]] : [];
  });
  return Object.fromEntries(entries) as T;
}

function memory(size: number): { readonly memory?: string | number } {
  return size === 10 * 1024 ** 2 ? {} : { memory: sizeText(size) };
}

function userProcess(process: ProcessConfig): Process {
  return {
    ...picked(process, ['frontThreads']),
    ...given(process.errorLogs, (logs) => ({ errorLog: userErrorLogs(logs) })),
    ...picked(process, ['pidFile']),
    ...given(process.user, ({ name, group }) => ({ user: group === undefined ? name : { name, group } })),
    ...given(process.gracefulTimeoutMs, (ms) => ({ gracefulTimeout: durationText(ms) })),
    ...picked(process, ['maxConnections', 'openFiles']),
    ...given(process.environment, (values) => ({
      environment: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? null])),
    })),
    ...given(process.isDaemon, (daemon) => ({ daemon })),
  };
}

function userApp(app: AppConfig): App {
  return {
    ...picked(app, ['python', 'directory', 'interpreter', 'interface', 'factory', 'lifespan', 'rootPath']),
    python: app.python,
    ...picked(app, ['workers', 'threads', 'concurrency', 'queueSize']),
    ...given(app.queueTimeoutMs, (ms) => ({ queueTimeout: durationText(ms) })),
    ...picked(app, ['preload', 'maxRequests', 'maxRequestsJitter']),
    ...given(app.maxRssBytes, (size) => ({ maxRss: sizeText(size) })),
    ...given(app.maxLifetimeMs, (ms) => ({ maxLifetime: durationText(ms) })),
    ...given(app.requestTimeoutMs, (ms) => ({ requestTimeout: durationText(ms) })),
    ...given(app.gracefulTimeoutMs, (ms) => ({ gracefulTimeout: durationText(ms) })),
    ...picked(app, ['environment']),
  };
}

function userVariable(plan: VariablePlan): NonNullable<UserConfig['variables']>[string] {
  switch (plan.kind) {
    case 'map':
      return {
        map: plan.source,
        entries: tableOrPairs(plan.entries.map(({ key, value }) => [key, value])),
        ...(plan.fallback === '' ? {} : { default: plan.fallback }),
        ...(plan.hostnames ? { hostnames: true } : {}),
        ...(plan.volatile ? { volatile: true } : {}),
      };
    case 'geo':
      return {
        geo: plan.source,
        entries: tableOrPairs(plan.entries.map(({ network, value }) => [network, value])),
        ...(plan.fallback === '' ? {} : { default: plan.fallback }),
        ...(plan.ranges ? { ranges: true } : {}),
        ...(plan.proxies.length > 0 ? { proxies: plan.proxies } : {}),
        ...(plan.proxyRecursive ? { proxyRecursive: true } : {}),
      };
    case 'split':
      return {
        split: plan.source,
        parts: plan.parts.map(({ percent, value }) => ({ ...given(percent, (each) => ({ percent: each })), value })),
      };
  }
}

type Pairs = readonly (readonly [string, string])[];

/** A table where it keeps the order: names that are numbers come first in one. */
function tableOrPairs(pairs: Pairs): Readonly<Record<string, string>> | Pairs {
  const table = Object.fromEntries(pairs);
  return isDeepStrictEqual(Object.entries(table), pairs) ? table : pairs;
}
