import type { KeepAlivePlan, PeerPlan, ResolverPlan, UpstreamPlan } from '../../../../plan/upstream-plan.ts';
import { upstreamNameOf } from '../../../proxy-url.ts';
import { resolverDefaults } from '../../../upstream-defaults.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handler, type Handlers } from '../handlers.ts';
import { Scope } from '../scope.ts';
import type { UpstreamUrl } from '../upstream-url.ts';
import { parseMilliseconds, parseNumber, parseSize } from '../values.ts';
import { balanceHandlers } from './balance.ts';
import { leastZoneSize } from './limits.ts';
import { readResolver, readResolverTimeout, resolverTimeoutMs as resolverTimeoutDefaultMs } from './resolver.ts';
import { readSticky } from './sticky.ts';
import type { UpstreamDraft } from './upstream-draft.ts';
import { peerDefaults, readServer } from './upstream-server.ts';

/** nginx's `upstream` block. What stands in it are directives of its own, some with the names of others. */
export const upstreamHandlers: Handlers = {
  upstream: (directive, scope, adaptation) => {
    const name = argument(directive, 0);
    const draft: UpstreamDraft = {
      peers: [],
      keepAlive: keepAliveDefaults,
      balance: undefined,
      sticky: undefined,
      queue: undefined,
      resolver: undefined,
      resolverTimeoutMs: undefined,
    };
    adaptation.run(directive.block ?? [], new Scope(scope), handlersFor(draft));
    const { peers, keepAlive, balance, sticky, queue } = draft;
    if (!adaptation.isFirst('upstream', name.text.toLowerCase())) {
      adaptation.error(name, `duplicate upstream "${name.text}"`);
    } else if (peers.length === 0) {
      // Of a server that is none it was told.
      const isSaid = directive.block?.some(({ name: each }) => each === 'server');
      if (!isSaid) adaptation.error(directive, 'no servers are inside upstream');
    } else if (peers.every(({ isBackup }) => isBackup)) {
      adaptation.error(directive, `no servers in upstream "${name.text}"`);
    } else {
      const upstream = upstreamOf(name.text, peers);
      const plan = { ...upstream, keepAlive, balance: balance ?? upstream.balance, sticky, queue };
      adaptation.upstreams.set(name.text, plan);
      // The resolver of the http block may be said behind this one.
      if (peers.some(({ resolves }) => resolves)) {
        adaptation.later(() => {
          const resolver = resolverOf(draft, scope);
          adaptation.upstreams.set(name.text, { ...(adaptation.upstreams.get(name.text) ?? plan), resolver });
        });
      }
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

/** Where none is said, the system's name servers are asked; nginx then refuses the config. */
function resolverOf({ resolver, resolverTimeoutMs }: UpstreamDraft, scope: Scope): ResolverPlan {
  const inherited = scope.block.proxy?.resolver;
  const timeoutMs = resolverTimeoutMs ?? inherited?.timeoutMs ?? resolverTimeoutDefaultMs;
  return { ...(resolver ?? inherited ?? resolverDefaults), timeoutMs };
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
    zone: checkZone,
    queue: (directive, _scope, adaptation) => {
      draft.queue = readQueue(directive, adaptation);
    },
    sticky: (directive, _scope, adaptation) => {
      draft.sticky = readSticky(directive, adaptation);
    },
    resolver: (directive, _scope, adaptation) => {
      draft.resolver = readResolver(directive, adaptation);
    },
    resolver_timeout: (directive, _scope, adaptation) => {
      draft.resolverTimeoutMs = readResolverTimeout(directive, adaptation);
    },
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

/** nginx's default. */
const queueTimeoutMs = 60_000;

function readQueue(directive: Directive, adaptation: Adaptation): UpstreamPlan['queue'] {
  const [length, timeout] = [argument(directive, 0), directive.args[1]];
  const maxRequests = parseNumber(length.text);
  const maxWaitMs = timeout ? parseMilliseconds(/^timeout=(.*)$/s.exec(timeout.text)?.[1] ?? '') : queueTimeoutMs;
  if (!maxRequests) return adaptation.error(length, `invalid value "${length.text}"`);
  if (maxWaitMs === undefined) return adaptation.error(timeout ?? length, `invalid parameter "${timeout?.text}"`);
  return { maxRequests, maxWaitMs };
}

/** Nothing comes of it, since front threads always share what they know of peers. */
function checkZone(...[directive, , adaptation]: Parameters<Handler>): void {
  const [name, place] = [argument(directive, 0), directive.args[1]];
  const bytes = place && parseSize(place.text);
  if (name.text === '') adaptation.error(name, 'invalid zone name ""');
  else if (place && bytes === undefined) adaptation.error(place, `invalid zone size "${place.text}"`);
  else if (bytes !== undefined && bytes < leastZoneSize) adaptation.error(name, `zone "${name.text}" is too small`);
}
