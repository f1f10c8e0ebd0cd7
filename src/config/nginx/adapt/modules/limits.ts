import type { LimitRequest } from '../../../../plan/settings.ts';
import type { Argument, Directive } from '../../syntax/tree.ts';
import type { Adaptation } from '../adaptation.ts';
import { argument, choice, flag, type Handlers, number, rate } from '../handlers.ts';
import { parseNumber, parseSize } from '../values.ts';

const logLevels = ['info', 'notice', 'warn', 'error'] as const;

/** nginx's limit_req and limit_conn modules, and the rate of answers. */
export const limitHandlers: Handlers = {
  limit_req_zone: (directive, _scope, adaptation) => {
    const key = argument(directive, 0);
    const template = adaptation.template(key.text, key);
    let zone: Zone | undefined;
    let rate = defaultRate;
    for (const each of directive.args.slice(1)) {
      const text = each.text;
      if (text.startsWith('zone=')) zone = readZone(each, adaptation);
      else if (text.startsWith('rate=')) rate = readRate(each, adaptation);
      else adaptation.error(each, `invalid parameter "${text}"`);
    }
    if (!isNewZone(zone, directive, adaptation.requestZones, adaptation)) return;
    adaptation.requestZones.push({ ...zone, key: template, rate });
  },
  limit_conn_zone: (directive, _scope, adaptation) => {
    const [key, parameter] = [argument(directive, 0), argument(directive, 1)];
    const template = adaptation.template(key.text, key);
    if (!parameter.text.startsWith('zone=')) {
      adaptation.error(parameter, `invalid parameter "${parameter.text}"`);
      return;
    }
    const zone = readZone(parameter, adaptation);
    if (!isNewZone(zone, directive, adaptation.connectionZones, adaptation)) return;
    adaptation.connectionZones.push({ ...zone, key: template });
  },

  limit_req: (directive, scope, adaptation) => {
    const limit = readLimitRequest(directive, adaptation);
    if (!limit) return;
    const before = scope.block.limitRequests ?? [];
    if (before.some(({ zone }) => zone === limit.zone)) {
      adaptation.error(directive, '"limit_req" directive is duplicate');
    } else scope.append('limitRequests', limit);
    checkZone(limit.zone, directive, 'requestZones', adaptation);
  },
  limit_conn: (directive, scope, adaptation) => {
    const [zone, count] = [argument(directive, 0).text, argument(directive, 1)];
    const connections = parseNumber(count.text);
    const before = scope.block.limitConnections ?? [];
    if (!connections) adaptation.error(count, `invalid number of connections "${count.text}"`);
    else if (connections > 65_535) adaptation.error(count, 'connection limit must be less 65536');
    else if (before.some((each) => each.zone === zone)) {
      adaptation.error(directive, '"limit_conn" directive is duplicate');
    } else scope.append('limitConnections', { zone, number: connections });
    checkZone(zone, directive, 'connectionZones', adaptation);
  },

  limit_req_status: number((limitRequestsStatus) => ({ limitRequestsStatus }), 400, 599),
  limit_req_dry_run: flag((limitRequestsDryRun) => ({ limitRequestsDryRun })),
  limit_req_log_level: choice(logLevels, (limitRequestsLogLevel) => ({ limitRequestsLogLevel })),
  limit_conn_status: number((limitConnectionsStatus) => ({ limitConnectionsStatus }), 400, 599),
  limit_conn_dry_run: flag((limitConnectionsDryRun) => ({ limitConnectionsDryRun })),
  limit_conn_log_level: choice(logLevels, (limitConnectionsLogLevel) => ({ limitConnectionsLogLevel })),
  limit_rate: rate((limitRate) => ({ limitRate })),
  limit_rate_after: rate((limitRateAfter) => ({ limitRateAfter })),
};

interface Zone {
  readonly name: string;
  readonly size: number;
}

/** nginx's zones have eight pages at least. */
export const leastZoneSize: number = 8 * 4096;
/** One request a second, as zones count. */
const defaultRate = 1000;

/** `zone=name:size`. */
function readZone(place: Argument, adaptation: Adaptation): Zone | undefined {
  const { text } = place;
  const [, name = '', size = ''] = /^zone=([^:]*):(.*)$/s.exec(text) ?? [];
  const bytes = parseSize(size);
  if (bytes === undefined) return adaptation.error(place, `invalid zone size "${text}"`);
  if (bytes < leastZoneSize) return adaptation.error(place, `zone "${text}" is too small`);
  return { name, size: bytes };
}

/** `rate=10r/s`, `rate=30r/m`: requests a second times 1000. */
function readRate(place: Argument, adaptation: Adaptation): number {
  const [, count, unit] = /^rate=(\d{1,9})r\/([sm])$/.exec(place.text) ?? [];
  if (!Number(count)) adaptation.error(place, `invalid rate "${place.text}"`);
  return Math.trunc((Number(count ?? 1) * 1000) / (unit === 'm' ? 60 : 1));
}

function isNewZone(
  zone: Zone | undefined,
  directive: Directive,
  zones: readonly { readonly name: string; readonly key: string }[],
  adaptation: Adaptation,
): zone is Zone {
  if (!zone) return false;
  if (zone.name === '') {
    adaptation.error(directive, `"${directive.name}" must have "zone" parameter`);
    return false;
  }
  const bound = zones.find(({ name }) => name === zone.name);
  const { requestZones, connectionZones, caches } = adaptation;
  const isOther = [...requestZones, ...connectionZones, ...caches].some(({ name }) => name === zone.name);
  if (bound) adaptation.error(directive, `${directive.name} "${zone.name}" is already bound to key "${bound.key}"`);
  else if (isOther) adaptation.error(directive, alreadyOther(zone.name));
  return !bound && !isOther;
}

/** What nginx says where a zone is of another kind than is wanted. */
export function alreadyOther(name: string): string {
  return `the shared memory zone "${name}" is already declared for a different use`;
}

/** A zone may be made behind its use. */
function checkZone(
  name: string,
  place: Directive,
  kind: 'requestZones' | 'connectionZones',
  adaptation: Adaptation,
): void {
  adaptation.later(() => {
    if (adaptation[kind].some((zone) => zone.name === name)) return;
    const { requestZones, connectionZones, caches } = adaptation;
    const isOther = [...requestZones, ...connectionZones, ...caches].some((zone) => zone.name === name);
    adaptation.error(place, isOther ? alreadyOther(name) : `zero size shared memory zone "${name}"`);
  });
}

function readLimitRequest(directive: Directive, adaptation: Adaptation): LimitRequest | undefined {
  let zone: string | undefined;
  let burst = 0;
  let delay: number | 'all' = 0;
  for (const each of directive.args) {
    const [, name, value = ''] = /^(zone|burst|delay)=(.*)$/s.exec(each.text) ?? [];
    const count = parseNumber(value);
    if (name === 'zone') zone = value;
    else if (name === 'burst' && count) burst = count;
    else if (name === 'delay' && count) delay = count;
    else if (each.text === 'nodelay') delay = 'all';
    else adaptation.error(each, name ? `invalid ${name} value "${each.text}"` : `invalid parameter "${each.text}"`);
  }
  if (zone === undefined) return adaptation.error(directive, '"limit_req" must have "zone" parameter');
  return { zone, burst, delay };
}
