import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SharedLock } from './shared-lock.ts';

describe('SharedLock', () => {
  it('is free again when whoever has it gives it back, and nobody else', () => {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const [one, two] = [new SharedLock(words, 1), new SharedLock(words, 2)];
    one.acquire(1);
    const [, held] = words;
    two.release(1);
    assert.deepEqual([...words], [0, held]);
    assert.notEqual(held, 0);
    one.release(1);
    assert.deepEqual([...words], [0, 0]);
  });

  it('is taken from a thread that died with it: at once by the one in its place, in half a second by others', () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const dead = new SharedLock(words, 1);
    dead.acquire(0);
    const start = performance.now();
    const next = new SharedLock(words, 1);
    next.acquire(0);
    assert.ok(performance.now() - start < 400);
    const other = new SharedLock(words, 2);
    other.acquire(0);
    assert.ok(performance.now() - start >= 500);
    const [held] = words;
    dead.release(0);
    next.release(0);
    assert.deepEqual([...words], [held]);
    other.release(0);
    assert.deepEqual([...words], [0]);
  });
});
