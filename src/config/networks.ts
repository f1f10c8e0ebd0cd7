import { networkContains, parseAddress, parseNetwork } from '../http/network.ts';

/** Whether a network says more of its address than counts, as `10.0.0.1/8`, which is `10.0.0.0/8`. */
export function hasLowBits(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const network = bits === undefined ? undefined : parseNetwork(text);
  const whole = parseAddress(address);
  if (!network || !whole) return false;
  return !networkContains({ address: network.address, bits: network.address.length * 8 }, whole);
}

/** Whether a text is a range as nginx's `geo` has it: of IPv4 addresses, such as `10.0.0.0-10.0.0.9`. */
export function isAddressRange(text: string): boolean {
  const [from, to, ...more] = text.split('-').map(ipv4Number);
  return from !== undefined && to !== undefined && from <= to && more.length === 0;
}

function ipv4Number(text: string): number | undefined {
  const bytes = parseAddress(text);
  return bytes?.length === 4 ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : undefined;
}
