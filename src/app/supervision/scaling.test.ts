import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { WorkerRange } from '../options.ts';
import { type ScalingSample, scale, startScaling } from './scaling.ts';

const range: WorkerRange = { min: 1, max: 10, isAuto: false };

/** A stretch of time in which every sample, one each half second, has these values. */
interface Stretch extends Partial<ScalingSample> {
  readonly seconds: number;
}

interface Run {
  readonly wanted: number;
  readonly reasons: readonly string[];
  /** When the number changed, in seconds. */
  readonly changes: readonly number[];
}

/** Follows the decisions; all workers that are wanted are ready at the next sample, unless a stretch says otherwise. */
function run(from: number, stretches: readonly Stretch[], within: WorkerRange = range): Run {
  let state = startScaling(0);
  let wanted = from;
  let now = 0;
  const reasons: string[] = [];
  const changes: number[] = [];
  for (const { seconds, ...values } of stretches) {
    for (const end = now + seconds * 1000; now < end; ) {
      now += 500;
      const sample = { now, ready: wanted, wanted, busy: 0.5, queueDepth: 0, longestWaitMs: 0, ...values };
      const decision = scale(within, state, sample);
      assert.equal(decision.reason === undefined, decision.wanted === wanted);
      if (decision.reason) {
        reasons.push(decision.reason);
        changes.push(now / 1000);
      }
      ({ state, wanted } = decision);
    }
  }
  return { wanted, reasons, changes };
}

const waiting = { busy: 1, queueDepth: 7, longestWaitMs: 50 };
const quiet = { busy: 0, seconds: 30 };

describe('scale', () => {
  const table: readonly (readonly [title: string, from: number, stretches: readonly Stretch[], wanted: number])[] = [
    ['keeps the number where all is well', 4, [{ seconds: 120, busy: 0.5 }], 4],
    ['takes as many more as the load needs', 4, [{ seconds: 1, busy: 0.8 }], 6],
    ['does nothing yet about one busy sample', 4, [{ seconds: 0.5, busy: 1 }], 4],
    [
      'does nothing about busy samples that do not follow each other',
      4,
      [0, 1, 2].flatMap(() => [{ seconds: 0.5, busy: 1 }, { seconds: 0.5 }]),
      4,
    ],
    ['does nothing just below busy', 4, [{ seconds: 20, busy: 0.79 }], 4],
    ['doubles where requests wait', 4, [{ seconds: 1, ...waiting }], 8],
    ['doubles where requests wait though the workers seem idle', 2, [{ seconds: 1, ...waiting, busy: 0.1 }], 4],
    ['overlooks a short wait', 4, [{ seconds: 20, ...waiting, busy: 0.7, longestWaitMs: 49 }], 4],
    ['takes one more at least', 1, [{ seconds: 1, busy: 0.8 }], 2],
    ['never has more than the most', 8, [{ seconds: 10, ...waiting }], 10],
    ['takes no more while some are still to come', 4, [{ seconds: 60, ...waiting, ready: 3 }], 4],
    [
      'gives those that came a second to show what they can do',
      4,
      [
        { seconds: 9, ...waiting, ready: 3 },
        { seconds: 0.5, ...waiting },
      ],
      4,
    ],
    ['keeps all for half a minute', 4, [{ seconds: 29.5, busy: 0 }], 4],
    ['then lets one go', 4, [quiet], 3],
    ['and the next after some seconds', 4, [quiet, { seconds: 5, busy: 0 }], 2],
    ['never has fewer than the least', 4, [{ seconds: 300, busy: 0 }], 1],
    ['lets one go where the others have room to spare', 4, [{ seconds: 30, busy: 0.44 }], 3],
    ['keeps it where they have not', 4, [{ seconds: 300, busy: 0.46 }], 4],
    [
      'keeps it where the load was higher within half a minute',
      4,
      [
        { seconds: 20, busy: 0 },
        { seconds: 0.5, busy: 0.46 },
        { seconds: 29.5, busy: 0 },
      ],
      4,
    ],
    [
      'keeps it where a request had to wait within half a minute',
      4,
      [
        { seconds: 20, busy: 0 },
        { seconds: 0.5, ...waiting, busy: 0 },
        { seconds: 29.5, busy: 0 },
      ],
      4,
    ],
    [
      'has no fewer for half a minute after there were more',
      4,
      [
        { seconds: 30.5, busy: 0.5 },
        { seconds: 1, busy: 0.8 },
        { seconds: 29, busy: 0 },
      ],
      6,
    ],
  ];
  for (const [title, from, stretches, wanted] of table) {
    it(title, () => {
      const { wanted: seen, reasons } = run(from, stretches);
      assert.equal(seen, wanted, reasons.join('; '));
    });
  }

  it('takes none for a queue that is soon gone', () => {
    const shrinking = [3000, 2600, 2300, 2000, 1700, 1400].map((longestWaitMs) => ({
      ...waiting,
      seconds: 0.5,
      longestWaitMs,
    }));
    assert.equal(run(4, shrinking).wanted, 4);
    const slowly = shrinking.map((each, index) => ({ ...each, longestWaitMs: 3000 - index * 100 }));
    assert.equal(run(4, slowly.slice(0, 3)).wanted, 8);
  });

  it('doubles about once a second while requests wait longer and longer', () => {
    const waits = Array.from({ length: 8 }, (_, index) => ({
      ...waiting,
      seconds: 0.5,
      longestWaitMs: 100 + index * 500,
    }));
    assert.deepEqual(run(1, waits).changes, [1, 2, 3, 4]);
  });

  it('lets them go one by one, with seconds between', () => {
    assert.deepEqual(run(4, [{ seconds: 60, busy: 0 }]).changes, [30, 35, 40]);
  });

  it('follows limits that change', () => {
    const one = { seconds: 0.5 };
    assert.equal(run(1, [one], { ...range, min: 3 }).wanted, 3);
    assert.equal(run(8, [one], { ...range, max: 5 }).wanted, 5);
  });

  it('says why', () => {
    assert.deepEqual(run(4, [{ seconds: 1, ...waiting, longestWaitMs: 61.7 }]).reasons, [
      'the first of 7 in the queue has waited for 62 ms',
    ]);
    assert.deepEqual(run(4, [{ seconds: 1, busy: 0.854 }]).reasons, ['the workers are busy for 85 % of the time']);
    assert.deepEqual(run(4, [{ seconds: 30, busy: 0.2 }]).reasons, [
      'the workers were busy for at most 20 % of the last 30 s',
    ]);
  });
});
