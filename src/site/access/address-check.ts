import { type Network, networkContains, parseAddress, parseNetwork } from '../../http/network.ts';
import type { AccessRule } from '../../plan/settings.ts';
import { PlanError } from '../compile-context.ts';
import { statusOutcome } from '../outcome.ts';
import { type Check, forbiddenByRule } from './gate.ts';

interface Rule {
  readonly allow: boolean;
  readonly network: Network | 'all' | 'unix:';
}

const forbidden = statusOutcome(403);

/**
 * nginx's `allow` and `deny`: the first rule that fits counts; where none does, nothing is said. A refusal is logged where it is
 * the last word. Throws PlanError.
 */
export function createAddressCheck(access: readonly AccessRule[], satisfy: 'all' | 'any'): Check {
  const rules = access.map(({ allow, network }): Rule => ({ allow, network: ruleNetwork(network) }));
  return (request) => {
    const address = parseAddress(request.exchange.connection.client.address);
    const rule = rules.find(({ network }) => {
      if (network === 'all') return true;
      // Who has no IP address came over a Unix socket.
      return network === 'unix:' ? !address : address !== undefined && networkContains(network, address);
    });
    if (!rule) return undefined;
    if (rule.allow) return 'allowed';
    if (satisfy === 'all') request.log('error', forbiddenByRule);
    return forbidden;
  };
}

function ruleNetwork(text: string): Rule['network'] {
  if (text === 'all' || text === 'unix:') return text;
  const network = parseNetwork(text);
  if (!network) throw new PlanError(`invalid parameter "${text}"`);
  return network;
}
