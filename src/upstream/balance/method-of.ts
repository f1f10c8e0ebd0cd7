import type { Balance } from '../../plan/upstream-plan.ts';
import { createConsistentHash } from './consistent-hash.ts';
import { createIpHash } from './ip-hash.ts';
import { createKeyHash } from './key-hash.ts';
import { createLeastConnections, load } from './least-connections.ts';
import { createLeastTime, createTimeScore } from './least-time.ts';
import type { Method, Peer } from './peer.ts';
import { createRandom, createRandomTwo } from './random.ts';
import { createRoundRobin } from './round-robin.ts';

/** What a plan names, for these peers; at least one. */
export function methodOf(balance: Balance, peers: readonly Peer[]): Method {
  switch (balance.kind) {
    case 'round-robin':
      return createRoundRobin(peers);
    case 'least-connections':
      return createLeastConnections(peers);
    case 'ip-hash':
      return createIpHash(peers);
    case 'hash':
      return balance.isConsistent ? createConsistentHash(peers) : createKeyHash(peers);
    case 'least-time':
      return createLeastTime(peers);
    case 'random':
      if (balance.two === undefined) return createRandom(peers);
      return createRandomTwo(peers, balance.two === 'least-time' ? createTimeScore(peers) : load);
  }
}
