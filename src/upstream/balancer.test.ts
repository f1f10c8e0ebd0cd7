import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BalancerStage, failed, passed, untold } from '../../test/support/balancer-stage.ts';
import type { Member } from './member.ts';

const unavailable = { code: 'upstream-unavailable', status: 502, message: /upstream "backend": no live upstreams/ };

describe('Balancer', () => {
  it('gives each member its share, smoothly', () => {
    const stage = new BalancerStage([{ weight: 5 }, {}, {}]);
    assert.equal(stage.picks(14).join(''), '00102000010200');
  });

  it('has nobody to give before there are members', () => {
    const stage = new BalancerStage([]);
    assert.throws(() => stage.take(), unavailable);
    stage.set([{}]);
    assert.deepEqual(stage.picks(1), [0]);
  });

  it('gives nothing to members that are not up', () => {
    const stage = new BalancerStage([
      { state: 'down' },
      { state: 'unhealthy' },
      {},
      { state: 'checking' },
      { state: 'draining' },
    ]);
    assert.deepEqual(stage.picks(3), [2, 2, 2]);
    stage.set([{ state: 'down' }]);
    assert.throws(() => stage.take(), unavailable);
  });

  it('gives no member twice to a request, nor one of which something new was said meanwhile', () => {
    const stage = new BalancerStage([{}, {}]);
    const first = stage.take();
    stage.set([{ weight: 2 }, {}]);
    const second = stage.take({ tried: new Set([first.member]) });
    assert.deepEqual([first.member.slot, second.member.slot], [0, 1]);
    assert.throws(() => stage.take({ tried: new Set([first.member, second.member]) }), unavailable);
  });

  it('leaves a member out that failed at another front, and tries it again with one request', () => {
    const stage = new BalancerStage([{ maxFails: 2 }, {}], { frontCount: 2 });
    for (const front of [0, 1]) {
      const lease = stage.take({ tried: new Set([stage.members[1] as Member]) }, front);
      lease.done(failed);
    }
    assert.deepEqual([...stage.picks(4, {}, 0), ...stage.picks(4, {}, 1)], [1, 1, 1, 1, 1, 1, 1, 1]);
    stage.now += 10_000;
    assert.deepEqual(stage.picks(2), [1, 1]);
    stage.now += 1;
    const leases = Array.from({ length: 6 }, (_, index) => stage.take({}, index % 2));
    assert.equal(leases.filter(({ member }) => member.slot === 0).length, 1);
    for (const lease of leases) lease.done(passed);
    assert.equal(new Set(stage.picks(8)).size, 2);
  });

  it('does not take a request that was given up for one that has passed', () => {
    const stage = new BalancerStage([{}, {}]);
    const toFirst = { tried: new Set([stage.members[1] as Member]) };
    stage.take(toFirst).done(failed);
    stage.now += 10_001;
    stage.take(toFirst).done(untold);
    assert.throws(() => stage.take(toFirst), unavailable);
    assert.equal(stage.counters.isFailed(0, stage.now), true);
  });

  it('never leaves out a member that is alone', () => {
    const stage = new BalancerStage([{}]);
    for (let count = 0; count < 5; count++) stage.take().done(failed);
    assert.deepEqual([stage.counters.failures(0), stage.counters.isFailed(0, stage.now)], [5, false]);
    stage.set([{}, { isBackup: true }]);
    stage.take().done(failed);
    assert.deepEqual(stage.picks(2), [1, 1]);
  });

  it('gives backups only where nobody else can take the request', () => {
    const stage = new BalancerStage([{ isBackup: true }, { maxConnections: 1 }, { isBackup: true }]);
    const first = stage.take();
    assert.equal(first.member.slot, 1);
    assert.deepEqual(stage.picks(3), [0, 2, 0]);
    first.done(passed);
    assert.deepEqual(stage.picks(2), [1, 1]);
  });

  it('lets no more be under way than may be, in all fronts', () => {
    const stage = new BalancerStage([{ maxConnections: 2 }, { maxConnections: 1 }], { frontCount: 2 });
    const leases = [0, 1, 0].map((front) => stage.take({}, front));
    assert.throws(() => stage.take({}, 1), unavailable);
    leases[0]!.done(passed);
    leases[0]!.done(passed);
    assert.equal(stage.take({}, 1).member.slot, leases[0]!.member.slot);
    assert.throws(() => stage.take({}, 0), unavailable);
  });

  it('keeps requests with their route, also where the member drains, as long as it can be used', () => {
    const stage = new BalancerStage([{}, {}, { route: 'c', maxConnections: 2 }]);
    assert.deepEqual(stage.picks(3, { route: 'c' }), [2, 2, 2]);
    stage.set([{}, {}, { route: 'c', maxConnections: 2, state: 'draining' }]);
    assert.deepEqual(stage.picks(2, { route: 'c' }), [2, 2]);
    assert.equal(stage.picks(6).includes(2), false);
    assert.equal(stage.picks(1, { route: 'unknown' }).includes(2), false);
    const leases = [stage.take({ route: 'c' }), stage.take({ route: 'c' })];
    assert.notEqual(stage.picks(1, { route: 'c' })[0], 2);
    leases[0]!.done(failed);
    assert.notEqual(stage.picks(1, { route: 'c' })[0], 2);
    stage.set([{}, {}, { route: 'c', state: 'down' }]);
    assert.notEqual(stage.picks(1, { route: 'c' })[0], 2);
  });

  it('goes on to another member of the same route', () => {
    const stage = new BalancerStage([{}, { route: 'b' }, { route: 'b' }]);
    const first = stage.take({ route: 'b' });
    const tried = new Set([first.member]);
    assert.deepEqual([first.member.slot, ...stage.picks(2, { route: 'b', tried })], [1, 2, 2]);
  });

  it('goes on where it was when members change', () => {
    const stage = new BalancerStage([{ weight: 5 }, {}, {}]);
    const first = stage.picks(4);
    stage.set([{ weight: 5 }, {}, {}]);
    assert.equal([...first, ...stage.picks(3)].join(''), '0010200');
    stage.set([{ weight: 1 }, { weight: 3 }, {}]);
    const later = stage.picks(10);
    assert.deepEqual(
      [0, 1, 2].map((slot) => later.filter((each) => each === slot).length),
      [2, 6, 2],
    );
  });

  it('counts requests that end after their member has gone', () => {
    const stage = new BalancerStage([{}, {}]);
    const leases = [stage.take(), stage.take()];
    stage.set([{}]);
    for (const lease of leases) lease.done(failed);
    assert.deepEqual([stage.counters.active(1), stage.counters.failures(1)], [0, 1]);
  });

  describe('with a slow start', () => {
    const shareOf = (stage: BalancerStage, slot: number): number => {
      const picks = stage.picks(1_000);
      return picks.filter((each) => each === slot).length / picks.length;
    };
    const isNear = (share: number, expected: number): void => {
      assert.ok(Math.abs(share - expected) < 0.02, `${share} is not ${expected}`);
    };

    it('gives all their whole weight at first', () => {
      isNear(shareOf(new BalancerStage([{ slowStartMs: 1_000 }, {}]), 0), 0.5);
    });

    it('lets the weight of a member grow that came back', () => {
      const stage = new BalancerStage([{ slowStartMs: 1_000, state: 'unhealthy' }, {}]);
      stage.set([{ slowStartMs: 1_000 }, {}]);
      isNear(shareOf(stage, 0), 0.01);
      stage.now += 500;
      isNear(shareOf(stage, 0), 1 / 3);
      stage.now += 500;
      isNear(shareOf(stage, 0), 0.5);
    });

    it('lets the weight of a member grow that is new', () => {
      const stage = new BalancerStage([{}]);
      stage.set([{}, { slowStartMs: 1_000 }]);
      stage.now += 250;
      isNear(shareOf(stage, 1), 0.2);
    });

    it('lets the weight of a member grow that had failed, at all fronts', () => {
      const stage = new BalancerStage([{ slowStartMs: 1_000 }, {}], { frontCount: 2 });
      stage.take().done(failed);
      stage.now += 10_001;
      stage.take({ tried: new Set([stage.members[1] as Member]) }, 1).done(passed);
      stage.now += 500;
      isNear(shareOf(stage, 0), 1 / 3);
    });

    it('spares it also by chance', () => {
      const stage = new BalancerStage([{ slowStartMs: 1_000, state: 'down' }, {}], {
        balance: { kind: 'random', two: undefined },
      });
      stage.set([{ slowStartMs: 1_000 }, {}]);
      stage.now += 500;
      isNear(shareOf(stage, 0), 1 / 3);
    });
  });

  it('leaves a member out whose breaker is open, alone as it may be, then tries it with one request', () => {
    const breaker = { failureRate: 0.5, windowMs: 1_000, minRequests: 2, openMs: 300 };
    const stage = new BalancerStage([{}], { breaker, frontCount: 2 });
    stage.take({}, 0).done(failed);
    stage.take({}, 1).done(failed);
    assert.throws(() => stage.take({}, 0), unavailable);
    stage.now += 300;
    const trial = stage.take({}, 1);
    assert.throws(() => stage.take({}, 0), unavailable);
    trial.done(untold);
    stage.take({}, 0).done(failed);
    stage.now += 299;
    assert.throws(() => stage.take({}, 0), unavailable);
    stage.now += 1;
    stage.take({}, 0).done(passed);
    assert.deepEqual([...stage.picks(2, {}, 0), ...stage.picks(2, {}, 1)], [0, 0, 0, 0]);
  });
});
