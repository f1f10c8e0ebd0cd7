import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../../test/support/until.ts';
import { AppCounters } from './counters.ts';

describe('AppCounters', () => {
  it('adds what all fronts have at a worker, and forgets what one that died had', () => {
    const counters = new AppCounters(2);
    const other = new AppCounters(2, counters.buffer);
    counters.sent(0, 7);
    counters.stuckBy(0, 7, 1);
    other.stuckBy(1, 7, 2);
    assert.equal(counters.stuck(7), 3);
    other.sent(1, 7);
    other.sent(1, 7);
    other.sent(1, 8);
    assert.deepEqual([counters.inFlight(7), counters.inFlight(8), counters.requests(7)], [3, 1, 3]);
    other.ended(1, 7);
    other.returned(1, 7);
    assert.deepEqual([counters.inFlight(7), counters.requests(7)], [1, 2]);
    counters.clearFront(1);
    assert.equal(counters.stuck(7), 1);
    assert.deepEqual([counters.inFlight(7), counters.inFlight(8)], [1, 0]);
    counters.lost(0, 7);
    assert.equal(other.inFlight(7), 0);
  });

  it('has nothing left of a slot that another worker takes over', () => {
    const counters = new AppCounters(1);
    for (const slot of [3, 4]) {
      counters.sent(0, slot);
      counters.took(slot, 5);
    }
    counters.clearSlot(3);
    assert.deepEqual([counters.inFlight(3), counters.requests(3)], [0, 0]);
    assert.equal(counters.latencies(3).some(Boolean), false);
    assert.equal(counters.latencies(4).some(Boolean), true);
  });

  it('knows which front has the request that has waited longest', () => {
    const counters = new AppCounters(3);
    assert.equal(counters.longestWaiting(), undefined);
    counters.queued(1, 2, 500);
    counters.queued(2, 1, 400);
    assert.deepEqual([counters.longestWaiting(), counters.oldest, counters.queueDepth], [2, 400, 3]);
    counters.queued(2, 0, Number.POSITIVE_INFINITY);
    assert.deepEqual([counters.longestWaiting(), counters.oldest, counters.queueDepth], [1, 500, 2]);
  });

  it('wakes the front that is meant, as often as it is told to', async () => {
    const counters = new AppCounters(2);
    let woken = 0;
    const end = counters.onWake(1, () => woken++);
    const endOther = counters.onWake(0, () => assert.fail('another front is woken'));
    counters.wake(1);
    await until(() => woken === 1, 'it is woken');
    counters.wake(1);
    await until(() => woken === 2, 'it is woken again');
    end();
    endOther();
    counters.wake(1);
    await new Promise(setImmediate);
    assert.equal(woken, 2);
  });
});
