/** A network of IPv4 (4 bytes) or IPv6 (16 bytes) addresses. A network of IPv4-mapped addresses is one of IPv4. */
export interface Network {
  readonly address: Uint8Array;
  /** How many leading bits are those of the network. */
  readonly bits: number;
}

const octet = /^(?:0|[1-9]\d{0,2})$/;
const group = /^[\da-f]{1,4}$/i;
const longestAddress = 64; // the longest IPv6 address has 45 characters, a zone comes behind it

/** The bytes of an IP address: 4, or 16 where it is IPv6, IPv4-mapped ones too. A zone (`%eth0`) is left out. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (text.length > longestAddress) return undefined;
  if (!text.includes(':')) return parseIpv4(text);
  const zone = text.indexOf('%');
  return parseIpv6(zone < 0 ? text : text.slice(0, zone));
}

/** The text of 4 or 16 bytes, IPv6 as RFC 5952 has it. */
export function addressText(address: Uint8Array): string {
  if (address.length === 4) return address.join('.');
  if (isMapped(address)) return `::ffff:${address.subarray(12).join('.')}`;
  const groups = Array.from({ length: 8 }, (_, index) => {
    return (((address[2 * index] ?? 0) << 8) | (address[2 * index + 1] ?? 0)).toString(16);
  });
  const zeros = longestZeros(groups);
  if (zeros.length < 2) return groups.join(':');
  const end = zeros.start + zeros.length;
  return `${groups.slice(0, zeros.start).join(':')}::${groups.slice(end).join(':')}`;
}

/** An address, or a network in CIDR notation (RFC 4632 §3.1). Bits behind the prefix count as 0. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const address = text.includes('%') ? undefined : parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (!address) return undefined;
  const digits = slash < 0 ? String(address.length * 8) : text.slice(slash + 1);
  const bits = octet.test(digits) ? Number(digits) : Number.NaN;
  if (!(bits <= address.length * 8)) return undefined;
  clearBehind(address, bits);
  return isMapped(address) && bits >= 96 ? { address: address.slice(12), bits: bits - 96 } : { address, bits };
}

/** Whether an address, as {@link parseAddress} gives it, is of the network. An IPv4-mapped address is of the networks of its IPv4 address too. */
export function networkContains(network: Network, address: Uint8Array): boolean {
  const { address: prefix, bits } = network;
  const from = address.length - prefix.length;
  if (from < 0 || (from > 0 && !isMapped(address))) return false;
  const whole = bits >> 3;
  for (let index = 0; index < whole; index++) if (prefix[index] !== address[from + index]) return false;
  const rest = bits & 7;
  return rest === 0 || ((prefix[whole] ?? 0) ^ (address[from + whole] ?? 0)) >> (8 - rest) === 0;
}

/** Whether 16 bytes are an IPv4 address in IPv6's clothes: `::ffff:192.0.2.1` (RFC 4291 §2.5.5.2). */
export function isMapped(address: Uint8Array): boolean {
  if (address.length !== 16 || address[10] !== 0xff || address[11] !== 0xff) return false;
  for (let index = 0; index < 10; index++) if (address[index] !== 0) return false;
  return true;
}

/** The first of the longest runs of groups that are 0. */
function longestZeros(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > longest.length) longest = { start, length };
  }
  return longest;
}

function clearBehind(address: Uint8Array, bits: number): void {
  const whole = bits >> 3;
  if (whole >= address.length) return;
  address[whole] = (address[whole] ?? 0) & ~(0xff >> (bits & 7));
  address.fill(0, whole + 1);
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => octet.test(part) && Number(part) <= 255)) return undefined;
  return Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const before = groupBytes(halves[0] ?? '', halves.length === 1);
  const after = halves.length === 2 ? groupBytes(halves[1] ?? '', true) : [];
  if (!before || !after) return undefined;
  const length = before.length + after.length;
  if (halves.length === 2 ? length > 14 : length !== 16) return undefined;
  const address = new Uint8Array(16);
  address.set(before, 0);
  address.set(after, 16 - after.length);
  return address;
}

/** The bytes of groups between colons; the last one may be an IPv4 address where it is the address's last. */
function groupBytes(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const ipv4 = isLast && index === parts.length - 1 && part.includes('.') ? parseIpv4(part) : undefined;
    if (ipv4) bytes.push(...ipv4);
    else if (group.test(part)) bytes.push(Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 0xff);
    else return undefined;
  }
  return bytes;
}
