import type { ConnectionFacts, Peer } from '../core/exchange.ts';
import { elementsFromEnd, forwardedElement } from './forwarded-elements.ts';
import { forwardedNode } from './forwarded-node.ts';

/** Whether a proxy at this address is trusted; undefined where the text is no IP address. */
export type Trust = (address: string) => boolean | undefined;

const maxHops = 32; // http.md 253: 10,000 entries must cost nothing; real chains have fewer than ten

/**
 * What the client's own connection was like, from what a trusted peer tells in the values of its fields, by name. The hops
 * are walked from the last one back: each was written by the hop after it, so that the first address that is not trusted is
 * the client, and what comes before it is the client's own claim. Where all are trusted it is the first one. A hop that
 * tells no address (`unknown`, malformed) ends the walk: the client is then the last one that was believed. The scheme is
 * what was told with the hop at which the walk ended. Gives the very same facts where nothing is told.
 */
export function forwardedFacts(
  facts: ConnectionFacts,
  values: ReadonlyMap<string, string>,
  trust: Trust,
): ConnectionFacts {
  const { client = facts.client, scheme = facts.scheme } = values.has('forwarded')
    ? fromForwarded(values.get('forwarded') ?? '', trust)
    : fromSeparateFields(values.get('x-forwarded-for') ?? '', values.get('x-forwarded-proto') ?? '', trust);
  return client === facts.client && scheme === facts.scheme
    ? facts
    : { ...facts, client, scheme, connected: facts.client };
}

interface Told {
  readonly client: Peer | undefined;
  readonly scheme: ConnectionFacts['scheme'] | undefined;
}

function fromForwarded(value: string, trust: Trust): Told {
  const elements = elementsFromEnd(value, maxHops).map(forwardedElement);
  const { client, hop } = walk(
    elements.map((element) => element?.node ?? ''),
    trust,
  );
  return { client, scheme: schemeNamed(elements[hop]?.scheme) };
}

function fromSeparateFields(hops: string, schemes: string, trust: Trust): Told {
  const { client, hop } = walk(elementsFromEnd(hops, maxHops), trust);
  const elements = elementsFromEnd(schemes, maxHops);
  // A proxy that sets the field, rather than adding to it, leaves one value for all hops.
  return { client, scheme: schemeNamed(elements[Math.min(hop, elements.length - 1)]) };
}

/** The client by hops of which the last comes first, and at which hop the walk ended. */
function walk(hops: readonly string[], trust: Trust): { readonly client: Peer | undefined; readonly hop: number } {
  let client: Peer | undefined;
  for (const [hop, text] of hops.entries()) {
    const node = forwardedNode(text);
    const isTrusted = node && trust(node.address);
    if (isTrusted !== undefined) client = node;
    if (!isTrusted) return { client, hop };
  }
  return { client, hop: Math.max(hops.length - 1, 0) };
}

/** That of the connection for the schemes of WebSockets, which some proxies name. */
function schemeNamed(text: string | undefined): ConnectionFacts['scheme'] | undefined {
  switch (text?.toLowerCase()) {
    case 'http':
    case 'ws':
      return 'http';
    case 'https':
    case 'wss':
      return 'https';
    default:
      return undefined;
  }
}
