import { isDeepStrictEqual } from 'node:util';
import { PeerError } from '../core/errors.ts';
import type { Balance, UpstreamPlan } from '../plan/upstream-plan.ts';
import { measured } from './balance/least-time.ts';
import { methodOf } from './balance/method-of.ts';
import { type Conditions, type Method, Peer } from './balance/peer.ts';
import { owesLess } from './balance/round-robin.ts';
import type { Choice, Lease, LeaseResult } from './lease.ts';
import { LeaseQueue, type QueuedLease } from './lease-queue.ts';
import type { Member } from './member.ts';
import type { PeerCounters } from './peer-counters.ts';
import { slowStartShare } from './slow-start.ts';

export type { QueuedLease } from './lease-queue.ts';

export interface BalancerOptions {
  readonly plan: Pick<UpstreamPlan, 'name' | 'balance' | 'queue' | 'breaker'>;
  /** Shared by all front threads. */
  readonly counters: PeerCounters;
  /** Which front thread this is. */
  readonly front: number;
  /** A monotonic clock in milliseconds that all threads share. */
  now(): number;
  /** From 0 up to but not 1. */
  random(): number;
}

/**
 * Chooses the member of an upstream that gets a request, in one front thread: what is under way and what has failed counts over all of them.
 * Backups come after all others.
 */
export class Balancer implements Conditions {
  readonly #options: BalancerOptions;
  readonly #counters: PeerCounters;
  readonly #queue: LeaseQueue | undefined;
  #peers: readonly Peer[] = [];
  /** A name with several addresses is several members of one route. */
  #byRoute: ReadonlyMap<string, readonly Peer[]> = new Map();
  #methods: readonly Method[] = [];
  /** A lone member is never left out for its failures, as nginx has it. */
  #isSingle = false;
  #shape: readonly unknown[] | undefined;
  readonly #timesOf: 'header' | 'last-byte' | undefined;
  /** Of the request at hand. */
  #tried: ReadonlySet<Member> = new Set();
  now = 0;

