import type { Bind } from '../../core/bind.ts';
import type { LocationPlan } from '../../plan/location-plan.ts';
import type { Settings } from '../../plan/settings.ts';
import type { ServerPlan, SitePlan } from '../../plan/site-plan.ts';

/** By the name of a cache: the addresses of a server, where another server with that cache has other ones; '' else. */
export type CacheScopes = ReadonlyMap<string, string>;

/**
 * What tells servers apart whose requests a cache would take for the same, by index. At one address the host of a request chooses the server,
 * and is in its key; at another address the same host, which a client may name as it likes, may come to another server.
 */
export function cacheScopes({ listeners, servers }: SitePlan): readonly CacheScopes[] {
  const addresses = servers.map((_, server) =>
    listeners
      .filter((listener) => listener.servers.includes(server))
      .map(({ bind }) => addressOf(bind))
      .join(','),
  );
  const caches = servers.map(cachesOf);
  return servers.map((_, server) => {
    const own = addresses[server] ?? '';
    const isShared = (cache: string): boolean =>
      caches.some((others, index) => others.has(cache) && addresses[index] !== own);
    return new Map([...(caches[server] ?? [])].map((cache) => [cache, isShared(cache) ? own : '']));
  });
}

function cachesOf({ settings, locations }: ServerPlan): ReadonlySet<string> {
  const inside = (within: readonly LocationPlan[]): string[] =>
    within.flatMap((location) => [...cacheOf(location.settings), ...inside(location.locations)]);
  return new Set([...cacheOf(settings), ...inside(locations)]);
}

function cacheOf({ cache }: Settings): readonly string[] {
  return cache ? [cache.cache] : [];
}

function addressOf(bind: Bind): string {
  return bind.kind === 'unix' ? `unix:${bind.path}` : `${bind.host}:${bind.port}`;
}
