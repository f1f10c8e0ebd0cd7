import type { LocationPlan, Rule } from '../../plan/location-plan.ts';
import type { Settings } from '../../plan/settings.ts';
import type { SitePlan } from '../../plan/site-plan.ts';

/** How a place of a site sends requests to an upstream. */
export interface UpstreamUse {
  readonly upstream: string;
  readonly isOverTls: boolean;
  /** Its peers may not know HTTP/1.1: it is gRPC, or HTTP/2 without TLS, where nothing is agreed on. */
  readonly isHttp2: boolean;
}

/** All that a site does with its upstreams. */
function* upstreamUses({ servers }: Pick<SitePlan, 'servers'>): Generator<UpstreamUse> {
  for (const each of servers) yield* usesOf(each);
}

function* usesOf({
  settings,
  rules,
  locations,
}: Pick<LocationPlan, 'settings' | 'rules' | 'locations'>): Generator<UpstreamUse> {
  yield* useOf(settings);
  yield* usesOfRules(rules);
  for (const each of locations) yield* usesOf(each);
}

function* usesOfRules(rules: readonly Rule[]): Generator<UpstreamUse> {
  for (const rule of rules) {
    if (rule.kind !== 'if') continue;
    if (rule.settings) yield* useOf(rule.settings);
    yield* usesOfRules(rule.rules);
  }
}

function* useOf({ content, proxy }: Settings): Generator<UpstreamUse> {
  if (content.kind !== 'proxy' || content.target.kind !== 'upstream') return;
  const { upstream, scheme } = content.target;
  const isOverTls = scheme === 'https';
  const isHttp2 = content.version === '2' || (proxy.httpVersion === '2' && !isOverTls);
  yield { upstream, isOverTls, isHttp2 };
}

/** The upstreams of which all uses are such. */
export function usedOnlyAs(
  site: Pick<SitePlan, 'servers'>,
  isSuch: (use: UpstreamUse) => boolean,
): ReadonlySet<string> {
  const uses = [...upstreamUses(site)];
  const others = new Set(uses.filter((use) => !isSuch(use)).map(({ upstream }) => upstream));
  return new Set(uses.map(({ upstream }) => upstream).filter((name) => !others.has(name)));
}
