import { parseAddress } from '../../http/network.ts';
import type { Method, Peer } from './peer.ts';
import { createRoundRobin, mostPassed } from './round-robin.ts';
import { WeightRanges } from './weight-ranges.ts';

/** What nginx hashes for clients without an IP address. */
const noAddress = new Uint8Array(3);

/** nginx's `ip_hash`. The key is the client's address; of an IPv4 address the first three bytes count. */
export function createIpHash(peers: readonly Peer[]): Method {
  const ranges = new WeightRanges(peers);
  const roundRobin = createRoundRobin(peers);
  if (peers.length === 1) return roundRobin;
  return (conditions, key) => {
    const address = parseAddress(key ?? '') ?? noAddress;
    const length = address.length === 4 ? 3 : address.length;
    let hash = 89;
    for (let passed = 0; passed <= mostPassed; passed++) {
      for (let index = 0; index < length; index++) hash = (hash * 113 + (address[index] as number)) % 6271;
      const peer = ranges.at(hash % ranges.total);
      if (conditions.isUsable(peer)) return peer;
    }
    return roundRobin(conditions, key);
  };
}
