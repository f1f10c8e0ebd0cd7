import type { UpstreamPlan } from '../../src/plan/upstream-plan.ts';
import type { UpstreamState } from '../../src/upstream/member.ts';
import { PeerCounters } from '../../src/upstream/peer-counters.ts';

/** The members of upstreams whose peers are addresses, as the main thread would tell them to the only front thread. */
export function literalStates(plans: readonly UpstreamPlan[]): UpstreamState[] {
  return plans.map(({ name, peers }) => ({
    upstream: name,
    counters: new PeerCounters(1).buffer,
    members: peers.map((peer, slot) => ({
      ...peer,
      slot,
      name: peer.address.kind === 'unix' ? `unix:${peer.address.path}` : `${peer.address.host}:${peer.address.port}`,
      route: peer.route ?? `route${slot}`,
      state: peer.isDown ? 'down' : 'up',
    })),
  }));
}
