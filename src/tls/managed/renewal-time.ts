/** When a CA wants a certificate renewed (RFC 9773 §4.2), in milliseconds since 1970. */
export interface RenewalWindow {
  readonly start: number;
  readonly end: number;
}

/** When a certificate is valid, in milliseconds since 1970. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

/** Certificates that live shorter are renewed at half of their time, as Let's Encrypt asks for those of six days. */
const shortLifeMs = 10 * 86_400_000;

/** The share of a lifetime over which renewals are spread. */
const spread = 0.05;

/** At two thirds of its life, or half of a short one, and a little later by chance: certificates that were got together are not renewed together. */
export function usualRenewalTime({ from, until }: Validity, random: number): number {
  const life = until - from;
  const share = life < shortLifeMs ? 1 / 2 : 2 / 3;
  return Math.round(from + life * (share + random * spread));
}

/** A time in the window (RFC 9773 §4.2); one that has passed means now. Never so late that the certificate has ended. */
export function suggestedRenewalTime({ start, end }: RenewalWindow, { from, until }: Validity, random: number): number {
  const latest = until - (until - from) * spread;
  return Math.round(Math.min(start + random * (end - start), latest));
}
