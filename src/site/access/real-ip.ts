import type { ConnectionFacts, Peer } from '../../core/exchange.ts';
import { addressText, type Network, networkContains, parseAddress, parseNetwork } from '../../http/network.ts';
import type { RealIpPlan } from '../../plan/site-plan.ts';
import { PlanError } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';

/** Proxies that one request may have come through; nginx has no bound. http.md 253: 10,000 entries must cost nothing. */
const mostHops = 100;
const withPort = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/;

/**
 * nginx's realip: where a trusted proxy tells of its client, the client is who it says. Read from the right: the last address, or
 * with `recursive` the last that is not of a trusted proxy itself, as far as there are addresses. Throws PlanError.
 */
export function createRealIp(plan: RealIpPlan): (request: SiteRequest) => void {
  const isTrusted = trust(plan.from);
  if (plan.header === 'proxy_protocol') return proxyProtocolClient(isTrusted);
  /** The facts that each connection's last value made: who knows facts by identity should meet the same ones again. */
  const last = new WeakMap<ConnectionFacts, { readonly value: string; readonly facts: ConnectionFacts }>();

  return (request) => {
    const { exchange } = request;
    const { connection } = exchange;
    const value = fieldValue(request, plan.header);
    if (value === undefined || !isTrusted(connection.client)) return;
    let known = last.get(connection);
    if (known?.value !== value) {
      const client = clientOf(value, plan.recursive, isTrusted);
      known = { value, facts: client ? { ...connection, client } : connection };
      last.set(connection, known);
    }
    if (known.facts === connection) return;
    request.peer = connection.client;
    exchange.connection = known.facts;
  };
}

/** The client by the PROXY protocol. There is one of it, so that there is nothing to be recursive about. */
function proxyProtocolClient(isTrusted: (peer: Peer) => boolean): (request: SiteRequest) => void {
  const known = new WeakMap<ConnectionFacts, ConnectionFacts>();
  return (request) => {
    const { exchange } = request;
    const { connection } = exchange;
    const told = connection.proxyProtocol;
    if (!told || !isTrusted(connection.client)) return;
    let facts = known.get(connection);
    if (!facts) {
      const { address, port } = told.client;
      const bytes = parseAddress(address);
      const client = { address: bytes ? addressText(bytes) : address, port };
      facts = { ...connection, client, carrier: connection.client };
      known.set(connection, facts);
    }
    exchange.connection = facts;
  };
}

/** Of X-Forwarded-For all fields, which are one list; of others the first. */
function fieldValue({ exchange }: SiteRequest, name: string): string | undefined {
  const { headers } = exchange.request;
  const first = headers.get(name);
  return first === undefined || name !== 'x-forwarded-for' ? first : headers.getAll(name).join(',');
}

/** The client by a list of addresses that a trusted peer sent. What is no address ends the list. */
function clientOf(value: string, isRecursive: boolean, isTrusted: (peer: Peer) => boolean): Peer | undefined {
  let client: Peer | undefined;
  let end = value.length;
  for (let hop = 0; hop < mostHops; hop++) {
    while (end > 0 && isSeparator(value, end - 1)) end--;
    let start = end;
    while (start > 0 && !isSeparator(value, start - 1)) start--;
    const peer = peerOf(value.slice(start, end));
    if (!peer) return client;
    client = peer;
    if (!isRecursive || !isTrusted(peer)) return client;
    end = start;
  }
  return client;
}

function isSeparator(text: string, at: number): boolean {
  return text[at] === ' ' || text[at] === ',' || text[at] === '\t';
}

/** An address, maybe with a port; one of IPv6 with a port is in brackets. */
function peerOf(text: string): Peer | undefined {
  if (text.length > 64) return undefined;
  const [, ipv6, ipv4, digits] = withPort.exec(text) ?? [];
  const address = ipv6 ?? ipv4 ?? text;
  const port = Number(digits);
  if (address.includes('%') || !parseAddress(address) || port < 1 || port > 65_535) return undefined;
  return { address, port: port || 0 };
}

function trust(from: readonly string[]): (peer: Peer) => boolean {
  const isUnixTrusted = from.includes('unix:');
  const networks = from.filter((entry) => entry !== 'unix:').map(networkOf);
  return ({ address }) => {
    const bytes = parseAddress(address);
    return bytes ? networks.some((network) => networkContains(network, bytes)) : isUnixTrusted;
  };
}

function networkOf(text: string): Network {
  const network = parseNetwork(text);
  if (!network) throw new PlanError(`invalid parameter "${text}"`);
  return network;
}
