import { networkContains, parseAddress, parseNetwork } from '../../../http/network.ts';
import type { Position } from '../syntax/tree.ts';
import type { Adaptation } from './adaptation.ts';

/** Says that `10.0.0.1/8` is `10.0.0.0/8`. */
export function warnLowBits(text: string, place: { readonly at: Position }, adaptation: Adaptation): void {
  const [address = '', bits] = text.split('/');
  const network = bits === undefined ? undefined : parseNetwork(text);
  const whole = parseAddress(address);
  if (!network || !whole || networkContains({ address: network.address, bits: network.address.length * 8 }, whole))
    return;
  adaptation.warn(place, `low address bits of ${text} are meaningless`);
}
