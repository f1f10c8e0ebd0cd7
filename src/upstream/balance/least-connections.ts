import { createLeastOf } from './least-of.ts';
import type { Conditions, Method, Peer } from './peer.ts';

/** nginx's `least_conn`: the fewest requests under way for its weight; those that have as few take turns. */
export function createLeastConnections(peers: readonly Peer[]): Method {
  return createLeastOf(peers, load);
}

/** Requests under way for each unit of weight. */
export function load(peer: Peer, conditions: Conditions): number {
  return conditions.active(peer) / peer.member.weight;
}
