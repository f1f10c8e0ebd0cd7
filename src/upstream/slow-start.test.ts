import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { slowStartShare } from './slow-start.ts';

describe('slowStartShare', () => {
  const cases: readonly (readonly [sinceMs: number, slowStartMs: number, share: number])[] = [
    [0, 10_000, 0.01],
    [50, 10_000, 0.01],
    [100, 10_000, 0.01],
    [2_500, 10_000, 0.25],
    [9_999, 10_000, 0.9999],
    [10_000, 10_000, 1],
    [60_000, 10_000, 1],
    [0, 0, 1],
  ];
  for (const [sinceMs, slowStartMs, share] of cases) {
    it(`is ${share} after ${sinceMs} of ${slowStartMs} ms`, () =>
      assert.equal(slowStartShare(sinceMs, slowStartMs), share));
  }
});
