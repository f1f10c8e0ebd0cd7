import type { LocationMatch, LocationPlan, Rule } from '../plan/location-plan.ts';
import type { ConnectionPlan, RealIpPlan, ServerPlan, SitePlan } from '../plan/site-plan.ts';
import { makesHandshakes, type TlsPlan } from '../plan/tls-plan.ts';
import type { Block, Config, LocationConfig, RuleConfig, ServerBlock, ServerConfig } from './config.ts';
import { connectionDefaults, defaults, http2Default, mergeSlashesDefault, realIpDefaults } from './defaults.ts';
import type { FullBlock } from './full-block.ts';
import { inherit, inheritInIf, inheritInLocation } from './inherit.ts';
import { listenersOf } from './listeners.ts';
import { settingsOf } from './settings-of.ts';
import { tlsDefaults } from './tls-defaults.ts';

/** What a plan depends on beside its config. */
export interface ResolveContext {
  /** The name of this machine: `$hostname`. */
  readonly hostname: string;
}

/** The plan of a config: every level inherits from the one around it by nginx's rules, and what nobody says is Galley's default. */
export function resolve(config: Config, { hostname }: ResolveContext): SitePlan {
  const { process, variables, requestZones, connectionZones, logFormats, upstreams, caches, issuers } = config;
  const outermost = process.errorLogs === undefined ? defaults : inherit(defaults, { errorLogs: process.errorLogs });
  const shared = serverFields(config.defaults);
  const block = inherit(outermost, blockOf(config.defaults));
  const listeners = listenersOf(config.servers);
  const secure = new Set(listeners.flatMap(({ tls, servers }) => (tls ? servers : [])));
  return {
    listeners,
    servers: config.servers.map((server, index) => serverPlan(server, shared, block, secure.has(index))),
    variables,
    requestZones,
    connectionZones,
    logFormats,
    upstreams,
    caches,
    issuers,
    hostname,
  };
}

/** What servers alone have. */
interface ServerFields {
  readonly connection: Partial<ConnectionPlan>;
  readonly mergeSlashes: boolean;
  readonly realIp: Partial<RealIpPlan>;
  readonly tls: Partial<TlsPlan> | undefined;
  readonly http2: boolean;
}

function serverFields({ connection, mergeSlashes, realIp, tls, http2 }: ServerBlock): ServerFields {
  return {
    connection: connection ?? {},
    mergeSlashes: mergeSlashes ?? mergeSlashesDefault,
    realIp: realIp ?? {},
    tls,
    http2: http2 ?? http2Default,
  };
}

/** `isSecure`: one of its addresses has TLS. */
function serverPlan(server: ServerConfig, shared: ServerFields, outer: FullBlock, isSecure: boolean): ServerPlan {
  const block = inheritInLocation(outer, blockOf(server), '');
  const { from, ...realIp } = { ...realIpDefaults, ...shared.realIp, ...server.realIp };
  return {
    names: server.names,
    connection: { ...connectionDefaults, ...shared.connection, ...server.connection },
    mergeSlashes: server.mergeSlashes ?? shared.mergeSlashes,
    tls: tlsPlan({ ...tlsDefaults, ...shared.tls, ...server.tls }, isSecure),
    http2: server.http2 ?? shared.http2,
    realIp: from && from.length > 0 ? { from, ...realIp } : undefined,
    rules: server.rules.map((rule) => rulePlan(rule, block)),
    locations: server.locations.map((location) => locationPlan(location, block, '')),
    settings: settingsOf(block),
  };
}

/** Where there is nothing to show to clients, and nothing is asked of them over TLS either, a server has no TLS, whatever is said of its versions and the like. */
function tlsPlan(tls: TlsPlan, isSecure: boolean): TlsPlan | undefined {
  return makesHandshakes(tls) || (isSecure && tls.clients) ? tls : undefined;
}

function locationPlan(location: LocationConfig, outer: FullBlock, outerPath: string): LocationPlan {
  const block = inheritInLocation(outer, blockOf(location), outerPath);
  return {
    match: location.match,
    rules: location.rules.map((rule) => rulePlan(rule, block)),
    settings: settingsOf(block),
    locations: location.locations.map((inner) => locationPlan(inner, block, pathOf(location.match))),
  };
}

function rulePlan(rule: RuleConfig, outer: FullBlock): Rule {
  if (rule.kind !== 'if') return rule;
  const block = rule.block && inheritInIf(outer, blockOf(rule.block));
  return {
    kind: 'if',
    condition: rule.condition,
    rules: rule.rules.map((inner) => rulePlan(inner, block ?? outer)),
    settings: block && settingsOf(block),
  };
}

function pathOf(match: LocationMatch): string {
  return match.kind === 'exact' || match.kind === 'prefix' ? match.path : '';
}

/** What of a level is inherited, without what makes it a server or a location. */
function blockOf(level: Block & Partial<ServerConfig & LocationConfig>): Block {
  const { listen, names, rules, locations, match, connection, mergeSlashes, realIp, tls, http2, ...block } = level;
  return block;
}
