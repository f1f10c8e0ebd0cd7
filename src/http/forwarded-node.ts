import type { Peer } from '../core/exchange.ts';

const withPort = /^(?:\[([\da-f]*:[\da-f:.]+)\]|(\d[\d.]+))(?::([\w.-]+))?$/i;
const bareIpv6 = /^[\da-f]*:[\da-f]*:[\da-f:.]*$/i;
const mappedIpv4 = /^::ffff:(?=\d+\.)/i;
const maxLength = 64; // the longest IPv6 address has 45 characters
const mostPort = 65_535;

/**
 * The node of an X-Forwarded-For entry or of a `for` parameter (RFC 7239 §6): an address with or without brackets and port,
 * which is 0 where it is not told. Undefined for what has not the shape of an address: `unknown`, an obfuscated identifier,
 * and what is malformed; whether the shape is an address is not checked.
 */
export function forwardedNode(text: string): Peer | undefined {
  if (text.length > maxLength) return undefined;
  const match = withPort.exec(text);
  const address = match?.[1] ?? match?.[2] ?? (bareIpv6.test(text) ? text : undefined);
  if (address === undefined) return undefined;
  const port = Number(match?.[3] ?? 0);
  return { address: address.replace(mappedIpv4, ''), port: port > 0 && port <= mostPort ? port : 0 };
}
