import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LoadedMemory, workersByCpu, workersByMemory } from './auto-workers.ts';

const MiB = 1024 * 1024;

describe('workersByCpu', () => {
  const table: readonly (readonly [cpus: number, quota: number | undefined, workers: number])[] = [
    [8, undefined, 8],
    [8, 2, 2],
    [8, 2.9, 2],
    [8, 0.5, 1],
    [2, 16, 2],
    [1, undefined, 1],
  ];
  for (const [cpus, quota, workers] of table) {
    it(`is ${workers} for ${cpus} CPUs and a quota of ${quota}`, () =>
      assert.equal(workersByCpu(cpus, quota), workers));
  }
});

describe('workersByMemory', () => {
  const memory: LoadedMemory = {
    limitBytes: 1024 * MiB,
    usedBytes: 224 * MiB,
    zygoteRssBytes: 160 * MiB,
    forked: false,
  };
  const table: readonly (readonly [
    wanted: number,
    Partial<LoadedMemory>,
    workers: number,
    reason: string | undefined,
  ])[] = [
    [8, {}, 4, '4 workers instead of 8: the cgroup leaves 800 MiB, and each worker may need 160 MiB'],
    [8, { forked: true }, 8, undefined],
    [9, { forked: true }, 8, '8 workers instead of 9: the cgroup leaves 800 MiB, and each worker may need 80 MiB'],
    [4, {}, 4, undefined],
    [
      8,
      { zygoteRssBytes: 161 * MiB },
      3,
      '3 workers instead of 8: the cgroup leaves 800 MiB, and each worker may need 161 MiB',
    ],
    [
      2,
      { usedBytes: 900 * MiB },
      1,
      '1 worker instead of 2: the cgroup leaves 124 MiB, and each worker may need 160 MiB',
    ],
    [
      2,
      { usedBytes: 1100 * MiB },
      1,
      '1 worker instead of 2: the cgroup leaves 0 MiB, and each worker may need 160 MiB',
    ],
    [1, { usedBytes: 1100 * MiB }, 1, undefined],
    [8, { limitBytes: undefined, usedBytes: undefined }, 8, undefined],
    [8, { zygoteRssBytes: undefined }, 8, undefined],
    [
      8,
      { usedBytes: undefined },
      5,
      '5 workers instead of 8: the cgroup leaves 1024 MiB, and each worker may need 160 MiB',
    ],
  ];
  for (const [wanted, changes, workers, reason] of table) {
    it(`is ${workers} of ${wanted} with ${JSON.stringify(changes)}`, () => {
      assert.deepEqual(workersByMemory(wanted, { ...memory, ...changes }), { workers, reason });
    });
  }
});
