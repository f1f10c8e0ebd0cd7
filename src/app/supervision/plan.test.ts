import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type PlannedWorker, plan } from './plan.ts';

/** `s` starts, `r` is ready, `R` is the ready leader, `x` and `X` are ready and to be replaced, `y` starts and is to be replaced, `d` drains. */
function workers(text: string): PlannedWorker[] {
  return [...text].map((letter, index) => ({
    id: index + 1,
    state: letter === 'd' ? 'draining' : 'sy'.includes(letter) ? 'starting' : 'ready',
    retire: 'xXy'.includes(letter) ? 'reload' : undefined,
    isLeader: letter === 'R' || letter === 'X',
    inFlight: 0,
  }));
}

describe('plan', () => {
  for (const [text, wanted, surge, forks, drains] of [
    ['', 4, 1, 4, []],
    ['rr', 2, 1, 0, []],
    ['rs', 2, 1, 0, []],
    ['r', 2, 1, 1, []],
    ['rd', 2, 1, 1, []],
    // Scaling down: what starts first, then the youngest, never the leader.
    ['Rrr', 2, 1, 0, ['3 scale-down']],
    ['rrR', 1, 1, 0, ['2 scale-down', '1 scale-down']],
    ['rs', 1, 1, 0, ['2 scale-down']],
    // Replacing: one more first, an old one when that is ready.
    ['xxx', 3, 1, 1, []],
    ['xxx', 3, 2, 2, []],
    ['xxxs', 3, 1, 0, []],
    ['xxxr', 3, 1, 1, ['1 reload']],
    ['dxxr', 3, 1, 1, []],
    ['xrr', 2, 1, 0, ['1 reload']],
    ['Xr', 1, 1, 0, ['1 reload']],
    // One that has not even started serves nobody.
    ['yr', 1, 1, 0, ['1 reload']],
    ['yx', 1, 1, 1, ['1 reload']],
    // Scaling down while replacing.
    ['xxrr', 2, 1, 0, ['1 reload', '2 reload']],
    ['xxx', 1, 1, 1, ['1 reload', '2 reload']],
  ] as const) {
    it(`${text || 'nothing'}, ${wanted} wanted, surge ${surge}`, () => {
      const planned = plan(workers(text), wanted, surge);
      assert.deepEqual(
        { ...planned, drains: planned.drains.map(({ id, reason }) => `${id} ${reason}`) },
        { forks, drains },
      );
    });
  }

  it('drains those that have the least to do', () => {
    const [first, second] = workers('rr') as [PlannedWorker, PlannedWorker];
    assert.deepEqual(plan([first, { ...second, inFlight: 3 }], 1, 1).drains, [{ id: 1, reason: 'scale-down' }]);
  });

  it('comes to rest with as many as wanted, and never has fewer ready than it must', () => {
    const letters = fc.string({ unit: fc.constantFrom(...'srRxXyd'), maxLength: 12 });
    fc.assert(
      fc.property(letters, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (text, wanted, surge) => {
        let now = workers(text);
        const readyOf = (all: readonly PlannedWorker[]): number => all.filter(({ state }) => state === 'ready').length;
        let nextId = 100;
        for (let round = 0; round < 60; round++) {
          const least = Math.min(wanted, readyOf(now));
          const { forks, drains } = plan(now, wanted, surge);
          const ids = new Set(drains.map(({ id }) => id));
          assert.equal(ids.size, drains.length, 'nobody is drained twice');
          const left = now.filter(({ id, state }) => state !== 'draining' && !ids.has(id));
          assert.ok(readyOf(left) >= least, `${readyOf(left)} are ready, ${least} must be`);
          assert.ok(forks === 0 || left.length + forks <= wanted + surge, 'the surge is a bound');
          if (forks === 0 && drains.length === 0 && left.every(({ state }) => state === 'ready')) {
            assert.equal(left.length, wanted);
            assert.ok(left.every(({ retire }) => retire === undefined));
            return;
          }
          const started = left.map((worker) => ({ ...worker, state: 'ready' as const }));
          const fresh = Array.from({ length: forks }, () => ({ ...workers('s')[0]!, id: nextId++ }));
          now = [...started, ...fresh];
        }
        assert.fail('it did not come to rest');
      }),
      { numRuns: 2_000 },
    );
  });
});
