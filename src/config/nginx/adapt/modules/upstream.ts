import type { KeepAlivePlan, PeerPlan, UpstreamPlan } from '../../../../site/plan/upstream-plan.ts';
import { upstreamNameOf } from '../../../proxy-url.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handler, type Handlers } from '../handlers.ts';
import { Scope } from '../scope.ts';
import type { UpstreamUrl } from '../upstream-url.ts';
import { parseMilliseconds, parseNumber } from '../values.ts';
import { balanceHandlers } from './balance.ts';
import type { UpstreamDraft } from './upstream-draft.ts';
import { peerDefaults, readServer } from './upstream-server.ts';

/** nginx's `upstream` block. What stands in it are directives of its own, some with the names of others. */
export const upstreamHandlers: Handlers = {
  upstream: (directive, scope, adaptation) => {
    const name = argument(directive, 0);
    const draft: UpstreamDraft = { peers: [], keepAlive: keepAliveDefaults, balance: undefined };
    adaptation.run(directive.block ?? [], new Scope(scope), handlersFor(draft));
    const { peers, keepAlive, balance } = draft;
    if (!adaptation.isFirst('upstream', name.text.toLowerCase())) {
      adaptation.error(name, `duplicate upstream "${name.text}"`);
    } else if (peers.length === 0) adaptation.error(directive, 'no servers are inside upstream');
    else if (peers.every(({ isBackup }) => isBackup)) {
      adaptation.error(directive, `no servers in upstream "${name.text}"`);
    } else {
      const upstream = upstreamOf(name.text, peers);
      adaptation.upstreams.set(name.text, { ...upstream, keepAlive, balance: balance ?? upstream.balance });
    }
  },
};

/** Whether a URL's host is that of a block cannot be told before all names of blocks are known. */
export function collectUpstreamNames(directives: readonly Directive[], { upstreamNames }: Adaptation): void {
  for (const directive of directives) {
    const { text } = argument(directive, 0);
    if (directive.name === 'upstream') upstreamNames.set(text.toLowerCase(), text);
  }
}

/** The upstream that a URL means: that of a block, or one that is made for it. Undefined where it can be none, which is told. */
export function upstreamFor(url: UpstreamUrl, place: Directive, adaptation: Adaptation): string | undefined {
  const { address, host, port } = url;
  const named = address.kind === 'tcp' ? adaptation.upstreamNames.get(host.toLowerCase()) : undefined;
  if (named !== undefined) {
    return port === undefined ? named : adaptation.error(place, `upstream "${host}" may not have port ${port}`);
  }
  const name = upstreamNameOf(address);
  if (!adaptation.upstreams.has(name)) {
    adaptation.upstreams.set(name, upstreamOf(name, [{ ...peerDefaults, address }]));
  }
  return name;
}

const keepAliveDefaults: KeepAlivePlan = { idle: 0, requests: 1000, timeMs: 3_600_000, timeoutMs: 60_000 };

function upstreamOf(name: string, peers: readonly PeerPlan[]): UpstreamPlan {
  return {
    name,
    peers,
    balance: { kind: 'round-robin' },
    sticky: undefined,
    keepAlive: keepAliveDefaults,
    queue: undefined,
    healthCheck: undefined,
    breaker: undefined,
    resolver: undefined,
  };
}

function handlersFor(draft: UpstreamDraft): Handlers {
  return {
    server: (directive, _scope, adaptation) => {
      const peer = readServer(directive, draft, adaptation);
      if (peer) draft.peers.push(peer);
    },
    keepalive: (directive, _scope, adaptation) => {
      const place = argument(directive, 0);
      const idle = parseNumber(place.text);
      if (!idle) adaptation.error(place, `invalid value "${place.text}" in "keepalive" directive`);
      else draft.keepAlive = { ...draft.keepAlive, idle };
    },
    keepalive_requests: keepAlive(draft, parseNumber, 'number', (requests) => ({ requests })),
    keepalive_time: keepAlive(draft, parseMilliseconds, 'value', (timeMs) => ({ timeMs })),
    keepalive_timeout: keepAlive(draft, parseMilliseconds, 'value', (timeoutMs) => ({ timeoutMs })),
    ...balanceHandlers(draft),
  };
}

function keepAlive(
  draft: UpstreamDraft,
  parse: (text: string) => number | undefined,
  what: 'number' | 'value',
  fields: (value: number) => Partial<KeepAlivePlan>,
): Handler {
  return (directive, _scope, adaptation) => {
    const place = argument(directive, 0);
    const value = parse(place.text);
    if (value === undefined) adaptation.error(place, `"${directive.name}" directive invalid ${what}`);
    else draft.keepAlive = { ...draft.keepAlive, ...fields(value) };
  };
}
