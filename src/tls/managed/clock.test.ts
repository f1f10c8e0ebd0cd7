import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { retryAfterMs } from './clock.ts';

describe('retryAfterMs', () => {
  const now = Date.parse('2026-03-01T00:00:00Z');

  for (const [value, ms] of [
    [undefined, undefined],
    ['120', 120_000],
    ['Sun, 01 Mar 2026 00:01:00 GMT', 60_000],
    ['Sun, 01 Mar 2020 00:01:00 GMT', 0],
    ['soon', undefined],
    ['999999999', 86_400_000],
    ['9'.repeat(400), 86_400_000],
    ['Sat, 13 Sep 275760 00:00:00 GMT', 86_400_000],
  ] as const) {
    it(`is ${ms} for ${String(value).slice(0, 40)}`, () => assert.equal(retryAfterMs(value, now), ms));
  }
});
