import type { VariablePlan } from '../../plan/variable-plan.ts';
import type { AppConfig } from '../app-config.ts';
import type { Config, ProcessConfig } from '../config.ts';
import { standardIssuer } from '../issuers.ts';
import type { App, Process, UserConfig } from '../schema/user-config.ts';
import { parseDuration, parseRate, parseSize } from '../units.ts';
import { cachePlan, withDefaultCache } from './caches.ts';
import { type ConfigProblem, Conversion, given, picked } from './conversion.ts';
import { issuerPlan } from './issuers.ts';
import { errorLogs } from './logs.ts';
import { pairsOf } from './places.ts';
import { serverConfig, sharedBlock } from './servers.ts';
import { upstreamPlan } from './upstreams.ts';

const defaultMemory = '10m';

/** The Config that a user's config is, and what is wrong with it beyond its types. Paths start from `folder`, an absolute path. */
export function toConfig(
  user: UserConfig,
  folder: string,
): { readonly config: Config; readonly problems: readonly ConfigProblem[] } {
  const conversion = new Conversion(folder, Object.keys(user.issuers ?? {}));
  for (const [name, { key, rate, memory }] of Object.entries(user.requestZones ?? {})) {
    conversion.requestZones.push({ name, key, rate: parseRate(rate), size: parseSize(memory ?? defaultMemory) });
  }
  for (const [name, { key, memory }] of Object.entries(user.connectionZones ?? {})) {
    conversion.connectionZones.push({ name, key, size: parseSize(memory ?? defaultMemory) });
  }
  for (const [name, variable] of Object.entries(user.variables ?? {})) {
    conversion.variables.push(variablePlan(name, variable));
  }
  for (const [name, upstream] of Object.entries(user.upstreams ?? {})) {
    conversion.upstreams.push(upstreamPlan(name, upstream, conversion));
  }
  const { block, fields } = sharedBlock(user.defaults ?? {}, conversion);
  const servers = (user.servers ?? []).map((server, index) =>
    serverConfig(server, fields, ['servers', index], conversion),
  );
  const issuers = { ...user.issuers, ...(conversion.usesStandardIssuer ? { [standardIssuer]: {} } : {}) };
  const config: Config = {
    process: processConfig(user.process ?? {}, conversion),
    apps: Object.fromEntries(Object.entries(user.apps ?? {}).map(([name, app]) => [name, appConfig(app, conversion)])),
    variables: conversion.variables,
    requestZones: conversion.requestZones,
    connectionZones: conversion.connectionZones,
    logFormats: Object.entries(user.logFormats ?? {}).map(([name, format]) => ({
      name,
      ...(typeof format === 'string' ? { text: format, escape: 'default' } : format),
    })),
    upstreams: conversion.upstreams,
    caches: Object.entries(user.caches ?? {}).map(([name, cache]) => cachePlan(name, cache, conversion)),
    issuers: [
      ...Object.entries(issuers).map(([name, issuer]) => issuerPlan(name, issuer, conversion)),
      ...conversion.devIssuers,
    ],
    defaults: block,
    servers,
  };
  return { config: withDefaultCache(config), problems: conversion.problems };
}

function processConfig(user: Process, conversion: Conversion): ProcessConfig {
  return {
    ...picked(user, ['frontThreads', 'maxConnections', 'openFiles']),
    ...given(user.errorLog, (logs) => ({ errorLogs: errorLogs(logs, conversion) })),
    ...given(user.pidFile, (path) => ({ pidFile: conversion.path(path) })),
    ...given(user.user, (name) => ({ user: typeof name === 'string' ? { name } : name })),
    ...given(user.gracefulTimeout, (time) => ({ gracefulTimeoutMs: parseDuration(time) })),
    ...given(user.daemon, (isDaemon) => ({ isDaemon })),
    ...given(user.environment, (values) => ({
      environment: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? undefined])),
    })),
  };
}

function appConfig(user: App, conversion: Conversion): AppConfig {
  return {
    directory: conversion.path(user.directory ?? '.'),
    ...picked(user, [
      'python',
      'interface',
      'factory',
      'lifespan',
      'workers',
      'threads',
      'concurrency',
      'queueSize',
      'preload',
      'maxRequests',
      'maxRequestsJitter',
      'environment',
    ]),
    python: user.python,
    ...given(user.rootPath, (path) => ({ rootPath: path.replace(/\/+$/, '') })),
    ...given(user.interpreter, (path) => ({ interpreter: path.includes('/') ? conversion.path(path) : path })),
    ...given(user.queueTimeout, (time) => ({ queueTimeoutMs: parseDuration(time) })),
    ...given(user.maxRss, (size) => ({ maxRssBytes: parseSize(size) })),
    ...given(user.maxLifetime, (time) => ({ maxLifetimeMs: parseDuration(time) })),
    ...given(user.requestTimeout, (time) => ({ requestTimeoutMs: parseDuration(time) })),
    ...given(user.gracefulTimeout, (time) => ({ gracefulTimeoutMs: parseDuration(time) })),
  };
}

type UserVariable = NonNullable<UserConfig['variables']>[string];

function variablePlan(variable: string, user: UserVariable): VariablePlan {
  if ('map' in user) {
    return {
      kind: 'map',
      variable,
      source: user.map,
      entries: pairsOf(user.entries).map(([key, value]) => ({ key, value })),
      fallback: user.default ?? '',
      hostnames: user.hostnames ?? false,
      volatile: user.volatile ?? false,
    };
  }
  if ('geo' in user) {
    return {
      kind: 'geo',
      variable,
      source: user.geo,
      entries: pairsOf(user.entries).map(([network, value]) => ({ network, value })),
      fallback: user.default ?? '',
      ranges: user.ranges ?? false,
      proxies: user.proxies ?? [],
      proxyRecursive: user.proxyRecursive ?? false,
    };
  }
  const parts = user.parts.map(({ percent, value }) => ({ percent, value }));
  return { kind: 'split', variable, source: user.split, parts };
}
