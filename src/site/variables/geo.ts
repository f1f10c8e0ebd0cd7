import { type Network, networkContains, parseAddress, parseNetwork } from '../../http/network.ts';
import type { GeoPlan } from '../../plan/variable-plan.ts';
import { type CompileContext, PlanError } from '../compile-context.ts';
import type { SiteRequest } from '../site-request.ts';
import { AddressRanges } from './address-ranges.ts';
import { NetworkTable } from './network-table.ts';
import { wireText } from './parse-template.ts';

/** As many entries of X-Forwarded-For are looked at as of real chains of proxies there could be. */
const maxHops = 32;

/** nginx `geo`. Throws PlanError. */
export function compileGeo(plan: GeoPlan, context: CompileContext): (request: SiteRequest) => string {
  const source = context.template(plan.source);
  const fallback = wireText(plan.fallback);
  const proxies = plan.proxies.map(networkOf);
  const table = plan.ranges ? new AddressRanges<string>() : new NetworkTable<string>();
  for (const { network, value } of plan.entries) {
    if (table instanceof AddressRanges) table.add(...rangeOf(network), wireText(value));
    else table.add(networkOf(network), wireText(value));
  }
  if (table instanceof AddressRanges) table.complete();
  return (request) => {
    const address = parseAddress(source.evaluate(request));
    const client =
      address && proxies.length > 0 ? behindProxies(request, address, proxies, plan.proxyRecursive) : address;
    return (client && table.find(client)) ?? fallback;
  };
}

/** The client that a trusted proxy tells of, or with `recursive` the last one that is no proxy itself. */
function behindProxies(
  request: SiteRequest,
  address: Uint8Array,
  proxies: readonly Network[],
  recursive: boolean,
): Uint8Array {
  const hops = request.exchange.request.headers.getAll('x-forwarded-for').join(',');
  let client = address;
  let end = hops.length;
  for (let hop = 0; hop < maxHops && end > 0; hop++) {
    if (!proxies.some((proxy) => networkContains(proxy, client))) return client;
    const comma = hops.lastIndexOf(',', end - 1);
    const next = parseAddress(hops.slice(comma + 1, end).trim());
    if (!next) return client;
    client = next;
    end = comma;
    if (!recursive) return client;
  }
  return client;
}

function networkOf(text: string): Network {
  const network = parseNetwork(text);
  if (!network) throw new PlanError(`invalid network "${text}"`);
  return network;
}

function rangeOf(text: string): [first: number, last: number] {
  const [first = Number.NaN, last = first, ...more] = text.split('-').map(ipv4Number);
  if (!(first <= last) || more.length > 0) throw new PlanError(`invalid range "${text}"`);
  return [first, last];
}

function ipv4Number(text: string): number {
  const address = parseAddress(text);
  return address?.length === 4 ? address.reduce((number, byte) => number * 256 + byte, 0) : Number.NaN;
}
