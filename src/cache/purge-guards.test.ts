import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CachePurgeRequest } from './cache-store.ts';
import { PurgeGuards } from './purge-guards.ts';

const head = { tags: ['t'] };

describe('PurgeGuards', () => {
  it('tell what was begun before a purge from what was begun after it, also in one millisecond', () => {
    for (const what of [
      { kind: 'key', value: '/a' },
      { kind: 'prefix', value: '/' },
      { kind: 'tag', value: 't' },
      { kind: 'all' },
    ] as const) {
      const guards = new PurgeGuards(() => 1000);
      const before = guards.stamp();
      guards.add(what, guards.stamp());
      assert.equal(guards.mayKeep('/a', head, before), false, what.kind);
      assert.equal(guards.mayKeep('/a', head, guards.stamp()), true, what.kind);
      assert.equal(guards.mayKeep('b', { tags: [] }, before), what.kind !== 'all', what.kind);
    }
  });

  const many: readonly ((index: number) => CachePurgeRequest)[] = [
    (index) => ({ kind: 'key', value: `/${index}` }),
    (index) => ({ kind: 'prefix', value: `/${index}` }),
  ];
  for (const purge of many) {
    it(`have a bound, beyond which nothing is kept that may have been meant: ${purge(0).kind}`, () => {
      const guards = new PurgeGuards(() => 1000);
      const before = guards.stamp();
      guards.add(purge(0), guards.stamp());
      const later = guards.stamp();
      for (let index = 1; index <= 10_000; index++) guards.add(purge(index), guards.stamp());
      assert.equal(guards.mayKeep('/0', head, before), false);
      assert.equal(guards.mayKeep('x', head, before), false, 'it is not known any more whether it was meant');
      if (purge(0).kind === 'key') assert.equal(guards.mayKeep('x', head, later), true);
      assert.equal(guards.mayKeep('x', head, guards.stamp()), true);
    });
  }

  it('forget after a minute, and those of files once all were looked into', () => {
    let now = 1000;
    const guards = new PurgeGuards(() => now);
    guards.add({ kind: 'key', value: '/a' }, guards.stamp());
    const at = guards.stamp();
    guards.add({ kind: 'prefix', value: '/b' }, at);
    now += 61_000;
    guards.forgetOld();
    assert.equal(guards.isPurged('/a', head, 500), false);
    assert.notEqual(guards.isPurged('/b', head, 500), false);
    guards.swept(at);
    now += 61_000;
    guards.forgetOld();
    assert.deepEqual([guards.isPurged('/b', head, 500), guards.mayMean('any')], [false, false]);
  });
});
