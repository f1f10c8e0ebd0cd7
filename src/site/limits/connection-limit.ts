import type { LimitSettings } from '../../plan/settings.ts';
import { type CompileContext, PlanError } from '../compile-context.ts';
import { statusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import type { Step } from '../steps.ts';
import type { CompiledTemplate } from '../variables/template.ts';
import type { ConnectionZone } from './connection-zone.ts';
import type { LimitZones } from './limit-zones.ts';

const longestKey = 255;

interface ConnectionLimit {
  readonly zone: ConnectionZone;
  readonly key: CompiledTemplate;
  readonly most: number;
}

/** nginx's `limit_conn`: requests of a key that are under way at once. A request is counted once, until its exchange is over. */
export function createConnectionLimit(settings: LimitSettings, zones: LimitZones, context: CompileContext): Step {
  const { limitConnectionsDryRun: isDry, limitConnectionsLogLevel: level } = settings;
  const limits = settings.limitConnections.map(({ zone: name, number }): ConnectionLimit => {
    const zone = zones.connections.get(name);
    if (!zone) throw new PlanError(`zero size shared memory zone "${name}"`);
    return { zone, key: context.template(zone.plan.key), most: number };
  });
  const refused = statusOutcome(settings.limitConnectionsStatus);
  const suffix = isDry ? ', dry run,' : '';

  return (request) => {
    const { main } = request;
    if (main.limitConnectionsStatus) return undefined;
    let entered: (() => void)[] | undefined;
    for (const { zone, key, most } of limits) {
      const value = keyOf(zone, key, request);
      if (value === '') continue;
      main.limitConnectionsStatus = 'PASSED';
      const slot = zone.enter(value, most);
      if (typeof slot === 'number') {
        entered ??= [];
        entered.push(() => zone.leave(slot));
        continue;
      }
      if (slot === 'too-many') request.log(level, `limiting connections${suffix} by zone "${zone.plan.name}"`);
      if (entered) for (const leave of entered) leave();
      main.limitConnectionsStatus = isDry ? 'REJECTED_DRY_RUN' : 'REJECTED';
      return isDry ? undefined : refused;
    }
    if (entered) for (const leave of entered) main.onDone(leave);
    return undefined;
  };
}

function keyOf(zone: ConnectionZone, key: CompiledTemplate, request: SiteRequest): string {
  const value = key.evaluate(request);
  if (value.length <= longestKey) return value;
  request.log('error', `the value of the "${zone.plan.key}" key is more than ${longestKey} bytes: "${value}"`);
  return '';
}
