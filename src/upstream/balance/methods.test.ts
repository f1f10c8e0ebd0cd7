import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BalancerStage, failed, passed } from '../../../test/support/balancer-stage.ts';
import type { Balance } from '../../plan/upstream-plan.ts';
import type { Member } from '../member.ts';

const ipHash: Balance = { kind: 'ip-hash' };
const hash: Balance = { kind: 'hash', key: '', isConsistent: false };
const consistentHash: Balance = { kind: 'hash', key: '', isConsistent: true };
const leastTime: Balance = { kind: 'least-time', of: 'header' };
const all: readonly Balance[] = [
  { kind: 'round-robin' },
  { kind: 'least-connections' },
  { kind: 'random', two: undefined },
  { kind: 'random', two: 'least-connections' },
  { kind: 'random', two: 'least-time' },
  ipHash,
  hash,
  consistentHash,
  leastTime,
  { kind: 'least-time', of: 'last-byte' },
];

const addresses = [
  ...['192.0.2.1', '198.51.100.77', '203.0.113.200', '10.0.0.1', '10.0.0.99'],
  ...['2001:db8::1', '2001:db8::2', '::1', '172.16.5.4', '8.8.8.8'],
];
const keys = Array.from('abcdefghijkl', (letter) => `/${letter}`);

/** The members that these keys go to. */
function slotsOf(stage: BalancerStage, hashed: readonly string[]): string {
  return hashed.map((key) => stage.picks(1, { key })[0]).join('');
}

for (const balance of all) {
  describe(`balancing: ${JSON.stringify(balance)}`, () => {
    it('chooses whoever can be used, however few they are', () => {
      const stage = new BalancerStage(
        Array.from({ length: 40 }, (_, slot) => ({ state: slot === 37 ? 'up' : ('down' as const) })),
        { balance },
      );
      for (const key of keys) assert.deepEqual(stage.picks(1, { key }), [37]);
    });

    it('tries each one once for a request', () => {
      const stage = new BalancerStage([{ weight: 9 }, {}, { isBackup: true }, {}, { isBackup: true }], { balance });
      const tried = new Set<Member>();
      while (tried.size < 5) {
        const lease = stage.take({ tried, key: '192.0.2.1' });
        lease.done(failed);
        assert.equal(lease.member.isBackup, tried.size >= 3);
        tried.add(lease.member);
      }
      assert.throws(() => stage.take({ tried }), { code: 'upstream-unavailable' });
    });

    it('works with a lone one, with and without a key', () => {
      const stage = new BalancerStage([{ weight: 3 }], { balance });
      assert.deepEqual(
        [...stage.picks(2), ...stage.picks(1, { key: '' }), ...stage.picks(1, { key: 'a' })],
        [0, 0, 0, 0],
      );
    });
  });
}

// What Debian's nginx 1.22 chooses of four servers at ports 8000 to 8003.
describe('balancing by hashes', () => {
  const cases = [
    ['addresses', ipHash, addresses, '2211112123'],
    ['keys', hash, keys, '010003221122'],
    ['keys on a circle', consistentHash, keys, '111122211221'],
  ] as const;
  for (const [name, balance, hashed, slots] of cases) {
    it(`chooses what nginx does: ${name}`, () => {
      assert.equal(slotsOf(new BalancerStage([{}, { weight: 3 }, { weight: 2 }, {}], { balance }), hashed), slots);
    });
  }

  it('takes the network of an IPv4 address, and nothing of what is no address', () => {
    const stage = new BalancerStage(
      Array.from({ length: 20 }, () => ({})),
      { balance: ipHash },
    );
    const hosts = Array.from({ length: 5 }, (_, host) => `198.51.100.${host}`);
    assert.equal(new Set(hosts.map((key) => stage.picks(1, { key })[0])).size, 1);
    assert.deepEqual(stage.picks(1, { key: 'unix:' }), stage.picks(1, { key: '0.0.0.0' }));
  });

  it('spreads requests without a key round robin', () => {
    for (const balance of [hash, consistentHash]) {
      const stage = new BalancerStage([{}, {}, {}], { balance });
      assert.deepEqual(stage.picks(4, { key: '' }), [0, 1, 2, 0]);
    }
  });

  it('moves few keys on a circle when a member goes or its weight changes, and none of the others', () => {
    const members = Array.from({ length: 10 }, () => ({}));
    const many = Array.from({ length: 2_000 }, (_, index) => `key ${index}`);
    const stage = new BalancerStage(members, { balance: consistentHash });
    const before = many.map((key) => stage.picks(1, { key })[0]);
    stage.set(members.slice(0, 9));
    const after = many.map((key) => stage.picks(1, { key })[0]);
    for (const [index, slot] of before.entries()) if (slot !== 9) assert.equal(after[index], slot);
    stage.set([{ weight: 2 }, ...members.slice(1, 9)]);
    const heavier = many.map((key) => stage.picks(1, { key })[0]);
    const moved = heavier.flatMap((slot, index) => (slot === after[index] ? [] : [slot]));
    assert.ok(moved.length > 0 && moved.every((slot) => slot === 0), `to ${new Set(moved)}`);
  });

  it('lets members of the same name take turns on a circle', () => {
    const stage = new BalancerStage([{ name: 'a:80' }, { name: 'a:80' }, { name: 'b:80' }], {
      balance: consistentHash,
    });
    const key = keys.find((each) => stage.picks(1, { key: each })[0] !== 2) ?? '';
    const picks = stage.picks(4, { key });
    assert.deepEqual([picks.includes(2), new Set(picks).size], [false, 2]);
  });
});

