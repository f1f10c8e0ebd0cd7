import type { CachePlan } from '../../plan/cache-plan.ts';
import { cacheDefaults, cacheDiskDefaults, defaultCacheName, maxDiskEntrySize } from '../cache-defaults.ts';
import { cacheNamesOf, withCacheNames } from '../cache-names.ts';
import type { Block, Config } from '../config.ts';
import type { Cache, CacheUse } from '../schema/user-caches.ts';
import type { Settings } from '../schema/user-settings.ts';
import { durationPattern, parseDuration, parseSize } from '../units.ts';
import { type Conversion, given, listOf, picked } from './conversion.ts';

/** For what a time alone says how long it is fresh, as in nginx. */
export const plainStatuses: readonly number[] = [200, 301, 302];

export function cachePlan(name: string, user: Cache, conversion: Conversion): CachePlan {
  const { folder } = user;
  return {
    name,
    ...cacheDefaults,
    ...(folder === undefined ? {} : { maxEntrySize: maxDiskEntrySize }),
    disk:
      folder === undefined
        ? undefined
        : {
            folder: conversion.path(folder),
            ...cacheDiskDefaults,
            ...given(user.maxSize, (size) => ({ maxSize: size === 'any' ? undefined : parseSize(size) })),
            ...given(user.minFree, (size) => ({ minFree: parseSize(size) })),
            ...picked(user, ['levels']),
          },
    ...given(user.memory, (size) => ({ memorySize: parseSize(size) })),
    ...given(user.maxEntry, (size) => ({ maxEntrySize: parseSize(size) })),
    ...given(user.inactive, (time) => ({ inactiveMs: parseDuration(time) })),
    ...picked(user, ['maxEntries']),
  };
}

/** The cache of a level. One without a name gets it from the outer level, or by {@link withDefaultCache}. */
export function cacheFields(cache: NonNullable<Settings['cache']>): NonNullable<Block['cache']> {
  if (typeof cache === 'boolean') return cache ? {} : { cache: false };
  if (typeof cache !== 'string') return cacheUse(cache);
  return durationPattern.test(cache) ? { valid: validOf(cache) } : { cache };
}

/** The config in which caches without a name are `default`, and in which that one is there where it is used. */
export function withDefaultCache(config: Config): Config {
  const made = withCacheNames(config, defaultCacheName);
  const isThere = made.caches.some(({ name }) => name === defaultCacheName);
  if (isThere || !cacheNamesOf(made).has(defaultCacheName)) return made;
  return { ...made, caches: [...made.caches, { name: defaultCacheName, disk: undefined, ...cacheDefaults }] };
}

function cacheUse(user: CacheUse): NonNullable<Block['cache']> {
  return {
    ...given(user.name, (cache) => ({ cache })),
    ...given(user.valid, (valid) => ({ valid: validOf(valid) })),
    ...given(user.bypass, (texts) => ({ bypass: listOf(texts) })),
    ...given(user.noStore, (texts) => ({ noStore: listOf(texts) })),
    ...given(user.maxRangeOffset, (size) => ({ maxRangeOffset: size === 'any' ? undefined : parseSize(size) })),
    ...given(user.lock, (lock) => (typeof lock === 'boolean' ? { lock } : lockOf(lock))),
    ...given(user.convertHead, (convertsHead) => ({ convertsHead })),
    ...given(user.status, (tellsStatus) => ({ tellsStatus })),
    ...given(user.slice, (size) => ({ sliceSize: size === false ? undefined : parseSize(size) })),
    ...given(user.purge, (purge) => ({
      purge: purge === false ? undefined : { method: purge.method ?? 'PURGE', from: purge.from },
    })),
    ...given(user.ignore, (names) => ({ ignoredFields: names.map((name) => name.toLowerCase()) })),
    ...picked(user, ['rules', 'key', 'minUses', 'methods', 'useStale', 'revalidate', 'backgroundUpdate']),
  };
}

function lockOf(lock: Extract<CacheUse['lock'], object>): NonNullable<Block['cache']> {
  return {
    ...given(lock.enabled, (enabled) => ({ lock: enabled })),
    ...given(lock.timeout, (time) => ({ lockTimeoutMs: parseDuration(time) })),
    ...given(lock.age, (time) => ({ lockAgeMs: parseDuration(time) })),
  };
}

function validOf(user: NonNullable<CacheUse['valid']>): NonNullable<NonNullable<Block['cache']>['valid']> {
  if (typeof user === 'string') return [{ statuses: plainStatuses, ms: parseDuration(user) }];
  if (isList(user)) return user.map(({ statuses, time }) => ({ statuses, ms: parseDuration(time) }));
  return Object.entries(user).map(([status, time]) => ({
    statuses: status === 'any' ? status : [Number(status)],
    ms: parseDuration(time),
  }));
}

type Valid = Exclude<NonNullable<CacheUse['valid']>, string>;

function isList(valid: Valid): valid is Extract<Valid, readonly unknown[]> {
  return Array.isArray(valid);
}
