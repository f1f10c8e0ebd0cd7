import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heapUsed } from '../../test/support/heap.ts';
import { UseCounts } from './use-counts.ts';

describe('UseCounts', () => {
  it('does not hold the keys, which may be long', () => {
    const uses = new UseCounts(1000, () => 0);
    const before = heapUsed();
    for (let key = 0; key < 10_000; key++) uses.count(`${key}${'a'.repeat(8000)}`);
    const held = heapUsed() - before;
    assert.equal(uses.count(`7${'a'.repeat(8000)}`), 2);
    assert.ok(held < 8_000_000, `${held} bytes`);
  });
});
