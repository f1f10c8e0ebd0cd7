import type { LocationPlan, Rule } from '../../plan/location-plan.ts';
import type { ProxyMatch } from '../../plan/proxy-plan.ts';
import type { Settings } from '../../plan/settings.ts';
import type { SitePlan } from '../../plan/site-plan.ts';

/**
 * The names, in lower case, of all variables that a plan writes: by `set`, `auth_request_set` and named groups of patterns. They are
 * known everywhere in the plan, also before the place that writes them.
 */
export function declaredNames(plan: Pick<SitePlan, 'servers' | 'variables'>): Set<string> {
  const names = new Set<string>();
  for (const variable of plan.variables) {
    if (variable.kind === 'map') for (const { key } of variable.entries) if (key.startsWith('~')) addGroups(names, key);
  }
  for (const server of plan.servers) {
    for (const name of server.names) if (name.startsWith('~')) addGroups(names, name);
    addSettings(names, server.settings);
    addRules(names, server.rules);
    addLocations(names, server.locations);
  }
  return names;
}

function addLocations(names: Set<string>, locations: readonly LocationPlan[]): void {
  for (const { match, settings, rules, locations: inner } of locations) {
    if (match.kind === 'regex') addGroups(names, match.pattern);
    addSettings(names, settings);
    addRules(names, rules);
    addLocations(names, inner);
  }
}

function addSettings(names: Set<string>, { authRequest, proxy }: Settings): void {
  for (const { variable } of authRequest?.set ?? []) names.add(variable.toLowerCase());
  for (const rule of proxy.redirects) if (rule.kind === 'rule') addMatch(names, rule.from);
  for (const { from } of [...proxy.cookieDomains, ...proxy.cookiePaths]) addMatch(names, from);
}

function addMatch(names: Set<string>, match: ProxyMatch): void {
  if (match.kind === 'pattern') addGroups(names, match.pattern);
}

function addRules(names: Set<string>, rules: readonly Rule[]): void {
  for (const rule of rules) {
    if (rule.kind === 'set') names.add(rule.variable.toLowerCase());
    if (rule.kind === 'rewrite') addGroups(names, rule.pattern);
    if (rule.kind !== 'if') continue;
    if (rule.condition.kind === 'matches') addGroups(names, rule.condition.pattern);
    if (rule.settings) addSettings(names, rule.settings);
    addRules(names, rule.rules);
  }
}

const namedGroup = /\(\?P?[<'](?<name>[A-Za-z_]\w*)[>']/g;

function addGroups(names: Set<string>, pattern: string): void {
  for (const { groups } of pattern.matchAll(namedGroup)) if (groups?.['name']) names.add(groups['name'].toLowerCase());
}
