import { type Conditions, isSpared, type Method, type Peer } from './peer.ts';
import { createRoundRobin, mostPassed } from './round-robin.ts';
import { WeightRanges } from './weight-ranges.ts';

/** nginx's `random`: by weight. Where too many that are drawn cannot be used, round robin. */
export function createRandom(peers: readonly Peer[]): Method {
  const draw = createDraw(peers);
  const roundRobin = createRoundRobin(peers);
  if (peers.length === 1) return roundRobin;
  return (conditions, key) => {
    for (let passed = 0; passed <= mostPassed; passed++) {
      const peer = draw(conditions);
      if (peer) return peer;
    }
    return roundRobin(conditions, key);
  };
}

/** nginx's `random two`: the one of two with the lower score, the second one where it is the same for both. */
export function createRandomTwo(peers: readonly Peer[], score: (peer: Peer, conditions: Conditions) => number): Method {
  const draw = createDraw(peers);
  const roundRobin = createRoundRobin(peers);
  if (peers.length === 1) return roundRobin;
  return (conditions, key) => {
    let first: Peer | undefined;
    for (let passed = 0; passed <= mostPassed; ) {
      const peer = draw(conditions);
      if (!peer || peer === first) passed++;
      else if (first) return score(peer, conditions) > score(first, conditions) ? first : peer;
      else first = peer;
    }
    return roundRobin(conditions, key);
  };
}

/** Draws one by weight; undefined where it cannot be used, or has just come back and is spared. */
function createDraw(peers: readonly Peer[]): (conditions: Conditions) => Peer | undefined {
  const ranges = new WeightRanges(peers);
  return (conditions) => {
    const peer = ranges.at(Math.floor(conditions.random() * ranges.total));
    return conditions.isUsable(peer) && !isSpared(peer, conditions) ? peer : undefined;
  };
}
