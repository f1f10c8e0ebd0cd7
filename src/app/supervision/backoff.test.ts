import assert from 'node:assert/strict';
import { it } from 'node:test';
import { restartDelayMs } from './backoff.ts';

it('restarts at once after one failure, then waits twice as long each time, at most 10 s', () => {
  assert.deepEqual([1, 2, 3, 4, 8, 9, 100].map(restartDelayMs), [0, 100, 200, 400, 6_400, 10_000, 10_000]);
});
