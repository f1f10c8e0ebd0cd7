import { drop } from '../../core/reply.ts';
import type { ErrorLogLevel } from '../../plan/log-plan.ts';
import type { LimitSettings } from '../../plan/settings.ts';
import { type CompileContext, PlanError } from '../compile-context.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import type { Step } from '../steps.ts';
import type { CompiledTemplate } from '../variables/template.ts';
import type { LimitZones } from './limit-zones.ts';
import type { RequestZone } from './request-zone.ts';

interface RequestLimit {
  readonly zone: RequestZone;
  readonly key: CompiledTemplate;
  /** Thousandths of a request, as excess is. */
  readonly most: number;
  /** Excess that is not delayed. */
  readonly undelayed: number;
}

/** What waits longest, and by which limit. */
interface Delay {
  readonly milliseconds: number;
  readonly excess: number;
  readonly zone: RequestZone;
}

const longestKey = 65_535;

/**
 * nginx's `limit_req`. A request is limited once, however often it is redirected. Where there are several limits, all let it
 * pass before any of them counts it but for the last one, and it waits for the longest delay of them.
 */
export function createRequestLimit(settings: LimitSettings, zones: LimitZones, context: CompileContext): Step {
  const { limitRequestsDryRun: isDry, limitRequestsLogLevel: level } = settings;
  const limits = settings.limitRequests.map(({ zone: name, burst, delay }): RequestLimit => {
    const zone = zones.requests.get(name);
    if (!zone) throw new PlanError(`zero size shared memory zone "${name}"`);
    return {
      zone,
      key: context.template(zone.plan.key),
      most: burst * 1000,
      undelayed: delay === 'all' ? Number.POSITIVE_INFINITY : delay * 1000,
    };
  });
  const last = limits.length - 1;
  const refused = statusOutcome(settings.limitRequestsStatus);
  const suffix = isDry ? ', dry run' : '';
  const delayLevel = milder(level);

  return (request) => {
    const { main } = request;
    if (main.limitRequestsStatus) return undefined;
    /** The limits that let it pass and have not counted it. */
    let uncounted: [limit: RequestLimit, key: string][] | undefined;
    let longest: Delay | undefined;
    let isLimited = false;
    for (let index = 0; index <= last; index++) {
      const limit = limits[index] as RequestLimit;
      const key = keyOf(limit, request);
      if (key === '') continue;
      isLimited = true;
      const excess = limit.zone.excess(key, limit.most, index === last);
      if (excess > limit.most) {
        const { name } = limit.zone.plan;
        request.log(level, `limiting requests${suffix}, excess: ${decimal(excess)} by zone "${name}"`);
        main.limitRequestsStatus = isDry ? 'REJECTED_DRY_RUN' : 'REJECTED';
        return isDry ? undefined : refused;
      }
      if (index < last) {
        uncounted ??= [];
        uncounted.push([limit, key]);
      } else longest = longer(undefined, limit, excess);
    }
    if (!isLimited) return undefined;
    for (const [limit, key] of uncounted?.reverse() ?? []) {
      longest = longer(longest, limit, limit.zone.excess(key, Number.POSITIVE_INFINITY, true));
    }
    if (!longest) {
      main.limitRequestsStatus = 'PASSED';
      return undefined;
    }
    const { excess, zone, milliseconds } = longest;
    request.log(delayLevel, `delaying request${suffix}, excess: ${decimal(excess)}, by zone "${zone.plan.name}"`);
    main.limitRequestsStatus = isDry ? 'DELAYED_DRY_RUN' : 'DELAYED';
    return isDry ? undefined : delayed(request, zones, milliseconds);
  };
}

function keyOf({ key, zone }: RequestLimit, request: SiteRequest): string {
  const value = key.evaluate(request);
  if (value.length <= longestKey) return value;
  request.log('error', `the value of the "${zone.plan.key}" key is more than ${longestKey} bytes: "${value}"`);
  return '';
}

/** `before`, or the delay by this limit where it is longer. */
function longer(before: Delay | undefined, { zone, undelayed }: RequestLimit, excess: number): Delay | undefined {
  if (excess <= undelayed) return before;
  const milliseconds = Math.floor(((excess - undelayed) * 1000) / zone.plan.rate);
  return milliseconds > (before?.milliseconds ?? 0) ? { milliseconds, excess, zone } : before;
}

async function delayed(
  request: SiteRequest,
  { delays }: LimitZones,
  milliseconds: number,
): Promise<SiteOutcome | undefined> {
  const isDue = await delays.wait(request.exchange, milliseconds);
  return isDue ? undefined : drop;
}

/** Thousandths, as nginx writes them. */
function decimal(excess: number): string {
  return `${Math.floor(excess / 1000)}.${String(excess % 1000).padStart(3, '0')}`;
}

/** A delay is told one level below a refusal. */
function milder(level: ErrorLogLevel): ErrorLogLevel {
  if (level === 'error') return 'warn';
  return level === 'warn' ? 'notice' : 'info';
}
