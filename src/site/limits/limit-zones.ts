import type { SitePlan } from '../../plan/site-plan.ts';
import type { ConnectionZonePlan, RequestZonePlan } from '../../plan/zone-plan.ts';
import { ConnectionZone } from './connection-zone.ts';
import { DelayLine } from './delay-line.ts';
import { RequestZone } from './request-zone.ts';

/** The memory of a site's zones, made once and given to each front thread. */
export interface ZoneBuffers {
  readonly frontCount: number;
  readonly requests: readonly ZoneBuffer<RequestZonePlan>[];
  readonly connections: readonly ZoneBuffer<ConnectionZonePlan>[];
}

export interface ZoneBuffer<Plan> {
  readonly plan: Plan;
  readonly memory: SharedArrayBuffer;
}

/** The zones of a site as a front thread has them. */
export interface LimitZones {
  readonly requests: ReadonlyMap<string, RequestZone>;
  readonly connections: ReadonlyMap<string, ConnectionZone>;
  readonly delays: DelayLine;
}

/** There is not so much memory; the message names the zone. */
export class ZoneMemoryError extends Error {}

/** Memory for the zones of a plan. A zone of the previous plan whose name, key and size are the same is kept with all it counts. Throws {@link ZoneMemoryError}. */
export function zoneBuffers(
  plan: Pick<SitePlan, 'requestZones' | 'connectionZones'>,
  frontCount: number,
  previous?: ZoneBuffers,
): ZoneBuffers {
  const kept = previous?.frontCount === frontCount ? previous : undefined;
  return {
    frontCount,
    requests: plan.requestZones.map((zone) => ({
      plan: zone,
      memory: sameZone(kept?.requests, zone) ?? allocated(zone, () => RequestZone.memory(zone)),
    })),
    connections: plan.connectionZones.map((zone) => ({
      plan: zone,
      memory: sameZone(kept?.connections, zone) ?? allocated(zone, () => ConnectionZone.memory(zone, frontCount)),
    })),
  };
}

/** `front`: the number of this thread. `now`: see RequestZone. */
export function openZones(buffers: ZoneBuffers, front: number, now: () => number): LimitZones {
  const { requests, connections, frontCount } = buffers;
  return {
    requests: new Map(requests.map(({ plan, memory }) => [plan.name, new RequestZone(plan, memory, front, now)])),
    connections: new Map(
      connections.map(({ plan, memory }) => [plan.name, new ConnectionZone(plan, memory, front, frontCount)]),
    ),
    delays: new DelayLine(now),
  };
}

/** The front thread with this number has died: its requests are not under way any more. */
export function clearFront(zones: LimitZones, front: number): void {
  for (const zone of zones.connections.values()) zone.clearFront(front);
}

function allocated({ name, size }: ConnectionZonePlan, allocate: () => SharedArrayBuffer): SharedArrayBuffer {
  try {
    return allocate();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ZoneMemoryError(`could not allocate ${size} bytes in zone "${name}"`);
  }
}

function sameZone(
  previous: readonly ZoneBuffer<ConnectionZonePlan>[] | undefined,
  { name, key, size }: ConnectionZonePlan,
): SharedArrayBuffer | undefined {
  return previous?.find(({ plan }) => plan.name === name && plan.key === key && plan.size === size)?.memory;
}
