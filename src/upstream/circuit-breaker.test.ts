import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BreakerPlan } from '../plan/upstream-plan.ts';
import { CircuitBreakers, slidingCount, trips } from './circuit-breaker.ts';

const plan: BreakerPlan = { failureRate: 0.5, windowMs: 1_000, minRequests: 4, openMs: 500 };
const slots = 4;

/** The same breakers, as so many threads have them. */
function breakersOf(threads: number): CircuitBreakers[] {
  const buffer = new SharedArrayBuffer(CircuitBreakers.size(slots));
  return Array.from({ length: threads }, () => new CircuitBreakers(slots, buffer, 0));
}

/** One whose slot 1 has just been opened, at 10,100 ms. */
function openBreakers(threads: number): CircuitBreakers[] {
  const all = breakersOf(threads);
  for (const hasFailed of [false, false, true, true]) all[0]!.count(1, 0, plan, 10_100, hasFailed);
  return all;
}

describe('trips', () => {
  const cases: readonly (readonly [
    failureRate: number,
    minRequests: number,
    requests: number,
    failures: number,
    trips: boolean,
  ])[] = [
    [0.5, 4, 4, 2, true],
    [0.5, 4, 4, 1, false],
    [0.5, 4, 3, 3, false],
    [0.5, 4, 100, 49, false],
    [0.5, 4, 100, 50, true],
    [1, 1, 1, 1, true],
    [1, 1, 2, 1, false],
    [0, 0, 0, 0, false],
    [0, 1, 5, 0, false],
    [0, 1, 5, 1, true],
  ];
  for (const [failureRate, minRequests, requests, failures, expected] of cases) {
    it(`says ${expected} of ${failures} in ${requests}, for a rate of ${failureRate} of at least ${minRequests}`, () => {
      assert.equal(trips({ failureRate, minRequests }, requests, failures), expected);
    });
  }
});

describe('slidingCount', () => {
  const cases: readonly (readonly [previous: number, current: number, elapsed: number, count: number])[] = [
    [10, 0, 0, 10],
    [10, 4, 0.5, 9],
    [10, 4, 1, 4],
    [0, 4, 0.3, 4],
  ];
  for (const [previous, current, elapsed, count] of cases) {
    it(`is ${count} of ${previous} and ${current} at ${elapsed}`, () =>
      assert.equal(slidingCount(previous, current, elapsed), count));
  }
});

describe('CircuitBreakers', () => {
  it('opens where too many fail, for the slot and for all threads', () => {
    const [one, other] = breakersOf(2);
    one!.count(1, 0, plan, 10_000, true);
    other!.count(1, 0, plan, 10_050, false);
    one!.count(1, 0, plan, 10_060, false);
    assert.equal(one!.isOpen(1), false);
    other!.count(1, 0, plan, 10_070, true);
    assert.deepEqual([one!.isOpen(1), one!.isOpen(0), one!.isOpen(2)], [true, false, false]);
    assert.deepEqual([one!.admits(1, 10_569), one!.admits(1, 10_570), one!.admits(0, 10_100)], [false, true, true]);
    assert.equal(one!.enter(1, 0, 10_569, plan), 'refused');
    assert.equal(one!.enter(0, 0, 10_569, plan), 'free');
  });

  it('forgets what has left the window, bit by bit', () => {
    const cases: readonly (readonly [later: number, opens: boolean])[] = [
      [10_900, true],
      [11_000, true],
      [11_900, false],
      [12_000, false],
      [14_000, false],
    ];
    for (const [later, opens] of cases) {
      const [breakers] = breakersOf(1);
      for (let count = 0; count < 3; count++) breakers!.count(1, 0, plan, 10_800, true);
      breakers!.count(1, 0, plan, later, true);
      assert.equal(breakers!.isOpen(1), opens, `at ${later}`);
    }
  });

  it('lets one request of all threads try', () => {
    const [one, other] = openBreakers(2);
    assert.deepEqual(
      [other!.enter(1, 1, 10_600, plan), one!.enter(1, 0, 10_600, plan), other!.enter(1, 1, 10_700, plan)],
      ['trial', 'refused', 'refused'],
    );
  });

  it('closes when the one that tried has passed, and counts anew', () => {
    const [one, other] = openBreakers(2);
    one!.enter(1, 0, 10_600, plan);
    assert.equal(one!.settle(1, 0, plan, 10_700, 'passed'), true);
    assert.equal(other!.enter(1, 1, 10_700, plan), 'free');
    for (let count = 0; count < 3; count++) other!.count(1, 0, plan, 10_710, true);
    assert.equal(other!.isOpen(1), false);
    other!.count(1, 0, plan, 10_710, true);
    assert.equal(one!.isOpen(1), true);
  });

  it('opens again when it has failed', () => {
    const [breakers] = openBreakers(1);
    breakers!.enter(1, 0, 10_600, plan);
    assert.equal(breakers!.settle(1, 0, plan, 10_700, 'failed'), false);
    assert.deepEqual([breakers!.admits(1, 11_199), breakers!.admits(1, 11_200)], [false, true]);
  });

  it('lets another one try at once where it tells nothing, and after a while where it has not ended', () => {
    const [one, other] = openBreakers(2);
    one!.enter(1, 0, 10_600, plan);
    one!.settle(1, 0, plan, 10_700, 'untold');
    assert.equal(other!.enter(1, 1, 10_700, plan), 'trial');
    assert.equal(one!.enter(1, 0, 11_199, plan), 'refused');
    assert.equal(one!.enter(1, 0, 11_200, plan), 'trial');
    assert.equal(other!.settle(1, 1, plan, 11_300, 'failed'), false);
    assert.equal(one!.enter(1, 0, 11_300, plan), 'refused');
    assert.equal(other!.settle(1, 1, plan, 11_300, 'passed'), true);
    assert.equal(one!.settle(1, 0, plan, 11_300, 'passed'), false);
    assert.equal(one!.isOpen(1), false);
  });

  it('takes what ends while it is open for no reason', () => {
    const [breakers] = openBreakers(1);
    for (let count = 0; count < 9; count++) breakers!.count(1, 0, plan, 10_200, true);
    breakers!.enter(1, 0, 10_600, plan);
    breakers!.settle(1, 0, plan, 10_610, 'passed');
    breakers!.count(1, 0, plan, 10_620, true);
    assert.equal(breakers!.isOpen(1), false);
  });

  it('goes on where a thread died while it changed something', ({ mock }) => {
    const [one, other] = openBreakers(2);
    const store = mock.method(Atomics, 'store', () => {
      throw new Error('dead');
    });
    assert.throws(() => one!.enter(1, 0, 10_600, plan), /dead/);
    store.mock.restore();
    other!.clearFront(1);
    assert.equal(other!.enter(1, 1, 10_650, plan), 'refused');
    other!.clearFront(0);
    assert.equal(other!.enter(1, 1, 10_650, plan), 'trial');
    assert.equal(other!.settle(1, 1, plan, 10_660, 'passed'), true);
  });

  it('lets another one try where the thread died, and is closed for a new member', () => {
    const [one, other] = openBreakers(2);
    one!.enter(1, 0, 10_600, plan);
    other!.clearFront(1);
    assert.equal(other!.enter(1, 1, 10_650, plan), 'refused');
    other!.clearFront(0);
    assert.equal(other!.enter(1, 1, 10_650, plan), 'trial');
    other!.clearSlot(1);
    assert.equal(one!.enter(1, 0, 10_650, plan), 'free');
  });
});
