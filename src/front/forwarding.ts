import type { ConnectionFacts, RequestHead } from '../core/exchange.ts';
import { forwardedFacts } from '../http/forwarded.ts';
import { readForwardedFields, withoutForwarded } from '../http/forwarded-fields.ts';
import type { TrustedPeers } from './trusted-peers.ts';

/** A request and its client's connection, as far as what was told of them is believed. */
export interface ForwardedRequest {
  readonly request: RequestHead;
  readonly connection: ConnectionFacts;
}

/** Judges the fields by which proxies tell of their clients (RFC 7239), so that nobody after it needs to. */
export class Forwarding {
  readonly #trusted: TrustedPeers | undefined;
  /**
   * What each connection told last, and the facts that this made: a worker link keeps its bytes for facts that it knows, so
   * that facts which are the same should be one object.
   */
  readonly #last: WeakMap<ConnectionFacts, { readonly told: string; readonly facts: ConnectionFacts }> = new WeakMap();

  /** Without `trusted` nobody is. */
  constructor(trusted: TrustedPeers | undefined) {
    this.#trusted = trusted;
  }

  /** Removes what must not be believed, and believes the rest. */
  judge(request: RequestHead, connection: ConnectionFacts): ForwardedRequest {
    const trusted = this.#trusted;
    if (!trusted || !isTrusted(trusted, connection)) {
      return { request: { ...request, headers: withoutForwarded(request.headers) }, connection };
    }
    const { values, headers } = readForwardedFields(request.headers);
    return {
      request: headers === request.headers ? request : { ...request, headers },
      connection: this.#facts(connection, values, trusted),
    };
  }

  #facts(connection: ConnectionFacts, values: ReadonlyMap<string, string>, trusted: TrustedPeers): ConnectionFacts {
    const told = [values.get('x-forwarded-for'), values.get('x-forwarded-proto'), values.get('forwarded')].join('\n');
    const last = this.#last.get(connection);
    if (last?.told === told) return last.facts;
    const facts = forwardedFacts(connection, values, (address) => trusted.includes(address));
    this.#last.set(connection, { told, facts });
    return facts;
  }
}

/** A Unix socket has no port. */
function isTrusted(trusted: TrustedPeers, { client, server }: ConnectionFacts): boolean {
  return server.port === 0 ? trusted.includesUnix : trusted.includes(client.address) === true;
}
