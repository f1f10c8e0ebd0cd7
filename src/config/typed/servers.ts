import { parseAddress } from '../address.ts';
import { defaultCacheName } from '../cache-defaults.ts';
import type { Block, Listen, LocationConfig, RuleConfig, ServerBlock, ServerConfig } from '../config.ts';
import { redirectToHttps } from '../redirect-to-https.ts';
import type { Defaults, Location, Rule, Server } from '../schema/user-config.ts';
import { parseDuration, parseSize } from '../units.ts';
import { blockFields } from './block.ts';
import { type ConfigPath, type Conversion, given, picked } from './conversion.ts';
import { type EffectiveFields, effectiveFields, hasFields, noFields } from './field-list.ts';
import { aliasOf, locationMatch, preflightRule, rulesOf } from './rules.ts';
import { serverTls, sharedTls } from './tls.ts';

/** What servers inherit, and the fields that they start from. */
export function sharedBlock(
  user: Defaults,
  conversion: Conversion,
): { readonly block: ServerBlock; readonly fields: EffectiveFields } {
  const fields = effectiveFields(user, noFields, conversion);
  const level = levelFields(user, fields, conversion);
  // A name or `true` is for all servers; an object without a name only says how.
  const isUsed = user.cache === true || typeof user.cache === 'string';
  const cache =
    isUsed && level.cache && !level.cache.cache ? { cache: { ...level.cache, cache: defaultCacheName } } : {};
  const tls = given(user.tls, (each) => ({ tls: sharedTls(each, conversion) }));
  return { block: { ...level, ...cache, ...serverFields(user), ...tls }, fields };
}

export function serverConfig(
  user: Server,
  outer: EffectiveFields,
  path: ConfigPath,
  conversion: Conversion,
): ServerConfig {
  const fields = effectiveFields(user, outer, conversion);
  const locations = user.locations ?? [];
  checkAnswers(user, path, conversion);
  checkIfSettings(user.rules ?? [], [...path, 'rules'], conversion);
  // One rule for the whole server does, unless a location is not to follow it.
  const isShared = !locations.some(hasOwnCors);
  const preflight = isShared && fields.preflight !== undefined ? [preflightRule(fields.preflight)] : [];
  const inner = isShared ? { ...fields, preflight: undefined } : fields;
  const level = levelFields(user, fields, conversion);
  const made = locations.map((each, index) => locationConfig(each, inner, [...path, 'locations', index], conversion));
  const listen = user.listen.map((each, index) => listenOf(each, [...path, 'listen', index], conversion));
  return {
    ...level,
    ...given(user.files, (files) => ({ root: { path: conversion.path(files), isAlias: false } })),
    ...serverFields(user),
    ...given(serverTls(user, path, conversion), (tls) => ({ tls })),
    listen,
    names: user.hosts ?? [],
    rules: [...redirectRules(user, listen, conversion), ...preflight, ...rulesOf(user.rules ?? [], fields, conversion)],
    locations: isShared ? made : [...made, ...outsideLocation(level, fields, made)],
  };
}

function redirectRules(
  { redirectToHttps: user = false }: Server,
  listen: readonly Listen[],
  { variables }: Conversion,
): readonly RuleConfig[] {
  if (user === false) return [];
  const own = listen.find(({ bind, tls }) => tls && bind.kind === 'tcp')?.bind;
  const { port = own?.kind === 'tcp' ? own.port : 443, status = 308 } = user === true ? {} : user;
  const { variable, rule } = redirectToHttps(`redirect_to_https_${variables.length}`, { port, status });
  variables.push(variable);
  return [rule];
}

/** Answers preflight requests for paths that no location is for: what else holds there is said once more, since it is not inherited. */
function outsideLocation(
  { content, tryFiles, limitExcept }: Block,
  { preflight }: EffectiveFields,
  locations: readonly LocationConfig[],
): readonly LocationConfig[] {
  const isForAll = locations.some(({ match }) => match.kind === 'prefix' && ['', '/'].includes(match.path));
  if (isForAll || preflight === undefined) return [];
  return [
    {
      ...given(content, (each) => ({ content: each })),
      ...given(tryFiles, (each) => ({ tryFiles: each })),
      ...given(limitExcept, (each) => ({ limitExcept: each })),
      match: { kind: 'prefix', path: '/', isFinal: false },
      rules: [preflightRule(preflight)],
      locations: [],
    },
  ];
}

function hasOwnCors({ cors, locations = [] }: Location): boolean {
  return cors !== undefined || locations.some(hasOwnCors);
}

function locationConfig(
  user: Location,
  outer: EffectiveFields,
  path: ConfigPath,
  conversion: Conversion,
): LocationConfig {
  const match = locationMatch(user.path);
  checkAnswers(user, path, conversion);
  const fields = effectiveFields(user, outer, conversion);
  const preflight = fields.preflight === undefined ? [] : [preflightRule(fields.preflight)];
  if (user.files !== undefined && match.kind === 'prefix' && !match.path.endsWith('/')) {
    conversion.problems.push({
      severity: 'error',
      path: [...path, 'path'],
      message: `"${user.path}" also stands for paths that go on without a slash, which "files" would let out of its folder`,
      hint: `write "${user.path}/"`,
    });
  }
  return {
    ...levelFields(user, fields, conversion),
    ...given(user.files, (files) => ({ root: aliasOf(files, match, conversion) })),
    match,
    rules: [...preflight, ...rulesOf(user.rules ?? [], fields, conversion)],
    locations: (user.locations ?? []).map((each, index) =>
      locationConfig(each, fields, [...path, 'locations', index], conversion),
    ),
  };
}

