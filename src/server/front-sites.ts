import { CacheFolderError } from '../cache/cache-folder.ts';
import type { Caches } from '../cache/caches.ts';
import { PeerError } from '../core/errors.ts';
import type { ConnectionFacts, Exchange } from '../core/exchange.ts';
import type { ExchangeRecord } from '../core/exchange-record.ts';
import { connectionTimeouts, http2Limits, httpLimits } from '../core/limits.ts';
import type { Outcome } from '../core/reply.ts';
import { Forwarding } from '../front/forwarding.ts';
import type { ListenerSettings } from '../front/listener-settings.ts';
import { TrustedPeers } from '../front/trusted-peers.ts';
import { LogFileError } from '../observe/log-file.ts';
import type { SitePlan } from '../plan/site-plan.ts';
import { makesHandshakes } from '../plan/tls-plan.ts';
import { compileSite } from '../site/compile/compile-site.ts';
import type { SiteResources } from '../site/compile/site-resources.ts';
import { PlanError } from '../site/compile-context.ts';
import { ChangedExchange } from '../site/content/changed-exchange.ts';
import { openZones } from '../site/limits/limit-zones.ts';
import type { Site } from '../site/site.ts';
import type { SiteRequest } from '../site/site-request.ts';
import type { TlsMaterial } from '../tls/tls-material.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import type { FrontApps } from './front-apps.ts';
import type { FrontSite, ListenerPlace } from './front-thread-message.ts';
import type { NamedServer } from './front-tls.ts';

/** What the sites of one front thread share, one after the other. */
export type SharedResources = Omit<SiteResources, 'zones' | 'app' | 'caches' | 'upstreams'>;

interface Current {
  readonly site: Site;
  readonly plan: SitePlan;
  /** By the servers of the plan. */
  materials: readonly (TlsMaterial | undefined)[];
  readonly places: ReadonlyMap<number, ListenerPlace>;
  readonly generation: number;
}

/** The site of one front thread, which a reload replaces by another. */
export class FrontSites {
  readonly #front: number;
  readonly #shared: SharedResources;
  readonly #apps: FrontApps;
  readonly #upstreams: Upstreams;
  readonly #caches: Caches;
  /** Whether apps see nothing of what proxies tell but what `realIp` trusts; else the front has judged it. */
  readonly #judges: boolean;
  #current: Current | undefined;
  /** The one before, where it has listeners that are gone: their connections, which soon end, are for no other servers. */
  #before: Current | undefined;

  constructor(
    front: number,
    shared: SharedResources,
    apps: FrontApps,
    upstreams: Upstreams,
    caches: Caches,
    judges: boolean,
  ) {
    this.#front = front;
    this.#shared = shared;
    this.#apps = apps;
    this.#upstreams = upstreams;
    this.#caches = caches;
    this.#judges = judges;
  }

