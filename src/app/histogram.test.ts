import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bucketCount, bucketOf, percentilesOf, RecentHistogram } from './histogram.ts';

describe('bucketOf', () => {
  it('puts times into buckets that grow', () => {
    assert.deepEqual([-1, 0, Number.NaN, 0.25].map(bucketOf), [0, 0, 0, 0]);
    assert.equal(bucketOf(Number.POSITIVE_INFINITY), bucketCount - 1);
    let last = 0;
    for (let time = 0.25; time < 1e7; time *= 1.05) {
      const bucket = bucketOf(time);
      assert.ok(bucket >= last && bucket < bucketCount);
      last = bucket;
    }
  });
});

describe('percentilesOf', () => {
  it('gives each percentile to within a fifth', () => {
    const counts = new Uint32Array(bucketCount);
    for (let time = 1; time <= 1000; time++) counts[bucketOf(time)]!++;
    const { p50, p95, p99 } = percentilesOf(counts);
    for (const [value, exact] of [
      [p50, 500],
      [p95, 950],
      [p99, 990],
    ] as const) {
      assert.ok(value !== null && Math.abs(value - exact) < exact / 5, `${value} for ${exact}`);
    }
  });

  it('has none where nothing was counted', () => {
    assert.deepEqual(percentilesOf(new Uint32Array(bucketCount)), { p50: null, p95: null, p99: null });
  });
});

describe('RecentHistogram', () => {
  it('forgets what was counted more than a minute ago', () => {
    const counts = new Uint32Array(bucketCount);
    const recent = new RecentHistogram(() => counts.slice(), 0);
    counts[5] = 3;
    recent.look(10_000);
    counts[6] = 2 ** 32 - 1;
    for (let now = 20_000; now <= 60_000; now += 10_000) recent.look(now);
    assert.deepEqual([recent.counts()[5], recent.counts()[6]], [0, 2 ** 32 - 1]);
    counts[6]!++;
    assert.equal(recent.counts()[6], 0, 'the counts wrap');
    recent.look(70_000);
    counts[6] = 7;
    assert.equal(recent.counts()[6], 8);
  });
});
