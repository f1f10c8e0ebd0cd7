import { type Conditions, isSpared, type Method, type Peer } from './peer.ts';
import { owe } from './round-robin.ts';

/** The peer with the smallest score; those with the same take turns, as in nginx's `least_conn`. */
export function createLeastOf(peers: readonly Peer[], score: (peer: Peer, conditions: Conditions) => number): Method {
  const scores = new Float64Array(peers.length);
  return (conditions) => {
    let least = Number.POSITIVE_INFINITY;
    let count = 0;
    let first = 0;
    let spared: Peer | undefined;
    for (let index = 0; index < peers.length; index++) {
      const peer = peers[index] as Peer;
      scores[index] = Number.POSITIVE_INFINITY;
      if (!conditions.isUsable(peer)) continue;
      // A score says nothing of how many requests it gets: one that has nothing under way would get the next one.
      if (isSpared(peer, conditions)) {
        spared = peer;
        continue;
      }
      const own = score(peer, conditions);
      scores[index] = own;
      if (own > least) continue;
      count = own === least ? count + 1 : 1;
      if (own < least) first = index;
      least = own;
    }
    if (count < 2) return count === 0 ? spared : peers[first];
    let best = peers[first] as Peer;
    let total = 0;
    for (let index = first; index < peers.length; index++) {
      if (scores[index] !== least) continue;
      const peer = peers[index] as Peer;
      total += owe(peer, 1);
      if (peer.currentWeight > best.currentWeight) best = peer;
    }
    best.currentWeight -= total;
    return best;
  };
}