  constructor(options: BalancerOptions) {
    const { plan, counters, front } = options;
    this.#options = options;
    this.#counters = counters;
    this.#timesOf = timesOf(plan.balance);
    if (!plan.queue) return;
    this.#queue = new LeaseQueue({
      limits: plan.queue,
      upstream: plan.name,
      counters,
      front,
      now: () => options.now(),
      choose: (choice) => this.#choose(choice),
    });
  }

  /** These are the members from now on. What is known of those that stay is kept. */
  setMembers(members: readonly Member[]): void {
    const now = this.#options.now();
    const before = new Map(this.#peers.map((peer) => [peer.member.slot, peer]));
    const shape = members.map(({ slot, address, name, weight, isBackup }) => ({
      slot,
      address,
      name,
      weight,
      isBackup,
    }));
    this.#peers = members.map((member) => this.#peerOf(member, before.get(member.slot), now));
    this.#isSingle = members.length === 1;
    this.#byRoute = Map.groupBy(this.#peers, ({ member }) => member.route);
    if (!isDeepStrictEqual(shape, this.#shape)) this.#regroup();
    this.#shape = shape;
    this.#queue?.pump();
  }

  /**
   * A request that was somewhere already waits for nobody: what it got there is its answer. Throws PeerError: `upstream-unavailable` where
   * nobody can be asked, `queue-full`. The lease of a queue may reject with `queue-timeout`.
   */
  take(choice: Choice): Lease | QueuedLease {
    const queue = choice.tried.size > 0 ? undefined : this.#queue;
    if (!queue?.isWaitedFor()) {
      const lease = this.#choose(choice);
      if (lease) return lease;
    }
    if (queue && this.#peers.length > 0) return queue.add(choice);
    throw new PeerError(
      'upstream-unavailable',
      `Cannot choose a server of upstream "${this.#options.plan.name}": no live upstreams`,
    );
  }

  /** Another balancer chooses from now on: what waits here still gets its member, or has waited too long. */
  retire(): void {
    this.#queue?.retire();
  }

  /** Nothing waits any more. Leases that were given stay as they are. */
  close(): void {
    this.#queue?.close();
  }

  isUsable(peer: Peer): boolean {
    return peer.member.state === 'up' && this.#hasRoom(peer);
  }

  active(peer: Peer): number {
    return this.#counters.active(peer.member.slot);
  }

  share({ member: { slot, slowStartMs } }: Peer): number {
    if (slowStartMs === 0 || this.#isSingle) return 1;
    const since = this.#counters.recoveredAt(slot);
    return since === 0 ? 1 : slowStartShare(this.now - since, slowStartMs);
  }

  random(): number {
    return this.#options.random();
  }

  /** A request that was sent to a peer is over. */
  ended(peer: Peer, { slot, isTrial }: PeerLease, result: LeaseResult): void {
    const { counters, front, plan, now: clock } = this.#options;
    const { hasFailed, headMs } = result;
    const now = clock();
    counters.end(front, slot, hasFailed);
    // What was given up before anything came says nothing.
    const isTold = hasFailed || headMs !== undefined;
    if (!this.#isSingle && isTold) {
      if (hasFailed) {
        counters.failed(slot, peer.member, now);
        owesLess(peer);
      } else {
        counters.passed(slot, now);
      }
    }
    if (this.#timesOf !== undefined && !hasFailed && headMs !== undefined) {
      measured(peer, this.#timesOf === 'header' ? headMs : result.totalMs, now);
    }
    if (plan.breaker) {
      if (isTrial) this.#settle(slot, hasFailed, isTold, now);
      else if (isTold) counters.breakers.count(slot, front, plan.breaker, now, hasFailed);
    }
    this.#queue?.pump();
  }

  /** What methods have worked out of their peers holds as long as `#shape` does. */
  #regroup(): void {
    const backups = this.#peers.filter(({ member }) => member.isBackup);
    const primaries = this.#peers.filter(({ member }) => !member.isBackup);
    const groups = [primaries, backups].filter(({ length }) => length > 0);
    this.#methods = groups.map((group) => methodOf(this.#options.plan.balance, group));
  }

  #settle(slot: number, hasFailed: boolean, isTold: boolean, now: number): void {
    const { counters, front, plan } = this.#options;
    if (!plan.breaker) return;
    const how = hasFailed ? 'failed' : isTold ? 'passed' : 'untold';
    if (counters.breakers.settle(slot, front, plan.breaker, now, how)) counters.recovered(slot, now);
  }

  #peerOf(member: Member, known: Peer | undefined, now: number): Peer {
    if (known && isDeepStrictEqual(known.member, member)) return known;
    if (known && isDeepStrictEqual(known.member.address, member.address)) {
      const wasAway = known.member.state !== 'up' && known.member.state !== 'draining';
      if (wasAway && member.state === 'up') this.#counters.recovered(member.slot, now);
      if (known.member.weight !== member.weight) known.effectiveWeight = member.weight;
      known.member = member;
      return known;
    }
    if (this.#shape && member.state === 'up') this.#counters.recovered(member.slot, now);
    return new Peer(member);
  }

  #choose(choice: Choice): Lease | undefined {
    const { counters, front, now, plan } = this.#options;
    this.now = now();
    this.#tried = choice.tried;
    for (;;) {
      const peer = this.#stuckTo(choice.route) ?? this.#balanced(choice.key);
      if (!peer) return undefined;
      const { slot, maxConnections } = peer.member;
      // Another thread may have taken the last place since.
      const entry = plan.breaker ? counters.breakers.enter(slot, front, this.now, plan.breaker) : 'free';
      if (entry === 'refused') continue;
      if (counters.begin(front, slot, maxConnections)) {
        counters.chosen(slot, peer.member, this.now);
        return new PeerLease(this, peer, entry === 'trial');
      }
      if (entry === 'trial') this.#settle(slot, false, false, this.now);
    }
  }

  #stuckTo(route: string | undefined): Peer | undefined {
    if (route === undefined) return undefined;
    return this.#byRoute.get(route)?.find((peer) => {
      const { state } = peer.member;
      return (state === 'up' || state === 'draining') && this.#hasRoom(peer);
    });
  }

  #balanced(key: string | undefined): Peer | undefined {
    for (const method of this.#methods) {
      const peer = method(this, key);
      if (peer) return peer;
    }
    return undefined;
  }

  #hasRoom({ member }: Peer): boolean {
    const { slot, maxConnections } = member;
    const counters = this.#counters;
    if (this.#tried.size > 0 && isTried(member, this.#tried)) return false;
    if (!this.#isSingle && counters.isFailed(slot, this.now)) return false;
    if (maxConnections > 0 && counters.active(slot) >= maxConnections) return false;
    return this.#options.plan.breaker === undefined || counters.breakers.admits(slot, this.now);
  }
}

/** Which times of requests the balance goes by. */
function timesOf(balance: Balance): 'header' | 'last-byte' | undefined {
  if (balance.kind === 'least-time') return balance.of;
  return balance.kind === 'random' && balance.two === 'least-time' ? 'header' : undefined;
}

/** A request at a member. */
class PeerLease implements Lease {
  readonly member: Member;
  readonly slot: number;
  readonly isTrial: boolean;
  readonly #balancer: Balancer;
  readonly #peer: Peer;
  #isOver = false;

  constructor(balancer: Balancer, peer: Peer, isTrial: boolean) {
    this.member = peer.member;
    this.slot = peer.member.slot;
    this.isTrial = isTrial;
    this.#balancer = balancer;
    this.#peer = peer;
  }

  done(result: LeaseResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#balancer.ended(this.#peer, this, result);
  }
}

/** The main thread may have said something new of a member meanwhile, so that its slot tells who it is. */
function isTried({ slot }: Member, tried: ReadonlySet<Member>): boolean {
  for (const member of tried) if (member.slot === slot) return true;
  return false;
}
