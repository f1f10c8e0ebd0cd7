import { networkContains, parseAddress, parseNetwork } from '../http/network.ts';

/** Whether a network says more of its address than counts, as `10.0.0.1/8`, which is `10.0.0.0/8`. */
export function hasLowBits(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const network = bits === undefined ? undefined : parseNetwork(text);
  const whole = parseAddress(address);
  if (!network || !whole) return false;
  return !networkContains({ address: network.address, bits: network.address.length * 8 }, whole);
}

/** A range of IPv4 addresses as numbers, as nginx's `geo` has it: `10.0.0.0-10.0.0.9`; undefined where a text is none. */
export function addressRange(text: string): { readonly first: number; readonly last: number } | undefined {
  const [first, last, ...more] = text.split('-').map(ipv4Number);
  return first !== undefined && last !== undefined && first <= last && more.length === 0 ? { first, last } : undefined;
}

/** The first two ranges of a list of which neither is inside of the other though they have addresses in common, the later one first. */
export function overlappingRanges(texts: readonly string[]): readonly [later: string, earlier: string] | undefined {
  const ranges = texts.flatMap((text, index) => {
    const range = addressRange(text);
    return range ? [{ ...range, text, index }] : [];
  });
  const open: typeof ranges = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first || b.last - a.last)) {
    while (open.length > 0 && (open.at(-1)?.last ?? 0) < range.first) open.pop();
    const outer = open.at(-1);
    if (outer && range.last > outer.last) {
      return range.index > outer.index ? [range.text, outer.text] : [outer.text, range.text];
    }
    open.push(range);
  }
  return undefined;
}

function ipv4Number(text: string): number | undefined {
  const bytes = parseAddress(text);
  return bytes?.length === 4 ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : undefined;
}
