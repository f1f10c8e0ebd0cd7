import { parseNetwork } from '../../../../http/network.ts';
import { isToken } from '../../../../http/token.ts';
import { type CachePurge, type CacheSettings, staleConditions } from '../../../../plan/cache-plan.ts';
import type { Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import {
  argument,
  flag,
  type Handler,
  type Handlers,
  milliseconds,
  number,
  offset,
  size,
  template,
  words,
} from '../handlers.ts';
import { parseNumber, parseSeconds } from '../values.ts';
import { cachePath } from './cache-path.ts';
import { alreadyOther } from './limits.ts';

/** The cache of nginx's proxy module, and its slices. */
export const proxyCacheHandlers: Handlers = {
  proxy_cache_path: cachePath,
  proxy_cache: (directive, scope, adaptation) => {
    const place = argument(directive, 0);
    const { text } = place;
    if (text === 'off') scope.set({ cache: { cache: false } });
    else if (text.includes('$')) {
      adaptation.template(text, place);
      adaptation.unsupported(place, 'Galley does not have variables in "proxy_cache"', 'write the name of a zone');
    } else {
      scope.set({ cache: { cache: text } });
      checkZone(text, directive, adaptation);
    }
  },
  proxy_cache_key: template((key) => ({ cache: { key } })),
  proxy_cache_valid: (directive, scope, adaptation) => {
    const rule = readValid(directive, adaptation);
    if (rule) scope.set({ cache: { valid: [...(scope.block.cache?.valid ?? []), rule] } });
  },
  proxy_cache_bypass: predicates('bypass'),
  proxy_no_cache: predicates('noStore'),
  proxy_cache_min_uses: number((minUses) => ({ cache: { minUses } })),
  proxy_cache_methods: words(['get', 'head', 'post'], (names, { block }) => {
    const added = names.map((name) => name.toUpperCase());
    return { cache: { methods: [...new Set([...(block.cache?.methods ?? ['GET', 'HEAD']), ...added])] } };
  }),
  proxy_cache_max_range_offset: offset((maxRangeOffset) => ({ cache: { maxRangeOffset } })),
  proxy_cache_use_stale: words(['off', ...staleConditions], (names, { block }) => {
    const isOff = names.includes('off') || block.cache?.useStale?.length === 0;
    const all = isOff ? [] : [...(block.cache?.useStale ?? []), ...names.filter((name) => name !== 'off')];
    return { cache: { useStale: [...new Set(all)] } };
  }),
  proxy_cache_lock: flag((lock) => ({ cache: { lock } })),
  proxy_cache_lock_timeout: milliseconds((lockTimeoutMs) => ({ cache: { lockTimeoutMs } })),
  proxy_cache_lock_age: milliseconds((lockAgeMs) => ({ cache: { lockAgeMs } })),
  proxy_cache_revalidate: flag((revalidate) => ({ cache: { revalidate } })),
  proxy_cache_background_update: flag((backgroundUpdate) => ({ cache: { backgroundUpdate } })),
  proxy_cache_convert_head: flag((convertsHead) => ({ cache: { convertsHead } })),
  proxy_cache_purge: (directive, scope, adaptation) => {
    const purge = readPurge(directive, adaptation);
    if (purge === undefined) return;
    if (purge && purge.from === anywhere) {
      adaptation.warn(directive, 'everybody may remove what the cache keeps', 'add "from" with the addresses that may');
    }
    scope.set({ cache: { purge: purge || undefined } });
  },

  slice: size((bytes) => ({ cache: { sliceSize: bytes || undefined } })),
};

/** A zone may be made behind its use. */
function checkZone(name: string, place: Directive, adaptation: Adaptation): void {
  adaptation.later(() => {
    const { caches, requestZones, connectionZones } = adaptation;
    if (caches.some((cache) => cache.name === name)) return;
    const isOther = [...requestZones, ...connectionZones].some((zone) => zone.name === name);
    adaptation.error(place, isOther ? alreadyOther(name) : `"proxy_cache" zone "${name}" is unknown`);
  });
}

const usualStatuses: readonly number[] = [200, 301, 302];

function readValid(directive: Directive, adaptation: Adaptation): CacheSettings['valid'][number] | undefined {
  const last = directive.args.at(-1);
  const seconds = parseSeconds(last?.text ?? '');
  if (!last || seconds === undefined) return adaptation.error(last ?? directive, `invalid time value "${last?.text}"`);
  const ms = seconds * 1000;
  if (directive.args.length === 1) return { statuses: usualStatuses, ms };
  const statuses: number[] = [];
  for (const each of directive.args.slice(0, -1)) {
    if (each.text === 'any') return { statuses: 'any', ms };
    const status = parseNumber(each.text);
    if (status === undefined || status < 100 || status > 599) {
      return adaptation.error(each, `invalid status "${each.text}"`);
    }
    statuses.push(status);
  }
  return { statuses, ms };
}

/** Texts of which one that is neither empty nor '0' is enough. */
function predicates(field: 'bypass' | 'noStore'): Handler {
  return (directive, scope, adaptation) => {
    const added = directive.args.map((each) => adaptation.template(each.text, each));
    scope.set({ cache: { [field]: [...(scope.block.cache?.[field] ?? []), ...added] } });
  };
}

/** Everybody. */
const anywhere: readonly string[] = ['0.0.0.0/0', '::/0'];

/**
 * `METHOD from ADDRESS …` of a common module, or nginx Plus's variable, where it is a map of methods. `false` for `off`; undefined where it is
 * none of them, which is told.
 */
function readPurge(directive: Directive, adaptation: Adaptation): CachePurge | false | undefined {
  const [first, from, ...addresses] = directive.args;
  if (!first || (first.text === 'off' && !from)) return false;
  if (first.text.startsWith('$') && !from) {
    const method = mappedMethod(first.text.slice(1), adaptation);
    if (method !== undefined) return { method, from: anywhere };
  } else if (isToken(first.text) && (!from || (from.text === 'from' && addresses.length > 0))) {
    const wrong = addresses.find(({ text }) => text !== 'all' && !parseNetwork(text));
    if (wrong) return adaptation.error(wrong, `invalid parameter "${wrong.text}"`);
    const method = first.text === 'on' ? 'PURGE' : first.text;
    const isAll = addresses.length === 0 || addresses.some(({ text }) => text === 'all');
    return { method, from: isAll ? anywhere : addresses.map(({ text }) => text) };
  }
  const message = 'Galley does not have such a "proxy_cache_purge"';
  return adaptation.unsupported(directive, message, 'write "proxy_cache_purge PURGE from 127.0.0.1"');
}

/** The one method for which a variable is neither empty nor '0'. */
function mappedMethod(name: string, { variables }: Adaptation): string | undefined {
  const plan = variables.find(({ variable }) => variable === name);
  if (plan?.kind !== 'map' || plan.source !== '$request_method' || (plan.fallback !== '' && plan.fallback !== '0')) {
    return undefined;
  }
  const [method, ...others] = plan.entries.filter(({ value }) => value !== '' && value !== '0');
  return others.length === 0 && method && isToken(method.key) ? method.key.toUpperCase() : undefined;
}
