import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holdMs, retryMs } from './answer-time.ts';

describe('holdMs', () => {
  for (const [ttl, validMs, expected] of [
    [30, undefined, 30_000],
    [0, undefined, 1_000],
    [86_400, undefined, 3_600_000],
    [30, 5_000, 5_000],
    [30, 0, 1_000],
    [0, 7_200_000, 7_200_000],
    // Of 30 days a timer makes 1 ms.
    [0, 2_592_000_000, 2_147_483_647],
  ] as const) {
    it(`is ${expected} for a time to live of ${ttl} s and a validity of ${validMs} ms`, () => {
      assert.equal(holdMs(ttl, validMs), expected);
    });
  }
});

describe('retryMs', () => {
  it('grows from one second to thirty', () => {
    assert.deepEqual([1, 2, 3, 5, 6, 1_000].map(retryMs), [1_000, 2_000, 4_000, 16_000, 30_000, 30_000]);
  });
});