  /** Serves this from now on. Gives what then holds for connections, or why it cannot be used: the one before goes on. */
  use({
    plan,
    zones,
    listeners,
    apps,
    upstreams,
    tls,
    generation,
  }: FrontSite): ReadonlyMap<number, ListenerSettings> | string {
    const ids = new Map(apps.map(({ name, id }) => [name, id]));
    const judge = this.#judges ? proxyJudge() : undefined;
    const { files } = this.#shared;
    files.beginGeneration();
    try {
      this.#upstreams.configure(plan.upstreams, upstreams);
      const site = compileSite(plan, {
        ...this.#shared,
        caches: this.#caches.open(plan.caches),
        upstreams: this.#upstreams,
        zones: openZones(zones, this.#front, this.#shared.now),
        app: (name, exchange, main) => this.#apps.dispatch(ids.get(name), judge ? judge(exchange, main) : exchange),
      });
      site.setClientRules(clientRulesOf(tls));
      files.retireOlder();
      this.#caches.keep();
      this.#upstreams.keep();
      const places = new Map(listeners.map((place) => [place.listener, place]));
      const known = [...(this.#current?.places.keys() ?? [])];
      this.#before = known.every((listener) => places.has(listener)) ? undefined : this.#current;
      this.#current = { site, plan, materials: tls, places, generation };
    } catch (error) {
      this.#caches.drop();
      this.#upstreams.drop();
      if (error instanceof CacheFolderError) return error.message;
      if (error instanceof PlanError || error instanceof LogFileError) return error.message;
      throw error;
    }
    return new Map(listeners.map((place) => [place.listener, settingsOf(plan, place, this.#front === 0)]));
  }

  /** Of the site in use; 0 before there is one. */
  get generation(): number {
    return this.#current?.generation ?? 0;
  }

  readonly handle = (exchange: Exchange): Outcome | Promise<Outcome> => {
    const { connection } = exchange;
    const serving = this.#servingOn(connection.listener);
    const place = serving?.places.get(connection.listener);
    if (!serving || !place) throw new PeerError('shutting-down', 'The listener is gone');
    return serving.site.handle(exchange, indexOf(place, connection));
  };

  readonly refused = (record: ExchangeRecord): void => {
    const { connection } = record;
    const serving = this.#servingOn(connection.listener);
    const place = serving?.places.get(connection.listener);
    if (place) serving?.site.refused(record, indexOf(place, connection));
  };

  /** What the TLS of the servers is made of from now on. */
  setMaterials(materials: readonly (TlsMaterial | undefined)[]): void {
    if (!this.#current) return;
    this.#current.materials = materials;
    this.#current.site.setClientRules(clientRulesOf(materials));
  }

  /** The server that makes the handshake for a name: its own one, or the default server where that one has no certificate, as in nginx. */
  serverFor(connection: ConnectionFacts, name: string): NamedServer | undefined {
    const serving = this.#servingOn(connection.listener);
    const place = serving?.places.get(connection.listener);
    if (!serving || !place) return undefined;
    const { site, plan, materials } = serving;
    const index = indexOf(place, connection);
    const listener = plan.listeners[index];
    const named = site.serverFor(name, index);
    if (!listener) return undefined;
    const { tls, http2 } = plan.servers[named] ?? {};
    const isOwn = tls !== undefined && makesHandshakes(tls);
    const server = isOwn ? named : listener.defaultServer;
    return {
      server,
      material: materials[server],
      rules: isOwn ? undefined : materials[named],
      http2: listener.http2 || http2 === true,
    };
  }

  /** See Http3Hosts. Servers that ask clients for certificates, refuse handshakes or get certificates on demand do not serve HTTP/3. */
  http3Certificates(listener: number): ReadonlyMap<string, TlsMaterial> {
    const found = new Map<string, TlsMaterial>();
    const serving = this.#servingOn(listener);
    const place = serving?.places.get(listener);
    if (!serving || !place) return found;
    const { plan, materials } = serving;
    for (const { servers, defaultServer } of [place.index, ...place.byAddress.map(({ index }) => index)].flatMap(
      (index) => plan.listeners[index] ?? [],
    )) {
      for (const server of servers) {
        const material = materials[server];
        if (!servesHttp3(material)) continue;
        for (const name of plan.servers[server]?.names ?? []) {
          for (const each of certificateNames(name)) if (!found.has(each)) found.set(each, material);
        }
        if (server === defaultServer && !found.has('*')) found.set('*', material);
      }
    }
    return found;
  }

  /** See Http3Hosts. */
  servesHttp3(ends: Pick<ConnectionFacts, 'listener' | 'client' | 'server'>, name: string): boolean {
    const { material, rules } = this.serverFor({ ...ends, scheme: 'https' }, name) ?? {};
    return !rules && servesHttp3(material);
  }

  #servingOn(listener: number): Current | undefined {
    return this.#current?.places.has(listener) ? this.#current : this.#before;
  }
}

function clientRulesOf(materials: readonly (TlsMaterial | undefined)[]): readonly (string | undefined)[] {
  return materials.map((material) => material?.clients?.digest);
}

function servesHttp3(material: TlsMaterial | undefined): material is TlsMaterial {
  if (!material || material.clients || material.isOnDemand || material.plan.rejectsHandshake) return false;
  return material.certificates.length > 0 && material.plan.versions.includes('TLSv1.3');
}

/** Which names a client may ask for stand for one of a server: exact ones, and wildcards for what is before the first dot. */
function certificateNames(name: string): readonly string[] {
  if (name.startsWith('.')) return [name.slice(1), `*${name}`];
  return name === '' || name.startsWith('~') || name.endsWith('.*') ? [] : [name];
}

function indexOf({ index, byAddress }: ListenerPlace, { server }: ConnectionFacts): number {
  if (byAddress.length === 0) return index;
  return byAddress.find(({ address }) => address === server.address)?.index ?? index;
}

/** `isFirst`: of the front threads; no other one can have the same port of UDP. */
function settingsOf(plan: SitePlan, place: ListenerPlace, isFirst: boolean): ListenerSettings {
  const listener = plan.listeners[place.index];
  const server = listener && plan.servers[listener.defaultServer];
  if (!server) throw new Error('A listener has no server');
  const { connection, settings } = server;
  return {
    limits: {
      ...httpLimits,
      maxHeadSize: connection.maxHeadSize,
      maxFieldSize: connection.maxFieldSize,
      maxFieldCount: connection.maxFieldCount,
      maxTargetSize: connection.maxTargetSize,
      dropsUnderscores: !connection.underscoresInHeaders,
      // Each location has a limit of its own.
      maxBodySize: connection.maxBodySize ?? Number.MAX_SAFE_INTEGER,
    },
    timeouts: {
      ...connectionTimeouts,
      headMs: connection.headTimeoutMs,
      keepAliveMs: connection.keepAliveMs,
      sendMs: connection.sendTimeoutMs,
      bodyMs: settings.bodyTimeoutMs,
    },
    keepAliveRequests: connection.keepAliveRequests,
    keepAliveTimeMs: connection.keepAliveTimeMs,
    takesProxyProtocol: listener.takesProxyProtocol,
    tls: listener.tls,
    http2: listener.http2 || server.http2,
    http2Limits: { ...http2Limits, maxStreams: connection.maxStreams },
    http3: listener.http3 === true && listener.tls && isFirst,
  };
}

/**
 * What an app is told of the proxies before it: only what those say that the request's own server trusts. The client is who
 * real ip has found; of the other fields the scheme counts.
 */
function proxyJudge(): (exchange: Exchange, main: SiteRequest) => Exchange {
  const forwardings = new Map<readonly string[], Forwarding>();
  /** Facts that are the same are to be one object, for the worker link: those of who connected, and those of the client over TLS. */
  const connected = new WeakMap<ConnectionFacts, ConnectionFacts>();
  const secure = new WeakMap<ConnectionFacts, ConnectionFacts>();
  return (exchange, { server: { trustedProxies }, peer }) => {
    if (exchange.request.hasForwarded === false) return exchange;
    const { connection: facts } = exchange;
    const forwarding = known(
      forwardings,
      trustedProxies,
      () => new Forwarding(new TrustedPeers(trustedProxies.join())),
    );
    const before = peer ? known(connected, facts, () => ({ ...facts, client: peer })) : facts;
    const { request, connection } = forwarding.judge(exchange.request, before);
    const { scheme } = connection;
    const told = scheme === facts.scheme ? facts : known(secure, facts, () => ({ ...facts, scheme }));
    return new ChangedExchange(exchange, request, exchange.body, told);
  };
}

function known<Key extends object, Value>(
  values: Pick<Map<Key, Value>, 'get' | 'set'> | Pick<WeakMap<Key, Value>, 'get' | 'set'>,
  key: Key,
  make: () => Value,
): Value {
  const found = values.get(key);
  if (found !== undefined) return found;
  const made = make();
  values.set(key, made);
  return made;
}
