import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SharedLock } from './shared-lock.ts';

describe('SharedLock', () => {
  it('is free again when whoever has it gives it back, and nobody else', () => {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const [one, two] = [new SharedLock(words, 1), new SharedLock(words, 2)];
    one.acquire(1);
    two.release(1);
    assert.deepEqual([...words], [0, 1]);
    one.release(1);
    assert.deepEqual([...words], [0, 0]);
  });

  it('is taken from a thread that died with it: at once by the one in its place, in 50 ms or so by others', () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    new SharedLock(words, 1).acquire(0);
    const start = performance.now();
    new SharedLock(words, 1).acquire(0);
    assert.ok(performance.now() - start < 40);
    const two = new SharedLock(words, 2);
    two.acquire(0);
    assert.ok(performance.now() - start >= 40);
    two.release(0);
    assert.deepEqual([...words], [0]);
  });
});
