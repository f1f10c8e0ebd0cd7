import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Latencies } from './latencies.ts';

describe('Latencies', () => {
  it('gives the duration that a share of all does not exceed', () => {
    const latencies = new Latencies();
    for (let ms = 1; ms <= 100; ms++) latencies.add(ms);
    assert.deepEqual(
      [0.01, 0.5, 0.99, 1].map((share) => latencies.percentileUs(share)),
      [1_000, 50_000, 99_000, 100_000],
    );
    assert.equal(latencies.count, 100);
  });

  it('counts what is longer than a second as a second, and is 0 of none', () => {
    const latencies = new Latencies();
    assert.equal(latencies.percentileUs(0.5), 0);
    latencies.add(3_000);
    assert.equal(latencies.percentileUs(0.5), 1_000_000);
  });
});
