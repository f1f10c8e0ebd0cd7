import { isDeepStrictEqual } from 'node:util';
import type { CachePlan } from '../../plan/cache-plan.ts';
import { cacheDefaults, cacheDiskDefaults, maxDiskEntrySize } from '../cache-defaults.ts';
import type { Block } from '../config.ts';
import type { Cache, CacheUse } from '../schema/user-caches.ts';
import type { Settings } from '../schema/user-settings.ts';
import { plainStatuses } from '../typed/caches.ts';
import { given, picked } from '../typed/conversion.ts';
import { durationPattern, durationText, sizeText } from '../units.ts';

export function userCache({ disk, memorySize, maxEntrySize, maxEntries, inactiveMs }: CachePlan): Cache {
  const standardEntry = disk === undefined ? cacheDefaults.maxEntrySize : maxDiskEntrySize;
  return {
    ...given(disk, ({ folder, maxSize, minFree, levels }) => ({
      folder,
      ...(maxSize === cacheDiskDefaults.maxSize ? {} : { maxSize: maxSize === undefined ? 'any' : sizeText(maxSize) }),
      ...(minFree === cacheDiskDefaults.minFree ? {} : { minFree: sizeText(minFree) }),
      ...(isDeepStrictEqual(levels, cacheDiskDefaults.levels) ? {} : { levels }),
    })),
    ...(memorySize === cacheDefaults.memorySize ? {} : { memory: sizeText(memorySize) }),
    ...(maxEntrySize === standardEntry ? {} : { maxEntry: sizeText(maxEntrySize) }),
    ...(maxEntries === cacheDefaults.maxEntries ? {} : { maxEntries }),
    ...(inactiveMs === cacheDefaults.inactiveMs ? {} : { inactive: durationText(inactiveMs) }),
  };
}

/** How answers of a level are kept, as a user writes it. */
export function userCacheUse(block: NonNullable<Block['cache']>): NonNullable<Settings['cache']> {
  const { cache, ...others } = block;
  if (Object.keys(others).length > 0) return cacheUse(block);
  if (cache === undefined || cache === false) return cache ?? true;
  return durationPattern.test(cache) ? { name: cache } : cache;
}

function cacheUse(block: NonNullable<Block['cache']>): CacheUse {
  return {
    ...given(block.cache, (name) => ({ name })),
    ...picked(block, ['rules', 'key']),
    ...given(block.valid, (valid) => ({ valid: userValid(valid) })),
    ...picked(block, ['bypass', 'noStore', 'minUses']),
    ...given(block.methods, (methods) => ({ methods: methods as NonNullable<CacheUse['methods']> })),
    ...('maxRangeOffset' in block
      ? { maxRangeOffset: block.maxRangeOffset === undefined ? 'any' : sizeText(block.maxRangeOffset) }
      : {}),
    ...picked(block, ['useStale']),
    ...userLock(block),
    ...picked(block, ['revalidate', 'backgroundUpdate']),
    ...given(block.convertsHead, (convertHead) => ({ convertHead })),
    ...given(block.tellsStatus, (status) => ({ status })),
    ...('sliceSize' in block ? { slice: block.sliceSize === undefined ? false : sizeText(block.sliceSize) } : {}),
    ...('purge' in block ? { purge: block.purge ?? false } : {}),
    ...given(block.ignoredFields, (ignore) => ({ ignore })),
  };
}

function userLock({ lock, lockTimeoutMs, lockAgeMs }: NonNullable<Block['cache']>): Pick<CacheUse, 'lock'> {
  const times = {
    ...given(lockTimeoutMs, (ms) => ({ timeout: durationText(ms) })),
    ...given(lockAgeMs, (ms) => ({ age: durationText(ms) })),
  };
  if (Object.keys(times).length === 0) return given(lock, (each) => ({ lock: each }));
  return { lock: { ...given(lock, (enabled) => ({ enabled })), ...times } };
}

type Valid = NonNullable<NonNullable<Block['cache']>['valid']>;

/** As a time or a table where that says the same, whose names that are numbers come first and in their order. */
function userValid(valid: Valid): NonNullable<CacheUse['valid']> {
  const [first, ...others] = valid;
  if (first && others.length === 0 && isDeepStrictEqual(first.statuses, plainStatuses)) return durationText(first.ms);
  const entries = valid.map(
    ({ statuses, ms }) => [statuses === 'any' ? statuses : statuses.join(' '), durationText(ms)] as const,
  );
  const table = Object.fromEntries(entries);
  const isTable =
    valid.every(({ statuses }) => statuses === 'any' || statuses.length === 1) &&
    isDeepStrictEqual(Object.entries(table), entries);
  return isTable ? table : valid.map(({ statuses, ms }) => ({ statuses, time: durationText(ms) }));
}
