import type { ResolverPlan, UpstreamPlan } from '../plan/upstream-plan.ts';
import { Resolver } from './dns/resolver.ts';
import type { Member, UpstreamMembers, UpstreamState } from './member.ts';
import { mostMembers, PeerCounters } from './peer-counters.ts';
import { Upstream, type UpstreamSurroundings } from './upstream.ts';

/** Upstreams that requests name by themselves, of one front thread; of more the one that was asked for least lately goes. */
const mostDynamic = 256;

/** The upstreams of one front thread. */
export class Upstreams {
  readonly #surroundings: UpstreamSurroundings;
  #upstreams: ReadonlyMap<string, Upstream> = new Map();
  /** Those before the last change. */
  #before: ReadonlyMap<string, Upstream> = new Map();
  readonly #dynamic: Map<string, Upstream> = new Map();
  #resolvers: Map<string, Resolver> = new Map();
  /** Those before the last change that nobody has asked since. */
  #resolversBefore: Map<string, Resolver> = new Map();

  constructor(surroundings: UpstreamSurroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * From now on these are the upstreams. One whose plan has not changed goes on with its connections; the others are there until `keep`, since
   * `drop` takes the change back.
   */
  configure(plans: readonly UpstreamPlan[], states: readonly UpstreamState[]): void {
    const before = this.#upstreams;
    const upstreams = new Map<string, Upstream>();
    for (const plan of plans) {
      const state = states.find(({ upstream }) => upstream === plan.name);
      if (!state) continue;
      const known = before.get(plan.name);
      const isSame = known?.isAs(plan, state.counters) === true;
      const upstream = isSame ? known : new Upstream(plan, state.counters, this.#surroundings);
      upstream.setMembers(state.members);
      upstreams.set(plan.name, upstream);
    }
    this.#before = before;
    this.#upstreams = upstreams;
  }

  /** The change holds: what is no more in the config ends. */
  keep(): void {
    this.#retireBut(this.#before, this.#upstreams);
    this.#before = this.#upstreams;
    for (const resolver of this.#resolversBefore.values()) resolver.close();
    this.#resolversBefore = this.#resolvers;
    this.#resolvers = new Map();
  }

  /** The change does not hold: what was there before goes on. */
  drop(): void {
    this.#retireBut(this.#upstreams, this.#before);
    this.#upstreams = this.#before;
  }

  #retireBut(upstreams: ReadonlyMap<string, Upstream>, kept: ReadonlyMap<string, Upstream>): void {
    for (const [name, upstream] of upstreams) if (kept.get(name) !== upstream) upstream.retire();
  }

  /** What is said of an upstream that is not known here means nothing. */
  setMembers({ upstream, members }: UpstreamMembers): void {
    this.#upstreams.get(upstream)?.setMembers(members);
  }

  /** One of the config, by its name. */
  get(name: string): Upstream | undefined {
    return this.#upstreams.get(name);
  }

  /** One that a request names: all addresses that the host has now, as far as there are places for them. Throws, or rejects with, PeerError `upstream-unresolved`. */
  at(host: string, port: number, plan: ResolverPlan | undefined): Upstream | Promise<Upstream> {
    const resolver = this.#resolver(plan);
    const known = resolver.known(host);
    if (known) return this.#at(host, port, known);
    return resolver.lookup(host).then((addresses) => this.#at(host, port, addresses));
  }

  #at(host: string, port: number, addresses: readonly string[]): Upstream {
    const used = addresses.length > mostMembers ? addresses.slice(0, mostMembers) : addresses;
    const key = `${host}:${port} ${used.join()}`;
    const known = this.#dynamic.get(key);
    this.#dynamic.delete(key);
    const upstream = known ?? this.#newDynamic(host, port, used);
    this.#dynamic.set(key, upstream);
    if (this.#dynamic.size > mostDynamic) this.#dropOldest();
    return upstream;
  }

  /** One that a request names by the path of its socket. */
  atSocket(path: string): Upstream {
    const key = `unix:${path}`;
    const known = this.#dynamic.get(key);
    this.#dynamic.delete(key);
    const upstream = known ?? this.#dynamicOf(key, [{ ...plainMember(key, 0), address: { kind: 'unix', path } }]);
    this.#dynamic.set(key, upstream);
    if (this.#dynamic.size > mostDynamic) this.#dropOldest();
    return upstream;
  }

  close(): void {
    for (const upstream of [...this.#upstreams.values(), ...this.#dynamic.values()]) upstream.close();
    for (const resolver of [...this.#resolvers.values(), ...this.#resolversBefore.values()]) resolver.close();
    this.#upstreams = this.#before = new Map();
    this.#dynamic.clear();
    this.#resolvers.clear();
    this.#resolversBefore.clear();
  }

  #resolver(plan: ResolverPlan | undefined): Resolver {
    const key = JSON.stringify(plan) ?? '';
    const known = this.#resolvers.get(key);
    if (known) return known;
    const resolver = this.#resolversBefore.get(key) ?? new Resolver(plan);
    this.#resolversBefore.delete(key);
    this.#resolvers.set(key, resolver);
    return resolver;
  }

  #newDynamic(host: string, port: number, addresses: readonly string[]): Upstream {
    const name = `${host}:${port}`;
    return this.#dynamicOf(
      name,
      addresses.map((address, slot) => ({ ...plainMember(name, slot), address: { kind: 'tcp', host: address, port } })),
    );
  }

  #dynamicOf(name: string, members: readonly Member[]): Upstream {
    const surroundings = { ...this.#surroundings, front: 0, frontCount: 1 };
    const upstream = new Upstream({ ...dynamicPlan, name }, new PeerCounters(1).buffer, surroundings);
    upstream.setMembers(members);
    return upstream;
  }

  #dropOldest(): void {
    const [oldest] = this.#dynamic;
    if (!oldest) return;
    this.#dynamic.delete(oldest[0]);
    oldest[1].retire();
  }
}

/** nginx keeps no connections to what a request names; nor are there failures to remember. */
const dynamicPlan: UpstreamPlan = {
  name: '',
  peers: [],
  balance: { kind: 'round-robin' },
  sticky: undefined,
  keepAlive: { idle: 0, requests: 1, timeMs: 0, timeoutMs: 0 },
  queue: undefined,
  healthCheck: undefined,
  breaker: undefined,
  resolver: undefined,
};

function plainMember(name: string, slot: number): Omit<Member, 'address'> {
  return {
    slot,
    name,
    weight: 1,
    maxFails: 1,
    failTimeoutMs: 10_000,
    maxConnections: 0,
    isBackup: false,
    slowStartMs: 0,
    route: '',
    state: 'up',
  };
}