const answers = ['app', 'proxy', 'stubStatus', 'emptyGif', 'redirect', 'respond'] as const;

/** Of what answers there can be one. */
function checkAnswers(user: Location | Server, path: ConfigPath, { problems }: Conversion): void {
  const [first, second] = answers.filter((name) => isAnswer(user, name));
  if (first === undefined || second === undefined) return;
  const message = `Either "${first}" answers or "${second}": there cannot be both`;
  problems.push({ severity: 'error', path: [...path, second], message });
}

function isAnswer(user: Location | Server, name: (typeof answers)[number]): boolean {
  const value = user[name];
  return (
    value !== undefined &&
    value !== false &&
    !(name === 'proxy' && typeof value === 'object' && !('to' in value && value.to))
  );
}

/** A location is chosen after the rules of a server: settings of an `if` hold only for what its own rules answer. */
function checkIfSettings(rules: readonly Rule[], path: ConfigPath, conversion: Conversion): void {
  for (const [index, rule] of rules.entries()) {
    if (rule === 'break' || !('if' in rule)) continue;
    const inner = rule.rules ?? [];
    if (rule.settings !== undefined && !inner.some(mayAnswer)) {
      conversion.problems.push({
        severity: 'error',
        path: [...path, index, 'settings'],
        message: 'Settings of an "if" of a server hold for nothing: a location is chosen after it',
        hint: 'put the rule into a location, such as that of "/"',
      });
    }
    checkIfSettings(inner, [...path, index, 'rules'], conversion);
  }
}

function mayAnswer(rule: Rule): boolean {
  if (rule === 'break' || 'set' in rule) return false;
  if ('if' in rule) return (rule.rules ?? []).some(mayAnswer);
  return (
    'return' in rule || rule.flag === 'redirect' || rule.flag === 'permanent' || /^(?:https?:\/\/|\$)/.test(rule.to)
  );
}

function levelFields(user: Location | Server | Defaults, fields: EffectiveFields, conversion: Conversion): Block {
  return {
    ...blockFields(user, conversion),
    ...(hasFields(user) ? { headers: fields.headers } : {}),
  };
}

function serverFields({
  connection,
  mergeSlashes,
  realIp,
  http2,
}: Pick<Defaults, 'connection' | 'mergeSlashes' | 'realIp' | 'http2'>): ServerBlock {
  return {
    ...given(connection, (each) => ({
      connection: {
        ...given(each.headTimeout, (time) => ({ headTimeoutMs: parseDuration(time) })),
        ...given(each.sendTimeout, (time) => ({ sendTimeoutMs: parseDuration(time) })),
        ...given(each.keepAlive, (time) => ({ keepAliveMs: parseDuration(time) })),
        ...given(each.keepAliveTime, (time) => ({ keepAliveTimeMs: parseDuration(time) })),
        ...given(each.maxHeadSize, (size) => ({ maxHeadSize: parseSize(size) })),
        ...given(each.maxFieldSize, (size) => ({ maxFieldSize: parseSize(size) })),
        ...given(each.maxTargetSize, (size) => ({ maxTargetSize: parseSize(size) })),
        ...picked(each, ['keepAliveRequests', 'maxFieldCount', 'maxStreams', 'underscoresInHeaders']),
      },
    })),
    ...given(mergeSlashes, (each) => ({ mergeSlashes: each })),
    ...given(http2, (each) => ({ http2: each })),
    ...given(realIp, (each) => ({
      realIp: {
        ...picked(each, ['from', 'recursive']),
        ...given(each.header, (header) => ({ header: header.toLowerCase() })),
      },
    })),
  };
}

function listenOf(listen: Server['listen'][number], path: ConfigPath, conversion: Conversion): Listen {
  const { address, default: isDefault = false, ...others } = typeof listen === 'string' ? { address: listen } : listen;
  return {
    bind: bindOf(address, path, conversion),
    isDefault,
    ...picked(others, ['backlog', 'http2', 'ipv6Only']),
    ...(others.http3 === true && { http3: true as const }),
    ...given(others.tls, (tls) => ({ tls: tls !== false })),
    ...given(others.proxyProtocol, (takesProxyProtocol) => ({ takesProxyProtocol })),
  };
}

function bindOf(address: string, path: ConfigPath, conversion: Conversion): Listen['bind'] {
  try {
    const bind = parseAddress(address);
    return bind.kind === 'unix' ? { kind: 'unix', path: conversion.path(bind.path) } : bind;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    conversion.problems.push({
      severity: 'error',
      path,
      message: `Cannot listen on "${address}": there is no such address`,
    });
    return { kind: 'unix', path: '/dev/null' };
  }
}
