import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heapUsed } from '../../../test/support/heap.ts';
import { KnownMisses } from './known-misses.ts';

describe('KnownMisses', () => {
  it('remembers a key for a minute, or until it is kept', () => {
    const misses = new KnownMisses();
    for (const key of ['a', 'b']) misses.add(key, 0);
    misses.delete('b');
    assert.deepEqual([misses.has('a', 59_999), misses.has('a', 60_000), misses.has('b', 1)], [true, false, false]);
  });

  it('forgets the oldest of too many', () => {
    const misses = new KnownMisses();
    for (let key = 0; key <= 4096; key++) misses.add(String(key), 0);
    assert.deepEqual([misses.has('0', 1), misses.has('1', 1), misses.has('4096', 1)], [false, true, true]);
  });

  it('does not hold the keys, which may be long', () => {
    const misses = new KnownMisses();
    const before = heapUsed();
    for (let key = 0; key < 4096; key++) misses.add(`${key}${'a'.repeat(8000)}`, 0);
    const held = heapUsed() - before;
    assert.ok(misses.has(`7${'a'.repeat(8000)}`, 1));
    assert.ok(held < 4_000_000, `${held} bytes`);
  });
});
