import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { RequestZoneWorkerData, RequestZoneWorkerTask } from '../../../test/support/request-zone-worker.ts';
import type { RequestZonePlan } from '../../plan/zone-plan.ts';
import { RequestZone } from './request-zone.ts';

const plan: RequestZonePlan = { name: 'x', key: '$key', size: 65_536, rate: 2000 };

describe('RequestZone', () => {
  it('counts as nginx does', () => {
    let now = 1000;
    const zone = new RequestZone(plan, RequestZone.memory(plan), 0, () => now);
    // At 2 requests a second: time, and the excess with one more request.
    const steps: [number, number][] = [
      [1000, 0],
      [1000, 1000],
      [1000.9, 2000],
      [1001, 2998],
      [1501, 2998],
      [1500, 3998],
      [9000, 0],
      [9499, 2],
    ];
    for (const [time, excess] of steps) {
      now = time;
      assert.equal(zone.excess('a', 5000, true), excess, `at ${time}`);
    }
    assert.equal(zone.excess('b', 5000, true), 0);
  });

  it('does not count what has too much excess, nor what is only looked at', () => {
    const zone = new RequestZone(plan, RequestZone.memory(plan), 0, () => 5);
    assert.equal(zone.excess('a', 0, false), 0);
    assert.equal(zone.excess('a', 0, true), 0);
    for (let count = 0; count < 3; count++) assert.equal(zone.excess('a', 0, true), 1000);
    assert.equal(zone.excess('a', 9000, false), 1000);
  });

  it('is one zone for all who have its memory', () => {
    const memory = RequestZone.memory(plan);
    const [one, two] = [0, 1].map((front) => new RequestZone(plan, memory, front, () => 5)) as [
      RequestZone,
      RequestZone,
    ];
    assert.equal(one.excess('a', 9000, true), 0);
    assert.equal(two.excess('a', 9000, true), 1000);
    assert.equal(one.excess('a', 9000, true), 2000);
  });

  it('keeps at least as many keys as nginx, 16,000 in 1 MiB', () => {
    const large = { ...plan, size: 1 << 20 };
    const zone = new RequestZone(large, RequestZone.memory(large), 0, () => 5);
    for (let key = 0; key < 16_000; key++) zone.excess(`192.0.${key >> 8}.${key & 255}`, 9000, true);
    let kept = 0;
    for (let key = 0; key < 16_000; key++) {
      if (zone.excess(`192.0.${key >> 8}.${key & 255}`, 9000, false) > 0) kept++;
    }
    assert.ok(kept > 15_900, `${kept} of 16000`);
  });

  it('forgets drained keys first and then that not asked for for longest, where there are too many', () => {
    let now = 0;
    const tiny = { ...plan, size: 1 };
    const zone = new RequestZone(tiny, RequestZone.memory(tiny), 0, () => now);
    const ask = (key: string, counts = true): number => zone.excess(key, 9000, counts);
    ask('drained');
    now = 1000;
    for (let key = 0; key < 15; key++) {
      now += 1;
      for (let count = 0; count < 5; count++) ask(`key ${key}`);
    }
    ask('new');
    assert.notEqual(ask('key 0', false), 0);
    ask('new');
    ask('another');
    assert.equal(ask('key 1', false), 0);
    assert.notEqual(ask('key 0', false), 0);
    assert.notEqual(ask('new', false), 0);
  });

  it('lets threads at once pass exactly what one thread would', async () => {
    const clock = new Int32Array(new SharedArrayBuffer(4));
    const threads = new Threads({ ...plan, rate: 5000 }, clock);
    try {
      // Each round asks far more often than may pass, at a time that stands still.
      const rounds: [time: number, passes: number][] = [
        [1, 21],
        [201, 1],
        [1201, 5],
        [1999, 3],
        [100_000, 21],
      ];
      for (const [time, passes] of rounds) {
        Atomics.store(clock, 0, time);
        assert.equal(await threads.passes({ requests: 5000, most: 20_000 }), passes, `at ${time}`);
      }
    } finally {
      await threads.end();
    }
  });

  it('lets threads at once pass no more than its rate while time goes on', async () => {
    const threads = new Threads({ ...plan, rate: 1_000_000 });
    try {
      const start = performance.now();
      const passed = await threads.passes({ requests: 100_000, most: 10_000 });
      const took = performance.now() - start;
      // 1 a millisecond, and the burst.
      assert.ok(passed > 11 && passed <= took + 12, `${passed} passed in ${took} ms`);
    } finally {
      await threads.end();
    }
  });
});

/** Eight threads that share a zone. */
class Threads {
  readonly #workers: readonly Worker[];

  constructor(zone: RequestZonePlan, clock?: Int32Array) {
    const memory = RequestZone.memory(zone);
    const entry = new URL('../../../test/support/request-zone-worker.ts', import.meta.url);
    this.#workers = Array.from({ length: 8 }, (_, front) => {
      return new Worker(entry, {
        workerData: { plan: zone, memory, front, ...(clock && { clock }) } satisfies RequestZoneWorkerData,
      });
    });
  }

  /** How many pass of what all of them ask at once. */
  async passes(task: RequestZoneWorkerTask): Promise<number> {
    const answers = this.#workers.map((worker) => once(worker, 'message') as Promise<[number]>);
    for (const worker of this.#workers) worker.postMessage(task);
    return (await Promise.all(answers)).reduce((sum, [passed]) => sum + passed, 0);
  }

  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
