import { Ketama } from './ketama.ts';
import type { Method, Peer } from './peer.ts';
import { createRoundRobin, mostPassed } from './round-robin.ts';

/** nginx's `hash KEY consistent`. Peers of the same name share their points and take turns. An empty key goes round robin. */
export function createConsistentHash(peers: readonly Peer[]): Method {
  const roundRobin = createRoundRobin(peers);
  if (peers.length === 1) return roundRobin;
  const byName = Map.groupBy(peers, ({ member }) => member.name);
  const circle = new Ketama(Array.from(byName, ([name, named]) => ({ name, weight: weightOf(named) })));
  const turns = Array.from(byName.values(), createRoundRobin);
  return (conditions, key) => {
    if (!key) return roundRobin(conditions, key);
    const point = circle.find(key);
    for (let passed = 0; passed <= mostPassed; passed++) {
      const peer = (turns[circle.serverAt(point + passed)] as Method)(conditions, key);
      if (peer) return peer;
    }
    return roundRobin(conditions, key);
  };
}

/** Each one has points of its own, which are the same as far as they go. */
function weightOf(peers: readonly Peer[]): number {
  return peers.reduce((most, { member }) => Math.max(most, member.weight), 0);
}
