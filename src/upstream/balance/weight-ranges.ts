import type { Peer } from './peer.ts';

/** Peers side by side on a line from 0, each as long as its weight. */
export class WeightRanges {
  readonly #peers: readonly Peer[];
  /** Where each one ends. */
  readonly #ends: readonly number[];
  /** The sum of all weights. */
  readonly total: number;

  constructor(peers: readonly Peer[]) {
    let total = 0;
    this.#peers = peers;
    this.#ends = peers.map(({ member }) => {
      total += member.weight;
      return total;
    });
    this.total = total;
  }

  /** The one at a whole number below `total`. */
  at(place: number): Peer {
    let from = 0;
    let to = this.#ends.length - 1;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (place < (this.#ends[middle] as number)) to = middle;
      else from = middle + 1;
    }
    return this.#peers[from] as Peer;
  }
}
