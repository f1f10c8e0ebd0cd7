import type { Config } from './config.ts';
import { mapBlocks } from './map-blocks.ts';

/** The cache that a level has; undefined where none was said so far. */
type CacheName = string | false | undefined;

/** The config with the name of a cache at each level that says something of one and has none: `name`, unless it inherits one. */
export function withCacheNames(config: Config, name: string | false): Config {
  return mapBlocks<CacheName>(config, config.defaults.cache?.cache, ({ cache }, outer) => {
    if (cache === undefined) return { fields: {}, state: outer };
    if (cache.cache !== undefined || outer) return { fields: {}, state: cache.cache ?? outer };
    return { fields: { cache: { ...cache, cache: name } }, state: name };
  });
}

/** The names of the caches that answers are kept in. */
export function cacheNamesOf(config: Config): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (name: CacheName): void => {
    if (name) names.add(name);
  };
  add(config.defaults.cache?.cache);
  mapBlocks(config, undefined, ({ cache }) => {
    add(cache?.cache);
    return { fields: {}, state: undefined };
  });
  return names;
}
