import { longestTimerMs } from '../../../../core/limits.ts';
import type { ResolverPlan } from '../../../../plan/upstream-plan.ts';
import type { Argument, Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handlers } from '../handlers.ts';
import type { Scope } from '../scope.ts';
import { parseUpstreamUrl } from '../upstream-url.ts';
import { parseMilliseconds, parseSeconds } from '../values.ts';

/** nginx's: 30 s. */
export const resolverTimeoutMs = 30_000;

/** Whom to ask for names of upstreams. */
export const resolverHandlers: Handlers = {
  resolver: (directive, scope, adaptation) => {
    const resolver = readResolver(directive, adaptation);
    if (!resolver) return;
    scope.resolver = resolver;
    setResolver(scope);
  },
  resolver_timeout: (directive, scope, adaptation) => {
    scope.resolverTimeoutMs = readResolverTimeout(directive, adaptation);
    setResolver(scope);
  },
};

/** The one directive says who, the other one how long: each is inherited by itself. */
function setResolver(scope: Scope): void {
  const resolver = scope.nearest((each) => each.resolver);
  const timeoutMs = scope.nearest((each) => each.resolverTimeoutMs) ?? resolverTimeoutMs;
  if (resolver) scope.set({ proxy: { resolver: { ...resolver, timeoutMs } } });
}

/** Undefined where it is none, which is told. */
export function readResolverTimeout(directive: Directive, adaptation: Adaptation): number | undefined {
  const place = argument(directive, 0);
  const timeoutMs = parseMilliseconds(place.text);
  // Without any time nginx waits as long as the name servers take.
  if (timeoutMs === 0) return longestTimerMs;
  return timeoutMs ?? adaptation.error(place, '"resolver_timeout" directive invalid value');
}

type Resolver = Omit<ResolverPlan, 'timeoutMs'>;

/** Undefined where it is none, which is told. */
export function readResolver(directive: Directive, adaptation: Adaptation): Resolver | undefined {
  const servers: { readonly host: string; readonly port: number }[] = [];
  let addresses = 0;
  let resolver: Omit<Resolver, 'servers'> = { validMs: undefined, ipv4: true, ipv6: true };
  for (const each of directive.args) {
    const fields = readParameter(each, adaptation);
    if (fields) resolver = { ...resolver, ...fields };
    else {
      addresses += 1;
      const url = parseUpstreamUrl(each.text, { defaultPort: 53, takesUri: false });
      if ('problem' in url) adaptation.error(each, `${url.problem} in resolver "${each.text}"`);
      else if (url.address.kind === 'tcp') servers.push({ host: url.address.host, port: url.address.port });
      else adaptation.error(each, `invalid host in resolver "${each.text}"`);
    }
  }
  if (!resolver.ipv4 && !resolver.ipv6) {
    return adaptation.error(directive, '"ipv4" and "ipv6" cannot both be "off"');
  }
  if (addresses === 0) return adaptation.error(directive, 'no name servers defined');
  return servers.length > 0 ? { servers, ...resolver } : undefined;
}

/** Undefined where it is none but an address. */
function readParameter(place: Argument, adaptation: Adaptation): Partial<Resolver> | undefined {
  const [, name, value = ''] = /^(valid|ipv4|ipv6|status_zone)=(.*)$/s.exec(place.text) ?? [];
  if (name === undefined) return undefined;
  const seconds = name === 'valid' ? parseSeconds(value) : undefined;
  if (seconds !== undefined) return { validMs: seconds * 1000 };
  if (name.startsWith('ipv') && /^(?:on|off)$/.test(value)) return { [name]: value === 'on' };
  if (name !== 'status_zone') adaptation.error(place, `invalid parameter: ${place.text}`);
  return {};
}
