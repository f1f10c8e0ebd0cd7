import type { PeerPlan } from '../../plan/upstream-plan.ts';
import type { Health } from '../health/health.ts';
import { addressText, type Member, type MemberState, type SocketAddress } from '../member.ts';
import { routeOfAddress } from '../sticky.ts';
import type { RuntimeChanges } from './runtime-changes.ts';

/** An address of a peer, with what SRV records say of it. */
export interface FoundAddress {
  readonly address: SocketAddress;
  /** In place of the peer's; undefined where there is nothing to say. */
  readonly weight?: number;
  readonly isBackup?: boolean;
}

/** A peer of an upstream with what its name stands for now. */
export interface FoundPeer {
  readonly peer: PeerPlan;
  readonly found: readonly FoundAddress[];
}

/** A member before it has its place among the counters. */
export interface KeyedMember extends Omit<Member, 'slot'> {
  /** Its address, and which one of those with this address it is. */
  readonly key: string;
}

/** The members of an upstream, in order. Where one was removed, it is not there. */
export function membersOf(
  peers: readonly FoundPeer[],
  changes: RuntimeChanges,
  healthOf: (key: string) => Health | undefined,
): readonly KeyedMember[] {
  const counts = new Map<string, number>();
  return peers.flatMap(({ peer, found }) => {
    const name = addressText(peer.address);
    return found.flatMap(({ address, weight = peer.weight, isBackup = peer.isBackup }): readonly KeyedMember[] => {
      const text = addressText(address);
      const count = counts.get(text) ?? 0;
      counts.set(text, count + 1);
      const change = changes.of(address, peer.address);
      if (change.state === 'removed') return [];
      const key = `${text} ${count}`;
      return [
        {
          key,
          address,
          name,
          weight: change.weight ?? weight,
          maxFails: peer.maxFails,
          failTimeoutMs: peer.failTimeoutMs,
          maxConnections: peer.maxConnections,
          isBackup,
          slowStartMs: peer.slowStartMs,
          route: peer.route ?? routeOfAddress(address),
          state: stateOf(change.state, peer.isDown, healthOf(key)),
        },
      ];
    });
  });
}

function stateOf(change: 'up' | 'draining' | undefined, isDown: boolean, health: Health | undefined): MemberState {
  if (change === 'draining') return 'draining';
  if (isDown && change !== 'up') return 'down';
  return health === undefined || health.state === 'healthy' ? 'up' : health.state;
}
