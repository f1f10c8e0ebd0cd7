/** The least share of its weight that a member has: some requests must show that it lives. */
const leastShare = 0.01;

/** What part of its weight a member has that came back `sinceMs` ago: it grows evenly for `slowStartMs`. */
export function slowStartShare(sinceMs: number, slowStartMs: number): number {
  return sinceMs >= slowStartMs ? 1 : Math.max(sinceMs / slowStartMs, leastShare);
}
