import type { LocationPlan } from '../../plan/location-plan.ts';
import type { Content } from '../../plan/settings.ts';
import type { ServerPlan, SitePlan } from '../../plan/site-plan.ts';
import { findQuic } from '../../tls/quic.ts';
import { createRealIp } from '../access/real-ip.ts';
import { LocationErrorLog } from '../log/request-error-log.ts';
import { ConnectionProfiles } from '../proxy/connection-profiles.ts';
import { Script } from '../rewrite/script.ts';
import { type LocationNode, LocationTree } from '../routing/location-tree.ts';
import { ServerNames } from '../routing/server-names.ts';
import { Site } from '../site.ts';
import { VariableTable } from '../variables/variable-table.ts';
import type { VirtualServer } from '../virtual-server.ts';
import { cacheScopes } from './cache-scopes.ts';
import { compileLocation, type LocationContext } from './compile-location.ts';
import type { SiteResources } from './site-resources.ts';

/** Until the site is told of them, no connection was made under them. */
const unreadRules = 'unread';

const nobody: readonly string[] = [];

/** Makes a site of its plan. Throws PlanError, and LogFileError for a log that cannot be opened. */
export function compileSite(plan: SitePlan, resources: SiteResources): Site {
  const { log, files, now, app } = resources;
  const compile = new VariableTable(plan);
  const errorLog = new LocationErrorLog(files, log, () => new Date(now()));
  const context: Omit<LocationContext, 'cacheScopes'> = {
    compile,
    resources,
    logFormats: plan.logFormats,
    errorLog,
    profiles: new ConnectionProfiles(),
  };
  const scopes = cacheScopes(plan);
  const servers = plan.servers.map((server, index) =>
    compileServer(server, index, altSvcOf(plan, index), { ...context, cacheScopes: scopes[index] ?? new Map() }),
  );
  const listeners = plan.listeners.map((listener) => {
    const names = new ServerNames<VirtualServer>();
    for (const index of listener.servers) {
      const server = servers[index] as VirtualServer;
      for (const name of (plan.servers[index] as ServerPlan).names) names.add(name, server, compile);
    }
    const defaultServer = servers[listener.defaultServer] as VirtualServer;
    const isOnly = listener.servers.length === 1 && !names.hasPatterns;
    return { names: isOnly ? undefined : names, defaultServer, tls: listener.tls };
  });
  return new Site(servers, listeners, { hostname: plan.hostname, now, errorLog, app });
}

function compileServer(plan: ServerPlan, index: number, altSvc: string, context: LocationContext): VirtualServer {
  const { compile } = context;
  const names = new ServerNames<true>();
  for (const name of plan.names) names.add(name, true, compile);
  const outside = compileLocation({ match: undefined, settings: plan.settings, rules: [] }, context);
  return {
    index,
    name: (plan.names[0] ?? '').toLowerCase(),
    names,
    mergesSlashes: plan.mergeSlashes,
    altSvc,
    clientRules: plan.tls?.clients ? unreadRules : '',
    requiresClient: plan.tls?.clients?.verify === 'required',
    realIp: plan.realIp && createRealIp(plan.realIp),
    trustedProxies: plan.realIp?.from ?? nobody,
    script: new Script(plan.rules, compile, (settings) =>
      compileLocation({ match: undefined, settings, rules: [] }, context),
    ),
    locations: new LocationTree(
      plan.locations.map((location) => compileNode(location, context)),
      compile,
    ),
    outside,
  };
}

/** The same port of UDP, for a day. */
function altSvcOf({ listeners }: SitePlan, server: number): string {
  const served = listeners.find(({ http3, tls, servers }) => http3 && tls && servers.includes(server));
  if (served?.bind.kind !== 'tcp' || served.bind.port === 0 || !findQuic()) return '';
  return `h3=":${served.bind.port}"; ma=86400`;
}

/** Of them `/a/` is meant by `/a` too, as nginx has it of what is passed on. */
const passers: ReadonlySet<Content['kind']> = new Set(['app', 'proxy']);

function compileNode(plan: LocationPlan, context: LocationContext): LocationNode {
  return {
    match: plan.match,
    location: compileLocation(plan, context),
    inner: new LocationTree(
      plan.locations.map((inner) => compileNode(inner, context)),
      context.compile,
    ),
    redirectsToSlash: passers.has(plan.settings.content.kind),
  };
}
