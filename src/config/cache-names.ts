import type { Block, Config, LocationConfig, RuleConfig } from './config.ts';

/** The cache that a level has; undefined where none was said so far. */
type CacheName = string | false | undefined;

/** The config with the name of a cache at each level that says something of one and has none: `name`, unless it inherits one. */
export function withCacheNames(config: Config, name: string | false): Config {
  const outer = config.defaults.cache?.cache;
  return {
    ...config,
    servers: config.servers.map((server) => {
      const level = named(server, outer, name);
      return { ...server, ...level.block, ...inner(server, level.cache, name) };
    }),
  };
}

/** The names of the caches that answers are kept in. */
export function cacheNamesOf(config: Config): ReadonlySet<string> {
  const names = new Set<string>();
  const add = ({ cache }: Block): void => {
    if (cache?.cache) names.add(cache.cache);
  };
  const addRules = (rules: readonly RuleConfig[]): void => {
    for (const rule of rules) {
      if (rule.kind !== 'if') continue;
      if (rule.block) add(rule.block);
      addRules(rule.rules);
    }
  };
  const addLevel = (level: Block & Pick<LocationConfig, 'rules' | 'locations'>): void => {
    add(level);
    addRules(level.rules);
    for (const each of level.locations) addLevel(each);
  };
  add(config.defaults);
  for (const server of config.servers) addLevel(server);
  return names;
}

function named(
  { cache }: Block,
  outer: CacheName,
  name: string | false,
): { readonly block: Pick<Block, 'cache'>; readonly cache: CacheName } {
  if (cache === undefined) return { block: {}, cache: outer };
  if (cache.cache !== undefined || outer) return { block: {}, cache: cache.cache ?? outer };
  return { block: { cache: { ...cache, cache: name } }, cache: name };
}

function inner(
  { rules, locations }: Pick<LocationConfig, 'rules' | 'locations'>,
  outer: CacheName,
  name: string | false,
): Pick<LocationConfig, 'rules' | 'locations'> {
  return {
    rules: rules.map((rule) => ruleOf(rule, outer, name)),
    locations: locations.map((location) => {
      const level = named(location, outer, name);
      return { ...location, ...level.block, ...inner(location, level.cache, name) };
    }),
  };
}

function ruleOf(rule: RuleConfig, outer: CacheName, name: string | false): RuleConfig {
  if (rule.kind !== 'if') return rule;
  const level = named(rule.block ?? {}, outer, name);
  return {
    ...rule,
    rules: rule.rules.map((each) => ruleOf(each, level.cache, name)),
    block: rule.block && { ...rule.block, ...level.block },
  };
}
