import { parentPort, workerData } from 'node:worker_threads';
import type { RequestZonePlan } from '../../src/plan/zone-plan.ts';
import { RequestZone } from '../../src/site/limits/request-zone.ts';

/** What a thread that asks a zone for requests is given. Without `clock`, milliseconds, it goes by the machine's. */
export interface RequestZoneWorkerData {
  readonly plan: RequestZonePlan;
  readonly memory: SharedArrayBuffer;
  readonly front: number;
  readonly clock?: Int32Array;
}

/** Asked with so many requests of one key at once, it answers how many of them pass. */
export interface RequestZoneWorkerTask {
  readonly requests: number;
  readonly most: number;
}

const { plan, memory, front, clock } = workerData as RequestZoneWorkerData;
const now = clock ? () => Atomics.load(clock, 0) : () => Number(process.hrtime.bigint() / 1000n) / 1000;
const zone = new RequestZone(plan, memory, front, now);

parentPort?.on('message', ({ requests, most }: RequestZoneWorkerTask) => {
  let passed = 0;
  for (let count = 0; count < requests; count++) if (zone.excess('key', most, true) <= most) passed++;
  parentPort?.postMessage(passed);
});
