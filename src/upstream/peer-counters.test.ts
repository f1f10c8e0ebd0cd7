import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { PeerCountersWorkerAnswer, PeerCountersWorkerData } from '../../test/support/peer-counters-worker.ts';
import { until } from '../../test/support/until.ts';
import { mostMembers, PeerCounters } from './peer-counters.ts';

const rule = { maxFails: 2, failTimeoutMs: 10_000 };

describe('PeerCounters', () => {
  it('adds what all fronts have under way at a member, and forgets what one that died had', () => {
    const counters = new PeerCounters(2);
    const other = new PeerCounters(2, counters.buffer);
    counters.begin(0, 7, 0);
    other.begin(1, 7, 0);
    other.begin(1, 7, 0);
    other.begin(1, mostMembers - 1, 0);
    assert.deepEqual([counters.active(7), counters.active(mostMembers - 1), counters.active(6)], [3, 1, 0]);
    other.end(1, 7, true);
    assert.deepEqual([counters.active(7), counters.requests(7), counters.failures(7)], [2, 3, 1]);
    counters.clearFront(1);
    assert.deepEqual([counters.active(7), counters.active(mostMembers - 1), counters.requests(7)], [1, 0, 3]);
  });

  it('lets no more begin than may be under way in all fronts', () => {
    const counters = new PeerCounters(2);
    assert.deepEqual([counters.begin(0, 3, 2), counters.begin(1, 3, 2), counters.begin(0, 3, 2)], [true, true, false]);
    assert.deepEqual([counters.active(3), counters.requests(3)], [2, 2]);
    counters.end(1, 3, false);
    assert.equal(counters.begin(0, 3, 2), true);
  });

  it('leaves a member out for a time after so many failures, then tries it with one request', () => {
    const counters = new PeerCounters(1);
    counters.chosen(1, rule, 50_000);
    assert.equal(counters.failed(1, rule, 50_001), false);
    assert.equal(counters.isFailed(1, 50_001), false);
    assert.equal(counters.failed(1, rule, 50_002), true);
    assert.deepEqual(
      [50_002, 60_002, 60_003].map((now) => counters.isFailed(1, now)),
      [true, true, false],
    );
    counters.chosen(1, rule, 60_003);
    assert.deepEqual(
      [60_003, 70_003, 70_004].map((now) => counters.isFailed(1, now)),
      [true, true, false],
    );
    counters.passed(1, 60_100);
    assert.equal(counters.isFailed(1, 60_100), false);
    assert.equal(counters.recoveredAt(1), 60_100);
    assert.equal(counters.failed(1, rule, 60_200), false);
  });

  it('leaves it out again where the one request fails', () => {
    const counters = new PeerCounters(1);
    counters.failed(1, { ...rule, maxFails: 1 }, 50_000);
    counters.chosen(1, { ...rule, maxFails: 1 }, 60_001);
    assert.equal(counters.failed(1, { ...rule, maxFails: 1 }, 60_100), true);
    assert.deepEqual([counters.isFailed(1, 70_100), counters.isFailed(1, 70_101)], [true, false]);
  });

  it('forgets failures once the member is chosen later than their time and passes', () => {
    const counters = new PeerCounters(1);
    counters.failed(1, rule, 50_000);
    counters.chosen(1, rule, 55_000);
    counters.passed(1, 55_001);
    assert.equal(counters.failed(1, rule, 56_000), true);
    const later = new PeerCounters(1);
    later.failed(1, rule, 50_000);
    later.chosen(1, rule, 60_001);
    later.passed(1, 60_002);
    assert.equal(later.recoveredAt(1), 0);
    assert.equal(later.failed(1, rule, 60_003), false);
  });

  it('leaves out none for which failures do not count', () => {
    const counters = new PeerCounters(1);
    for (let count = 0; count < 5; count++) assert.equal(counters.failed(1, { ...rule, maxFails: 0 }, 50_000), false);
    assert.equal(counters.isFailed(1, 50_000), false);
  });

  it('has nothing left of a slot that another member takes over', () => {
    const counters = new PeerCounters(2);
    for (const slot of [3, 4]) {
      counters.begin(1, slot, 0);
      counters.begin(1, slot, 0);
      counters.end(1, slot, true);
      counters.failed(slot, { ...rule, maxFails: 1 }, 5);
      counters.recovered(slot, 5);
    }
    counters.clearSlot(3);
    const all = (slot: number): readonly unknown[] => [
      counters.active(slot),
      counters.requests(slot),
      counters.failures(slot),
      counters.isFailed(slot, 6),
      counters.recoveredAt(slot),
    ];
    assert.deepEqual(all(3), [0, 0, 0, false, 0]);
    assert.deepEqual(all(4), [1, 2, 1, true, 5]);
    counters.end(1, 3, true);
    assert.deepEqual(all(3), [0, 0, 0, false, 0]);
  });

  it('knows which front has the request that has waited longest', () => {
    const counters = new PeerCounters(3);
    assert.equal(counters.longestWaiting(), undefined);
    counters.waiting(1, 500);
    counters.waiting(2, 400);
    assert.equal(new PeerCounters(3, counters.buffer).longestWaiting(), 2);
    counters.clearFront(2);
    assert.equal(counters.longestWaiting(), 1);
  });

  it('wakes the front that is meant, until that has enough of it', async () => {
    const counters = new PeerCounters(2);
    let woken = 0;
    const end = counters.onWake(1, () => woken++);
    const endOther = counters.onWake(0, () => assert.fail('another front is woken'));
    counters.wake(1);
    await until(() => woken === 1, 'it is woken');
    counters.wake(1);
    await until(() => woken === 2, 'it is woken again');
    end();
    endOther();
  });

  it('lets threads at once have no more under way than may be, and loses no count', async () => {
    const [threads, most, rounds] = [4, 2, 200_000];
    const counters = new PeerCounters(threads);
    const inside = new Int32Array(new SharedArrayBuffer(12));
    const entry = new URL('../../test/support/peer-counters-worker.ts', import.meta.url);
    const workers = Array.from({ length: threads }, (_, front) => {
      const { buffer } = counters;
      const workerData: PeerCountersWorkerData = { buffer, frontCount: threads, front, inside, most, rounds };
      return new Worker(entry, { workerData });
    });
    const answers = workers.map((worker) => once(worker, 'message') as Promise<[PeerCountersWorkerAnswer]>);
    let entered = 0;
    let failures = 0;
    let trials = 0;
    for (const [answer] of await Promise.all(answers)) {
      assert.ok(answer.seen <= most, `${answer.seen} at a time`);
      assert.ok(answer.trials <= 1, `${answer.trials} try at a time`);
      trials += answer.trials;
      entered += answer.entered;
      failures += answer.failures;
    }
    assert.ok(entered > 0 && trials > 0);
    assert.deepEqual([counters.active(5), counters.requests(5), counters.failures(5)], [0, entered, failures]);
    await Promise.all(workers.map((worker) => worker.terminate()));
  });
});
