import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RecyclingLimits } from '../options.ts';
import { drawMargin, recycleReason, type WorkerAge } from './recycling.ts';

const none: RecyclingLimits = { maxRequests: 0, maxRequestsJitter: 0, maxRssBytes: 0, maxLifetimeMs: 0 };
const all: RecyclingLimits = { maxRequests: 100, maxRequestsJitter: 10, maxRssBytes: 1000, maxLifetimeMs: 500 };
const worker: WorkerAge = { requests: 0, extraRequests: 3, rssBytes: 0, readyAt: 2000, extraLifetimeMs: 20 };
const now = 2000;

describe('recycleReason', () => {
  const table: readonly (readonly [WorkerAge, RecyclingLimits, number, string | undefined])[] = [
    [worker, all, now, undefined],
    [{ ...worker, requests: 102 }, all, now, undefined],
    [{ ...worker, requests: 103 }, all, now, 'max-requests'],
    [{ ...worker, requests: 100, extraRequests: 0 }, all, now, 'max-requests'],
    [{ ...worker, rssBytes: 999 }, all, now, undefined],
    [{ ...worker, rssBytes: 1000 }, { ...all, maxLifetimeMs: 0 }, now + 10_000, 'max-rss'],
    [{ ...worker, rssBytes: 1000 }, { ...all, maxLifetimeMs: 0 }, now + 9_999, undefined],
    [{ ...worker, rssBytes: undefined }, all, now, undefined],
    [worker, all, now + 519, undefined],
    [worker, all, now + 520, 'max-lifetime'],
    [{ ...worker, requests: 1e9, rssBytes: 1e9 }, none, now + 1e9, undefined],
    [{ ...worker, requests: 1e9, rssBytes: 1e9 }, { ...none, maxLifetimeMs: 500 }, now + 1e9, 'max-lifetime'],
  ];
  for (const [age, limits, at, expected] of table) {
    const { requests, rssBytes } = age;
    it(`is ${expected} for ${requests} requests, ${rssBytes} bytes, ${at - age.readyAt} ms, with ${JSON.stringify(limits)}`, () => {
      assert.equal(recycleReason(age, limits, at), expected);
    });
  }
});

describe('drawMargin', () => {
  it('draws once for both', () => {
    let draws = 0;
    const margin = drawMargin(all, () => {
      draws++;
      return 0.5;
    });
    assert.deepEqual(margin, { extraRequests: 5, extraLifetimeMs: 25 });
    assert.equal(draws, 1);
  });

  it('goes from nothing to the whole jitter and a tenth of the lifetime', () => {
    assert.deepEqual(
      drawMargin(all, () => 0),
      { extraRequests: 0, extraLifetimeMs: 0 },
    );
    const most = drawMargin(all, () => 1 - Number.EPSILON);
    assert.equal(most.extraRequests, 10);
    assert.ok(most.extraLifetimeMs > 49.9 && most.extraLifetimeMs < 50);
  });

  it('is nothing for what has no limit', () => {
    assert.deepEqual(
      drawMargin(none, () => 0.9),
      { extraRequests: 0, extraLifetimeMs: 0 },
    );
  });
});
