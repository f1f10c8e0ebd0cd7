import type { CacheDiskPlan, CachePlan } from '../../../../plan/cache-plan.ts';
import type { Argument, Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, type Handler } from '../handlers.ts';
import { parseMilliseconds, parseNumber, parseOffset, parseSeconds, parseSize } from '../values.ts';
import { alreadyOther, leastZoneSize } from './limits.ts';

/** nginx's `proxy_cache_path`. */
export const cachePath: Handler = (directive, _scope, adaptation) => {
  const cache = readCachePath(directive, adaptation);
  if (!cache?.disk) return;
  const { name } = cache;
  const { folder } = cache.disk;
  const { requestZones, connectionZones, caches } = adaptation;
  if (caches.some((each) => each.name === name)) adaptation.error(directive, `duplicate zone "${name}"`);
  else if ([...requestZones, ...connectionZones].some((zone) => zone.name === name)) {
    adaptation.error(directive, alreadyOther(name));
  } else if (caches.some(({ disk }) => disk?.folder === folder)) {
    adaptation.error(directive, `the same path name "${folder}" is used twice`);
  } else caches.push(cache);
};

/** nginx keeps 8,000 keys in a megabyte. */
const bytesOfKey = 128;
/** nginx's memory has keys alone. Of a zone for many keys answers are kept in memory too, up to so much in each front thread. */
const mostMemory = 64 * 1024 ** 2;

interface Draft {
  name: string;
  keysSize: number;
  inactiveMs: number;
  levels: readonly number[];
  maxSize: number | undefined;
  minFree: number;
}

function readCachePath(directive: Directive, adaptation: Adaptation): CachePlan | undefined {
  const folder = adaptation.path(argument(directive, 0).text).replace(/(?<=.)\/+$/, '');
  const draft: Draft = { name: '', keysSize: 0, inactiveMs: 600_000, levels: [], maxSize: undefined, minFree: 0 };
  for (const each of directive.args.slice(1)) {
    const problem = readParameter(each, draft);
    if (problem !== undefined) return adaptation.error(each, problem);
  }
  const { name, keysSize, inactiveMs, levels, maxSize, minFree } = draft;
  if (name === '') return adaptation.error(directive, `"${directive.name}" must have "keys_zone" parameter`);
  const disk: CacheDiskPlan = { folder, levels, maxSize, minFree };
  return {
    name,
    disk,
    memorySize: Math.min(keysSize * 8, mostMemory),
    maxEntrySize: maxSize ?? Number.MAX_SAFE_INTEGER,
    maxEntries: Math.floor(keysSize / bytesOfKey),
    inactiveMs,
  };
}

/** What is wrong with it. */
function readParameter({ text }: Argument, draft: Draft): string | undefined {
  const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  const read = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (!read) return `invalid parameter "${text}"`;
  return read(value, draft, text);
}

type Read = (value: string, draft: Draft, text: string) => string | undefined;

const parameters: Readonly<Record<string, Read>> = {
  levels: (value, draft, text) => {
    const isRight = value === '' || /^[12](?::[12]){0,2}$/.test(value);
    if (!isRight) return `invalid "levels" "${text}"`;
    draft.levels = value === '' ? [] : value.split(':').map(Number);
    return undefined;
  },
  keys_zone: (value, draft, text) => {
    const [, name = '', size = ''] = /^([^:]*):(.*)$/s.exec(value) ?? [];
    const bytes = parseSize(size);
    if (bytes === undefined) return `invalid keys zone size "${text}"`;
    if (bytes < leastZoneSize) return `keys zone "${text}" is too small`;
    draft.name = name;
    draft.keysSize = bytes;
    return undefined;
  },
  inactive: (value, draft, text) => {
    const seconds = parseSeconds(value);
    if (seconds === undefined) return `invalid inactive value "${text}"`;
    draft.inactiveMs = seconds * 1000;
    return undefined;
  },
  max_size: (value, draft, text) => {
    draft.maxSize = parseOffset(value);
    return draft.maxSize === undefined ? `invalid max_size value "${text}"` : undefined;
  },
  min_free: (value, draft, text) => {
    const bytes = parseOffset(value);
    draft.minFree = bytes ?? 0;
    return bytes === undefined ? `invalid min_free value "${text}"` : undefined;
  },
  // Files are always written beside where they are to be.
  use_temp_path: (value, _draft, text) => {
    return /^(?:on|off)$/.test(value) ? undefined : `invalid use_temp_path value "${text}", it must be "on" or "off"`;
  },
  // Galley looks after its folders at its own pace.
  loader_files: unused(parseNumber, 'loader_files'),
  loader_sleep: unused(parseMilliseconds, 'loader_sleep'),
  loader_threshold: unused(parseMilliseconds, 'loader_threshold'),
  manager_files: unused(parseNumber, 'manager_files'),
  manager_sleep: unused(parseMilliseconds, 'manager_sleep'),
  manager_threshold: unused(parseMilliseconds, 'manager_threshold'),
  purger: unused((value) => (value === 'on' || value === 'off' ? 0 : undefined), 'purger'),
  purger_files: unused(parseNumber, 'purger_files'),
  purger_sleep: unused(parseMilliseconds, 'purger_sleep'),
  purger_threshold: unused(parseMilliseconds, 'purger_threshold'),
};

function unused(parse: (value: string) => number | undefined, name: string): Read {
  return (value, _draft, text) => (parse(value) === undefined ? `invalid ${name} value "${text}"` : undefined);
}
