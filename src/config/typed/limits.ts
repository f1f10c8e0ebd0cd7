import type { LimitRequest } from '../../plan/settings.ts';
import type { Block } from '../config.ts';
import type { Settings } from '../schema/user-settings.ts';
import { parseRate, parseSize } from '../units.ts';
import { type Conversion, given, listOf } from './conversion.ts';

const defaultMemory = '10m';

/** The limits of a level. One with a key of its own gets a zone of its own. */
export function limitFields(user: Settings, conversion: Conversion): Block {
  return {
    ...given(user.rateLimit, (limits) => ({
      limitRequests: limits === false ? [] : listOf(limits).map((each) => requestLimit(each, conversion)),
    })),
    ...given(user.rateLimitStatus, (limitRequestsStatus) => ({ limitRequestsStatus })),
    ...given(user.rateLimitDryRun, (limitRequestsDryRun) => ({ limitRequestsDryRun })),
    ...given(user.rateLimitLogLevel, (limitRequestsLogLevel) => ({ limitRequestsLogLevel })),
    ...given(user.connectionLimit, (limits) => ({
      limitConnections: limits === false ? [] : listOf(limits).map((each) => connectionLimit(each, conversion)),
    })),
    ...given(user.connectionLimitStatus, (limitConnectionsStatus) => ({ limitConnectionsStatus })),
    ...given(user.connectionLimitDryRun, (limitConnectionsDryRun) => ({ limitConnectionsDryRun })),
    ...given(user.connectionLimitLogLevel, (limitConnectionsLogLevel) => ({ limitConnectionsLogLevel })),
    ...given(user.limitRate, (rate) => ({ limitRate: rate === false ? undefined : String(rate) })),
    ...given(user.limitRateAfter, (size) => ({ limitRateAfter: size === false ? undefined : String(size) })),
  };
}

type OneOf<T> = Exclude<T, false | undefined | readonly unknown[]>;

function requestLimit(limit: OneOf<Settings['rateLimit']>, { requestZones }: Conversion): LimitRequest {
  const { burst = 0, delayAfter = 'never' } = limit;
  const delay = delayAfter === 'never' ? 'all' : delayAfter;
  if ('zone' in limit) return { zone: limit.zone, burst, delay };
  const zone = `rate limit ${requestZones.length + 1}`;
  requestZones.push({
    name: zone,
    key: limit.key,
    rate: parseRate(limit.rate),
    size: parseSize(limit.memory ?? defaultMemory),
  });
  return { zone, burst, delay };
}

function connectionLimit(
  limit: OneOf<Settings['connectionLimit']>,
  { connectionZones }: Conversion,
): { readonly zone: string; readonly number: number } {
  if ('zone' in limit) return limit;
  const zone = `connection limit ${connectionZones.length + 1}`;
  connectionZones.push({ name: zone, key: limit.key, size: parseSize(limit.memory ?? defaultMemory) });
  return { zone, number: limit.number };
}
