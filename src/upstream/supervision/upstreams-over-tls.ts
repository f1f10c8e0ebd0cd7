import type { LocationPlan, Rule } from '../../site/plan/location-plan.ts';
import type { Settings } from '../../site/plan/settings.ts';
import type { SitePlan } from '../../site/plan/site-plan.ts';

/** The upstreams that requests reach over TLS alone: checks of their members have to do the same. */
export function upstreamsOverTls({ servers }: Pick<SitePlan, 'servers'>): ReadonlySet<string> {
  const names = { http: new Set<string>(), https: new Set<string>() };
  const look = ({ content }: Settings): void => {
    if (content.kind !== 'proxy' || content.target.kind !== 'upstream') return;
    names[content.target.scheme].add(content.target.upstream);
  };
  const lookInRules = (rules: readonly Rule[]): void => {
    for (const rule of rules) {
      if (rule.kind !== 'if') continue;
      if (rule.settings) look(rule.settings);
      lookInRules(rule.rules);
    }
  };
  const lookInLocations = (locations: readonly LocationPlan[]): void => {
    for (const location of locations) {
      look(location.settings);
      lookInRules(location.rules);
      lookInLocations(location.locations);
    }
  };
  for (const server of servers) {
    look(server.settings);
    lookInRules(server.rules);
    lookInLocations(server.locations);
  }
  return new Set([...names.https].filter((name) => !names.http.has(name)));
}
