import type { CacheCounts } from '../cache/cache-event.ts';

/** A cache as `GET /caches` of the control socket tells. */
export type CacheStatus = CacheCounts;

/** What all front threads together have in their caches, by what each one counts. */
export function cacheStatuses(counts: readonly (readonly CacheCounts[])[]): readonly CacheStatus[] {
  const statuses = new Map<string, CacheStatus>();
  for (const each of counts.flat()) {
    const before = statuses.get(each.name);
    statuses.set(each.name, before ? together(before, each) : each);
  }
  return [...statuses.values()];
}

function together(one: CacheCounts, other: CacheCounts): CacheCounts {
  const { name, isOnDisk } = one;
  // Of a disk all threads have the same, as far as they have heard.
  const all = isOnDisk ? Math.max : (some: number, more: number): number => some + more;
  return {
    name,
    isOnDisk,
    entries: all(one.entries, other.entries),
    bytes: all(one.bytes, other.bytes),
    hits: one.hits + other.hits,
    misses: one.misses + other.misses,
    evicted: one.evicted + other.evicted,
    discarded: one.discarded + other.discarded,
  };
}
