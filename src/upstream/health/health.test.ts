import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { afterCheck, type Health } from './health.ts';

describe('afterCheck', () => {
  const plan = { fails: 3, passes: 2 };
  /** From a state, by results (+ passed, - failed), to the states after each. */
  for (const [from, results, expected] of [
    ['healthy', '+++', 'healthy healthy healthy'],
    ['healthy', '--+--', 'healthy healthy healthy healthy healthy'],
    ['healthy', '---', 'healthy healthy unhealthy'],
    ['healthy', '---+-++', 'healthy healthy unhealthy unhealthy unhealthy unhealthy healthy'],
    ['unhealthy', '-+-++', 'unhealthy unhealthy unhealthy unhealthy healthy'],
    ['unhealthy', '++---', 'unhealthy healthy healthy healthy unhealthy'],
    ['checking', '+', 'healthy'],
    ['checking', '--+', 'checking checking healthy'],
    ['checking', '---+', 'checking checking unhealthy unhealthy'],
  ] as const) {
    it(`goes from ${from} by ${results} through ${expected}`, () => {
      let health: Health = { state: from, against: 0 };
      const states = Array.from(results, (result) => {
        health = afterCheck(health, result === '+', plan);
        return health.state;
      });
      assert.equal(states.join(' '), expected);
    });
  }

  it('is decided by one check where one is enough', () => {
    const once = { fails: 1, passes: 1 };
    const down = afterCheck({ state: 'healthy', against: 0 }, false, once);
    assert.deepEqual(down, { state: 'unhealthy', against: 0 });
    assert.deepEqual(afterCheck(down, true, once), { state: 'healthy', against: 0 });
  });
});
