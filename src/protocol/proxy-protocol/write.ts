import type { ConnectionFacts, Peer } from '../../core/exchange.ts';
import { parseAddress } from '../../http/network.ts';
import { fixedSize, signature } from './signature.ts';

const proxyCommand = 0x21;
const tcp4 = 0x11;
const tcp6 = 0x21;
const unspecified = 0x00;

/** The header of the PROXY protocol that tells a peer of a client. Of one on a Unix socket it tells nothing. */
export function proxyProtocolHeader(version: 1 | 2, { client, server }: ConnectionFacts): Buffer {
  return version === 1 ? textHeader(client, server) : binaryHeader(client, server);
}

function textHeader(client: Peer, server: Peer): Buffer {
  const [from, to] = addressBytes(client, server) ?? [];
  if (!from || !to) return Buffer.from('PROXY UNKNOWN\r\n', 'latin1');
  const family = from.length === 4 ? 'TCP4' : 'TCP6';
  const texts = [client, server].map(({ address }) => addressText(address, family));
  return Buffer.from(`PROXY ${family} ${texts.join(' ')} ${client.port} ${server.port}\r\n`, 'latin1');
}

function binaryHeader(client: Peer, server: Peer): Buffer {
  const [from, to] = addressBytes(client, server) ?? [];
  const size = from && to ? 2 * from.length + 4 : 0;
  const header = Buffer.alloc(fixedSize + size);
  signature.copy(header);
  header[12] = proxyCommand;
  header[13] = !from ? unspecified : from.length === 4 ? tcp4 : tcp6;
  header.writeUInt16BE(size, 14);
  if (!from || !to) return header;
  header.set(from, fixedSize);
  header.set(to, fixedSize + from.length);
  header.writeUInt16BE(client.port, header.length - 4);
  header.writeUInt16BE(server.port, header.length - 2);
  return header;
}

/** Both of one family: where one is IPv6, an IPv4 address is mapped (RFC 4291 §2.5.5.2). */
function addressBytes(client: Peer, server: Peer): [client: Uint8Array, server: Uint8Array] | undefined {
  const from = parseAddress(client.address);
  const to = parseAddress(server.address);
  if (!from || !to) return undefined;
  return from.length === to.length ? [from, to] : [mapped(from), mapped(to)];
}

function mapped(address: Uint8Array): Uint8Array {
  if (address.length === 16) return address;
  const bytes = new Uint8Array(16);
  bytes.fill(0xff, 10, 12);
  bytes.set(address, 12);
  return bytes;
}

/** Without a zone, which means nothing elsewhere. */
function addressText(address: string, family: string): string {
  const zone = address.indexOf('%');
  const text = zone < 0 ? address : address.slice(0, zone);
  return family === 'TCP6' && !text.includes(':') ? `::ffff:${text}` : text;
}
