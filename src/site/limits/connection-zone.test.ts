import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { Worker } from 'node:worker_threads';
import type {
  ConnectionZoneWorkerAnswer,
  ConnectionZoneWorkerData,
  ConnectionZoneWorkerTask,
} from '../../../test/support/connection-zone-worker.ts';
import { ConnectionZone } from './connection-zone.ts';

it('ConnectionZone lets threads at once in no more than it should, and loses no count', async () => {
  const plan = { name: 'x', key: '$key', size: 65_536 };
  const [threads, most] = [8, 3];
  const memory = ConnectionZone.memory(plan, threads + 1);
  const inside = new Int32Array(new SharedArrayBuffer(4));
  const entry = new URL('../../../test/support/connection-zone-worker.ts', import.meta.url);
  const workers = Array.from({ length: threads }, (_, front) => {
    const workerData: ConnectionZoneWorkerData = { plan, memory, front, frontCount: threads + 1, inside };
    return new Worker(entry, { workerData });
  });
  try {
    const answers = workers.map((worker) => once(worker, 'message') as Promise<[ConnectionZoneWorkerAnswer]>);
    for (const worker of workers) worker.postMessage({ rounds: 20_000, most } satisfies ConnectionZoneWorkerTask);
    for (const [{ entered, seen }] of await Promise.all(answers)) {
      assert.ok(entered > 0);
      assert.ok(seen <= most, `${seen} at a time`);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  const zone = new ConnectionZone(plan, memory, threads, threads + 1);
  for (let count = 0; count < most; count++) assert.equal(typeof zone.enter('key', most), 'number');
  assert.equal(zone.enter('key', most), 'too-many');
});
