import type { Peer } from './peer.ts';

/** How far back times count, in milliseconds: one that is as old counts 1/e. */
const memoryMs = 10_000;

/** An answer of a peer took that long. */
export function measured(peer: Peer, milliseconds: number, now: number): void {
  const kept = peer.meanMs === undefined ? 0 : Math.exp((peer.measuredAt - now) / memoryMs);
  peer.meanMs = (peer.meanMs ?? 0) * kept + milliseconds * (1 - kept);
  peer.measuredAt = now;
}
