import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FetchLocks } from './fetch-locks.ts';

describe('FetchLocks', () => {
  it('let one fetch for a key, and wake those that wait in its thread', async () => {
    const locks = new FetchLocks(FetchLocks.memory(), 'pages', 0, Date.now);
    const lock = locks.lock('/a');
    assert.ok(lock);
    assert.equal(locks.lock('/a'), undefined);
    assert.ok(locks.lock('/b'));
    const waiting = Promise.all([locks.unlocked('/a', 60_000), locks.unlocked('/a', 60_000)]);
    assert.equal(await locks.unlocked('/a', 5), false);
    lock.release();
    assert.deepEqual(await waiting, [true, true]);
    assert.equal(await locks.unlocked('/a', 60_000), true);
    assert.ok(locks.lock('/a'));
  });

  it('let one fetch for a key of all threads, and wake those that wait in another', async () => {
    const memory = FetchLocks.memory();
    const [one, other, elsewhere] = [
      new FetchLocks(memory, 'pages', 0, Date.now),
      new FetchLocks(memory, 'pages', 1, Date.now),
      new FetchLocks(memory, 'images', 1, Date.now),
    ];
    const lock = one.lock('/a');
    assert.equal(other.lock('/a'), undefined);
    assert.ok(elsewhere.lock('/a'));
    assert.equal(await other.unlocked('/a', 5), false);
    const waiting = other.unlocked('/a', 60_000);
    lock?.release();
    assert.equal(await waiting, true);
    assert.ok(other.lock('/a'));
    assert.equal(one.lock('/a'), undefined);
  });

  it('may be taken over after a while, also from another thread; the one before then gives back nothing', async () => {
    let now = 1_000_000_000_000;
    const memory = FetchLocks.memory();
    const [one, other] = [0, 1].map((front) => new FetchLocks(memory, 'pages', front, () => now));
    assert.ok(one && other);
    const first = one.lock('/a', 5000);
    now += 4000;
    assert.deepEqual([one.lock('/a', 5000), other.lock('/a', 5000)], [undefined, undefined]);
    now += 2000;
    const second = other.lock('/a', 5000);
    assert.ok(second);
    first?.release();
    assert.equal(one.lock('/a', 5000), undefined);
    now += 6000;
    const third = other.lock('/a', 5000);
    assert.ok(third);
    second.release();
    assert.equal(one.lock('/a', 5000), undefined);
    third.release();
    assert.ok(one.lock('/a', 5000));
  });

  it('are free again when their thread died', async () => {
    const memory = FetchLocks.memory();
    const [dead, living] = [3, 1].map((front) => new FetchLocks(memory, 'pages', front, Date.now));
    assert.ok(dead && living);
    assert.ok(dead.lock('/a') && living.lock('/b'));
    const waiting = living.unlocked('/a', 60_000);
    FetchLocks.clearFront(memory, 3);
    assert.equal(await waiting, true);
    assert.ok(living.lock('/a'));
    assert.equal(living.lock('/b'), undefined);
  });

  it('still let one fetch where there are more than the memory has places for', () => {
    const memory = FetchLocks.memory();
    const locks = new FetchLocks(memory, 'pages', 0, Date.now);
    const held = Array.from({ length: 50_000 }, (_, each) => locks.lock(`/${each}`));
    assert.ok(held.filter((lock) => lock === undefined).length < 50);
    assert.equal(locks.lock('/49999'), undefined);
    for (const lock of held) lock?.release();
    assert.ok(new Int32Array(memory).every((word) => word === 0));
  });
});
