import { createLeastOf } from './least-of.ts';
import type { Conditions, Method, Peer } from './peer.ts';

/** How far back times count, in milliseconds: one that is as old counts 1/e. */
const memoryMs = 10_000;
/** Times below this are the same, in milliseconds. */
const leastMs = 0.1;

/**
 * The peer that is expected to answer first: its mean time × (requests under way + 1) / weight. The mean is one in which each time
 * counts less the older it is (by e^(-age / 10 s)), and that shrinks likewise while nothing comes, so that a peer which was slow is tried again. A
 * peer without a time gets a request at once, and counts as the fastest one while it has that under way.
 */
export function createLeastTime(peers: readonly Peer[]): Method {
  return createLeastOf(peers, createTimeScore(peers));
}

/** The score of {@link createLeastTime}. */
export function createTimeScore(peers: readonly Peer[]): (peer: Peer, conditions: Conditions) => number {
  return (peer, conditions) => {
    const active = conditions.active(peer);
    if (peer.meanMs === undefined && active === 0) return 0;
    const mean = meanNow(peer, conditions.now) ?? fastest(peers, conditions.now);
    return (Math.max(mean, leastMs) * (active + 1)) / peer.member.weight;
  };
}

/** An answer of a peer took that long. */
export function measured(peer: Peer, milliseconds: number, now: number): void {
  const kept = peer.meanMs === undefined ? 0 : decay(peer, now);
  peer.meanMs = (peer.meanMs ?? 0) * kept + milliseconds * (1 - kept);
  peer.measuredAt = now;
}

function meanNow(peer: Peer, now: number): number | undefined {
  return peer.meanMs === undefined ? undefined : peer.meanMs * decay(peer, now);
}

function fastest(peers: readonly Peer[], now: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const peer of peers) least = Math.min(least, meanNow(peer, now) ?? least);
  return least === Number.POSITIVE_INFINITY ? leastMs : least;
}

function decay({ measuredAt }: Peer, now: number): number {
  return Math.exp((measuredAt - now) / memoryMs);
}
