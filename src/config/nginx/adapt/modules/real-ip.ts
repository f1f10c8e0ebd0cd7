import { parseNetwork } from '../../../../http/network.ts';
import type { RealIpPlan } from '../../../../plan/site-plan.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handlers, readFlag } from '../handlers.ts';
import { warnLowBits } from '../networks.ts';
import type { Scope } from '../scope.ts';

/**
 * nginx's realip module. The address is settled before locations are looked at. What Galley lacks of it is never left out: rules for
 * addresses would let others in.
 */
export const realIpHandlers: Handlers = {
  set_real_ip_from: (directive, scope, adaptation) => {
    const place = argument(directive, 0);
    const { text } = place;
    if (text !== 'unix:' && !parseNetwork(text)) {
      const message = `host not found in set_real_ip_from "${text}"`;
      adaptation.error(place, message, 'write an address or a network; names are not looked up');
      return;
    }
    warnLowBits(text, place, adaptation);
    set({ from: [...(scope.block.realIp?.from ?? []), text] }, directive, scope, adaptation);
  },
  real_ip_header: (directive, scope, adaptation) => {
    set({ header: argument(directive, 0).text.toLowerCase() }, directive, scope, adaptation);
  },
  real_ip_recursive: (directive, scope, adaptation) => {
    const recursive = readFlag(directive, adaptation);
    if (recursive !== undefined) set({ recursive }, directive, scope, adaptation);
  },
};

function set(realIp: Partial<RealIpPlan>, directive: Directive, scope: Scope, adaptation: Adaptation): void {
  if (scope.match) adaptation.error(directive, `Galley does not have "${directive.name}" in a location`, hint);
  else scope.set({ realIp });
}

const hint = 'write it in the server';
