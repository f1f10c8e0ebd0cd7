import type { Method, Peer } from './peer.ts';

/** So many peers that cannot be used are passed by methods that name one; then it is anyone's turn, round robin (nginx). */
export const mostPassed = 20;

/** Smooth weighted round robin, as nginx's. */
export function createRoundRobin(peers: readonly Peer[]): Method {
  return (conditions) => {
    let best: Peer | undefined;
    let total = 0;
    for (const peer of peers) {
      if (!conditions.isUsable(peer)) continue;
      total += owe(peer, conditions.share(peer));
      if (!best || peer.currentWeight > best.currentWeight) best = peer;
    }
    if (best) best.currentWeight -= total;
    return best;
  };
}

/** Another round begins, of which a peer is a part with that share of its weight: gives what it is owed more. */
export function owe(peer: Peer, share: number): number {
  const weight = peer.effectiveWeight * share;
  peer.currentWeight += weight;
  if (peer.effectiveWeight < peer.member.weight) peer.effectiveWeight++;
  return weight;
}

/** A request failed there: the peer gets fewer for a while. */
export function owesLess(peer: Peer): void {
  const { weight, maxFails } = peer.member;
  if (maxFails > 0) peer.effectiveWeight = Math.max(0, peer.effectiveWeight - Math.trunc(weight / maxFails));
}
