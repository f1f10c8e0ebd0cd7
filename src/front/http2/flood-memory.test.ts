import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { http2Limits } from '../../core/limits.ts';
import { FloodMemory } from './flood-memory.ts';

describe('FloodMemory', () => {
  it('gives who comes back a tenth of each burst for a minute', () => {
    const memory = new FloodMemory();
    const bursts = (address: string, now: number): number[] => {
      const { resets, controls, emptyFrames } = memory.limitsFor(address, http2Limits, now);
      return [resets.burst, controls.burst, emptyFrames.burst];
    };
    memory.note('192.0.2.1', 1_000);
    assert.deepEqual(bursts('192.0.2.1', 1_000), [20, 100, 10]);
    assert.deepEqual(bursts('192.0.2.2', 1_000), [200, 1_000, 100]);
    assert.deepEqual(bursts('192.0.2.1', 60_999), [20, 100, 10]);
    assert.deepEqual(bursts('192.0.2.1', 61_000), [200, 1_000, 100]);
  });

  it('forgets the oldest of too many', () => {
    const memory = new FloodMemory();
    for (let count = 0; count <= 10_000; count++) memory.note(`${count}`, 0);
    assert.equal(memory.limitsFor('0', http2Limits, 0), http2Limits);
    assert.notEqual(memory.limitsFor('1', http2Limits, 0), http2Limits);
  });
});
