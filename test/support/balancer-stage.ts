import type { UpstreamPlan } from '../../src/plan/upstream-plan.ts';
import { Balancer } from '../../src/upstream/balancer.ts';
import type { Choice, Lease, LeaseResult } from '../../src/upstream/lease.ts';
import type { Member } from '../../src/upstream/member.ts';
import { PeerCounters } from '../../src/upstream/peer-counters.ts';

export interface StageOptions extends Partial<Pick<UpstreamPlan, 'balance' | 'queue' | 'breaker'>> {
  readonly frontCount?: number;
  /** Of what is drawn by chance. */
  readonly seed?: number;
}

/** A member at a port of its own, with nginx's defaults where nothing else is said. */
export function memberAt(slot: number, options: Partial<Member> = {}): Member {
  return {
    slot,
    address: { kind: 'tcp', host: '127.0.0.1', port: 8000 + slot },
    name: `127.0.0.1:${8000 + slot}`,
    weight: 1,
    maxFails: 1,
    failTimeoutMs: 10_000,
    maxConnections: 0,
    isBackup: false,
    slowStartMs: 0,
    route: `route${slot}`,
    state: 'up',
    ...options,
  };
}

/** Balancers of as many front threads over the same members, with a clock that only the test moves. */
export class BalancerStage {
  readonly counters: PeerCounters;
  readonly balancers: readonly Balancer[];
  members: readonly Member[] = [];
  now = 1_000_000;

  constructor(members: readonly Partial<Member>[], options: StageOptions = {}) {
    const { frontCount = 1, balance = { kind: 'round-robin' }, queue, breaker } = options;
    this.counters = new PeerCounters(frontCount);
    const random = seeded(options.seed ?? 1);
    this.balancers = Array.from({ length: frontCount }, (_, front) => {
      const counters = new PeerCounters(frontCount, this.counters.buffer);
      const plan = { name: 'backend', balance, queue, breaker };
      return new Balancer({ plan, counters, front, now: () => this.now, random });
    });
    this.set(members);
  }

  /** These are the members from now on, by the order of their slots. */
  set(members: readonly Partial<Member>[]): void {
    this.members = members.map((options, slot) => memberAt(slot, options));
    // A message to a thread is a copy.
    for (const balancer of this.balancers) balancer.setMembers(structuredClone(this.members));
  }

  /** A lease that needs no waiting. */
  take(choice: Partial<Choice> = {}, front = 0): Lease {
    const lease = this.balancers[front]!.take({ key: undefined, route: undefined, tried: new Set(), ...choice });
    if ('lease' in lease) throw new Error('the request was queued');
    return lease;
  }

  /** Slots of the members that so many requests go to, one after the other; each one passes. */
  picks(count: number, choice: Partial<Choice> = {}, front = 0): number[] {
    return Array.from({ length: count }, () => {
      const lease = this.take(choice, front);
      lease.done(passed);
      return lease.member.slot;
    });
  }
}

export const passed: LeaseResult = { hasFailed: false, headMs: 1, totalMs: 2 };
export const failed: LeaseResult = { hasFailed: true, headMs: undefined, totalMs: 2 };
/** The client left before anything came. */
export const untold: LeaseResult = { hasFailed: false, headMs: undefined, totalMs: 2 };

/** The same numbers from 0 up to but not 1 each time (a linear congruential generator, Numerical Recipes). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
