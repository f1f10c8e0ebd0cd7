import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FileAnswers } from './file-answers.ts';
import { type CachedFile, FileCache } from './file-cache.ts';

function fileOf(size: number): CachedFile {
  const facts = { size, modifiedSeconds: 0, changedMs: 0, inode: 1 };
  return { path: '', facts, answers: {} as FileAnswers };
}

const limits = { maxFileSize: 100, maxHotFileSize: 200, maxBytes: 250, maxFiles: 4, freshMs: 1_000 };
const same = (): boolean => true;
const changed = (): boolean => false;

describe('FileCache', () => {
  it('keeps small files, and larger ones that are hot', () => {
    const cache = new FileCache(limits);
    const kept = [100, 101, 200, 201].map((size) => [cache.keeps(size, () => false), cache.keeps(size, () => true)]);
    assert.deepEqual(kept, [
      [true, true],
      [false, true],
      [false, true],
      [false, false],
    ]);
  });

  it('forgets the oldest files where they have too many bytes together', () => {
    const cache = new FileCache(limits);
    const part = cache.part();
    for (const key of ['a', 'b', 'c']) part.set(key, fileOf(100), 0);
    assert.deepEqual([cache.count, cache.bytes], [2, 200]);
    assert.equal(part.get('a', 0, same), undefined);
    assert.ok(part.get('b', 0, same));
    assert.ok(part.get('c', 0, same));
  });

  it('forgets the oldest files where there are too many, of all parts', () => {
    const cache = new FileCache(limits);
    const [one, other] = [cache.part(), cache.part()];
    one.set('a', fileOf(1), 0);
    for (const key of ['a', 'b', 'c', 'd']) other.set(key, fileOf(1), 0);
    assert.equal(cache.count, 4);
    assert.equal(one.get('a', 0, same), undefined);
    assert.ok(other.get('a', 0, same));
  });

  it('spares once what was asked for', () => {
    const cache = new FileCache(limits);
    const part = cache.part();
    for (const key of ['a', 'b', 'c', 'd']) part.set(key, fileOf(1), 0);
    part.get('a', 0, same);
    part.set('e', fileOf(1), 0);
    assert.ok(part.get('a', 0, same));
    assert.equal(part.get('b', 0, same), undefined);
  });

  it('counts a file that is set again once', () => {
    const cache = new FileCache(limits);
    const part = cache.part();
    part.set('a', fileOf(10), 0);
    part.set('a', fileOf(20), 0);
    assert.deepEqual([cache.count, cache.bytes], [1, 20]);
  });

  it('asks whether a file is the same once a second, and forgets one that is not', () => {
    const cache = new FileCache(limits);
    const part = cache.part();
    part.set('a', fileOf(10), 5_000);
    assert.ok(part.get('a', 5_999, changed));
    assert.ok(part.get('a', 6_000, same));
    assert.ok(part.get('a', 6_999, changed));
    assert.equal(part.get('a', 7_000, changed), undefined);
    assert.deepEqual([cache.count, cache.bytes], [0, 0]);
  });

  it('asks as well where the clock was set back', () => {
    const part = new FileCache(limits).part();
    part.set('a', fileOf(10), 5_000);
    assert.equal(part.get('a', 4_999, changed), undefined);
  });
});
