import { isDeepStrictEqual } from 'node:util';
import type { UpstreamPlan } from '../plan/upstream-plan.ts';
import { Balancer } from './balancer.ts';
import { Http1Transport } from './http1/http1-transport.ts';
import { Http2Transport } from './http2/http2-transport.ts';
import type { Member, SocketAddress } from './member.ts';
import { addressText } from './member.ts';
import { PeerCounters } from './peer-counters.ts';
import type { ConnectionProfile, Transport } from './transport.ts';

export interface UpstreamSurroundings {
  /** Which front thread this is, of how many. */
  readonly front: number;
  readonly frontCount: number;
  /** A monotonic clock in milliseconds that all threads share. */
  now(): number;
  random(): number;
}

/** One upstream as a front thread has it: which member is next, and the connections to all of them. */
export class Upstream {
  readonly plan: UpstreamPlan;
  readonly balancer: Balancer;
  readonly now: () => number;
  readonly #counters: SharedArrayBuffer;
  readonly #http1: Http1Transport;
  #http2: Http2Transport | undefined;
  #members: readonly Member[] = [];

  /** `counters`: see PeerCounters. */
  constructor(plan: UpstreamPlan, counters: SharedArrayBuffer, surroundings: UpstreamSurroundings) {
    const { front, frontCount, now, random } = surroundings;
    this.plan = plan;
    this.now = now;
    this.#counters = counters;
    const peers = new PeerCounters(frontCount, counters);
    this.balancer = new Balancer({ plan, counters: peers, front, now, random });
    this.#http1 = new Http1Transport(plan.keepAlive);
  }

  /** How many members could take requests that are not among these. */
  untried(tried: ReadonlySet<Member>): number {
    let count = 0;
    for (const member of this.#members) if (member.state === 'up' && !tried.has(member)) count++;
    return count;
  }

  /** Whether it would be no other with these. */
  isAs(plan: UpstreamPlan, counters: SharedArrayBuffer): boolean {
    return this.#counters === counters && isDeepStrictEqual(this.plan, plan);
  }

  setMembers(members: readonly Member[]): void {
    const kept = new Set(members.map(({ address }) => addressText(address)));
    for (const { address } of this.#members) if (!kept.has(addressText(address))) this.#forget(address);
    this.#members = members;
    this.balancer.setMembers(members);
  }

  transportFor({ protocol }: ConnectionProfile): Transport {
    if (protocol === 'http1') return this.#http1;
    this.#http2 ??= new Http2Transport(this.plan.keepAlive);
    return this.#http2;
  }

  /** Nothing leads to it any more. What is under way, or waits, goes on. */
  retire(): void {
    this.balancer.retire();
    this.#closeIdle();
  }

  /** Galley stops: nothing waits any more. What is under way goes on. */
  close(): void {
    this.balancer.close();
    this.#closeIdle();
  }

  #closeIdle(): void {
    this.#http1.close();
    this.#http2?.close();
  }

  #forget(address: SocketAddress): void {
    this.#http1.forget(address);
    this.#http2?.forget(address);
  }
}
