import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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
});
