import type { Balance } from '../../site/plan/upstream-plan.ts';
import type { Method, Peer } from './peer.ts';
import { createRoundRobin } from './round-robin.ts';

/** What a plan names, for these peers. */
export function methodOf(_balance: Balance, peers: readonly Peer[]): Method {
  return createRoundRobin(peers);
}
