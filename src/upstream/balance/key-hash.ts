import { crc32End, crc32Start, crc32Text } from './crc32.ts';
import type { Method, Peer } from './peer.ts';
import { createRoundRobin, mostPassed } from './round-robin.ts';
import { WeightRanges } from './weight-ranges.ts';

/** nginx's `hash KEY`, which is that of Perl's Cache::Memcached. An empty key goes round robin. */
export function createKeyHash(peers: readonly Peer[]): Method {
  const ranges = new WeightRanges(peers);
  const roundRobin = createRoundRobin(peers);
  if (peers.length === 1) return roundRobin;
  return (conditions, key) => {
    if (!key) return roundRobin(conditions, key);
    let hash = 0;
    for (let passed = 0; passed <= mostPassed; passed++) {
      const start = passed === 0 ? crc32Start : crc32Text(crc32Start, String(passed));
      hash += (crc32End(crc32Text(start, key)) >>> 16) & 0x7fff;
      const peer = ranges.at(hash % ranges.total);
      if (conditions.isUsable(peer)) return peer;
    }
    return roundRobin(conditions, key);
  };
}
