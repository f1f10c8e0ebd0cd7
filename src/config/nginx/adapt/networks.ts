import { hasLowBits } from '../../networks.ts';
import type { Position } from '../syntax/tree.ts';
import type { Adaptation } from './adaptation.ts';

/** Says that `10.0.0.1/8` is `10.0.0.0/8`. */
export function warnLowBits(text: string, place: { readonly at: Position }, adaptation: Adaptation): void {
  if (hasLowBits(text)) adaptation.warn(place, `low address bits of ${text} are meaningless`);
}
