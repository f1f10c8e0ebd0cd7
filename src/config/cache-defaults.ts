import type { CacheDiskPlan, CachePlan } from '../plan/cache-plan.ts';

/** The name of the cache that is there without being said. */
export const defaultCacheName = 'default';

const MiB = 1024 ** 2;

/** Galley's own defaults of caches; those of nginx.conf are said by its adapter. */
export const cacheDefaults: Omit<CachePlan, 'name' | 'disk'> = {
  memorySize: 64 * MiB, // Varnish 100 MB
  maxEntrySize: 8 * MiB,
  maxEntries: 100_000, // nginx 8,000 for each megabyte of keys_zone
  inactiveMs: 86_400_000, // nginx 10 min
};

/** Largest entry of a cache that has a folder. */
export const maxDiskEntrySize: number = 1024 * MiB;

export const cacheDiskDefaults: Omit<CacheDiskPlan, 'folder'> = {
  levels: [1, 2], // nginx none; its documentation 1:2
  maxSize: 1024 * MiB, // nginx any
  minFree: 0,
};
