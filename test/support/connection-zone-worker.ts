import { parentPort, workerData } from 'node:worker_threads';
import type { ConnectionZonePlan } from '../../src/plan/zone-plan.ts';
import { ConnectionZone } from '../../src/site/limits/connection-zone.ts';

/** What a thread that enters a zone and leaves it again and again is given. */
export interface ConnectionZoneWorkerData {
  readonly plan: ConnectionZonePlan;
  readonly memory: SharedArrayBuffer;
  readonly front: number;
  readonly frontCount: number;
  /** How many are in, of all threads. */
  readonly inside: Int32Array;
}

/** How often it tries. */
export interface ConnectionZoneWorkerTask {
  readonly rounds: number;
  readonly most: number;
}

/** How often it came in, and how many it has seen in at a time. */
export interface ConnectionZoneWorkerAnswer {
  readonly entered: number;
  readonly seen: number;
}

const { plan, memory, front, frontCount, inside } = workerData as ConnectionZoneWorkerData;
const zone = new ConnectionZone(plan, memory, front, frontCount);

parentPort?.on('message', ({ rounds, most }: ConnectionZoneWorkerTask) => {
  let entered = 0;
  let seen = 0;
  for (let round = 0; round < rounds; round++) {
    const slot = zone.enter('key', most);
    if (typeof slot !== 'number') continue;
    entered++;
    seen = Math.max(seen, Atomics.add(inside, 0, 1) + 1);
    Atomics.sub(inside, 0, 1);
    zone.leave(slot);
  }
  parentPort?.postMessage({ entered, seen } satisfies ConnectionZoneWorkerAnswer);
});
