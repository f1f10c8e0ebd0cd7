import type { Member } from '../member.ts';

/** A member as one front thread balances over it. */
export class Peer {
  /** Replaced where the config or the main thread says something else of it. */
  member: Member;
  /** What smooth weighted round robin owes it. */
  currentWeight = 0;
  /** Its weight, less after failures; grows back by 1 each time it could be chosen. */
  effectiveWeight: number;
  /** Its mean time in milliseconds, as of `measuredAt`; undefined before the first answer. Only for `least-time`. */
  meanMs: number | undefined;
  measuredAt = 0;

  constructor(member: Member) {
    this.member = member;
    this.effectiveWeight = member.weight;
  }
}

/** What a method may ask of its peers, for the request at hand. */
export interface Conditions {
  /** Milliseconds of a monotonic clock. */
  readonly now: number;
  isUsable(peer: Peer): boolean;
  /** Requests under way there, of all front threads. */
  active(peer: Peer): number;
  /** The part of its weight that a peer has: less than 1 where it has just come back. */
  share(peer: Peer): number;
  /** From 0 up to but not 1. */
  random(): number;
}

/** Chooses one of the peers that it was made for; undefined where none is usable. `key`: see Choice. */
export type Method = (conditions: Conditions, key: string | undefined) => Peer | undefined;

/** Whether a request passes a peer by that has just come back: by chance, as the part of its weight is that it does not have yet. */
export function isSpared(peer: Peer, conditions: Conditions): boolean {
  const share = conditions.share(peer);
  return share < 1 && conditions.random() >= share;
}
