import { isIP } from 'node:net';
import type { SitePlan } from '../../../plan/site-plan.ts';
import type { AcmeIssuerPlan } from '../../../plan/tls-plan.ts';

type Kind = AcmeIssuerPlan['challenges'][number];

/** Where CAs come to look. */
const usualPort: Readonly<Record<Kind, number | undefined>> = {
  'http-01': 80,
  'tls-alpn-01': 443,
  'dns-01': undefined,
};

/**
 * The challenges that a site can answer, the likeliest first: in the issuer's order, but those without a listener on the port where CAs look
 * come last. They may work all the same, where ports are mapped.
 */
export function possibleChallenges(
  issuer: Pick<AcmeIssuerPlan, 'challenges' | 'dnsHook'>,
  listeners: SitePlan['listeners'],
): readonly Kind[] {
  const ofKind = (kind: Kind): SitePlan['listeners'] => listeners.filter(({ tls }) => tls === (kind === 'tls-alpn-01'));
  const possible = issuer.challenges.filter((kind) => {
    return kind === 'dns-01' ? issuer.dnsHook !== undefined : ofKind(kind).length > 0;
  });
  const isLikely = (kind: Kind): boolean => {
    const port = usualPort[kind];
    return port === undefined || ofKind(kind).some(({ bind }) => bind.kind === 'tcp' && bind.port === port);
  };
  return [...possible.filter(isLikely), ...possible.filter((kind) => !isLikely(kind))];
}

/** Those that can prove a name: a wildcard is proven by DNS alone, an address never. */
export function challengesFor(name: string, possible: readonly Kind[]): readonly Kind[] {
  if (name.startsWith('*.')) return possible.filter((kind) => kind === 'dns-01');
  return isIP(name) ? possible.filter((kind) => kind !== 'dns-01') : possible;
}