describe('balancing by time', () => {
  /** Lets one request after the other take as long as its member does. */
  function run(stage: BalancerStage, count: number, times: readonly number[]): number[] {
    return Array.from({ length: count }, () => {
      const lease = stage.take();
      const totalMs = times[lease.member.slot] ?? 0;
      stage.now += 10;
      lease.done({ hasFailed: false, headMs: totalMs, totalMs });
      return lease.member.slot;
    });
  }

  it('prefers the member that answers soonest', () => {
    const stage = new BalancerStage([{}, {}, {}], { balance: leastTime });
    assert.deepEqual(new Set(run(stage, 3, [90, 5, 30])), new Set([0, 1, 2]));
    assert.deepEqual(new Set(run(stage, 50, [90, 5, 30])), new Set([1]));
  });

  it('weighs time by weight and by what is under way', () => {
    const stage = new BalancerStage([{ weight: 4 }, {}], { balance: leastTime });
    run(stage, 2, [20, 10]);
    const slots = Array.from({ length: 5 }, () => stage.take().member.slot);
    // 20/4, 40/4 or 10, 60/4, then 80/4 or 20.
    assert.deepEqual(slots.slice(0, 4).toSorted(), [0, 0, 0, 1]);
  });

  it('goes by the time to the last byte where that is said', () => {
    const stage = new BalancerStage([{}, {}], { balance: { kind: 'least-time', of: 'last-byte' } });
    for (const totalMs of [900, 100]) {
      const lease = stage.take();
      lease.done({ hasFailed: false, headMs: 1_000 - totalMs, totalMs });
    }
    assert.deepEqual(stage.picks(3), [1, 1, 1]);
  });

  it('does not take a member for fast since it fails fast', () => {
    const stage = new BalancerStage([{ maxFails: 0 }, {}], { balance: leastTime });
    run(stage, 2, [50, 20]);
    const tried = new Set([stage.members[1] as Member]);
    for (let count = 0; count < 20; count++) stage.take({ tried }).done({ hasFailed: true, headMs: 1, totalMs: 1 });
    assert.deepEqual(stage.picks(1), [1]);
  });

  it('sends one request to a member of which nothing is known, and no more before it answers', () => {
    const stage = new BalancerStage([{ weight: 9 }, {}], { balance: leastTime });
    assert.deepEqual(run(stage, 2, [20, 20]), [0, 1]);
    stage.set([{ weight: 9 }, {}, {}]);
    assert.deepEqual(
      [stage.take(), stage.take()].map(({ member }) => member.slot),
      [2, 0],
    );
  });

  it('tries a member again that was slow a while ago', () => {
    const stage = new BalancerStage([{}, {}], { balance: leastTime });
    run(stage, 2, [500, 20]);
    const slots = new Set<number>();
    for (let second = 0; second < 60; second++) {
      stage.now += 1_000;
      for (const slot of run(stage, 10, [20, 20])) slots.add(slot);
    }
    assert.deepEqual(slots, new Set([0, 1]));
  });
});

describe('balancing by two that are drawn', () => {
  it('takes the one with fewer under way for its weight', () => {
    const stage = new BalancerStage([{}, { weight: 3 }], { balance: { kind: 'random', two: 'least-connections' } });
    const slots = Array.from({ length: 40 }, () => stage.take().member.slot);
    const heavy = slots.filter((slot) => slot === 1).length;
    assert.ok(heavy >= 29 && heavy <= 31, `${heavy} of 40`);
  });

  it('takes the one that answers sooner', () => {
    const stage = new BalancerStage([{}, {}], { balance: { kind: 'random', two: 'least-time' } });
    for (let count = 0; count < 10; count++) {
      const lease = stage.take();
      const headMs = lease.member.slot === 0 ? 80 : 10;
      stage.now += 100;
      lease.done({ ...passed, headMs });
    }
    assert.deepEqual(new Set(stage.picks(20)), new Set([1]));
  });
});
