import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { cachePlan, cacheSurroundings } from '../../test/support/cache-stage.ts';
import { Caches } from './caches.ts';
import { FolderLock } from './folder-lock.ts';

describe('the lock of a cache folder', () => {
  let folder: AppFolder;
  let path: string;

  beforeEach(async () => {
    folder = await AppFolder.with({});
    mkdirSync(folder.file('cache'));
    path = join(folder.file('cache'), 'galley.lock');
  });

  afterEach(async () => {
    await folder[Symbol.asyncDispose]();
  });

  /** What the next one is told. */
  function told(lock: string): readonly number[] {
    writeFileSync(path, lock);
    const pids: number[] = [];
    const next = new FolderLock(folder.file('cache'), 'cd', (pid) => pids.push(pid));
    assert.equal(readFileSync(path, 'latin1'), lockOf(process.pid, 'cd'));
    next.release();
    assert.equal(existsSync(path), false);
    return pids;
  }

  it('tells of another process, but not of one that is dead or that this one replaces', async () => {
    const other = spawn('sleep', ['60']);
    await once(other, 'spawn');
    const pid = Number(other.pid);
    const lock = lockOf(pid, 'ab');
    const exit = once(other, 'exit');
    try {
      assert.deepEqual(told(lock), [pid]);
      assert.deepEqual(told(`${pid} 1 ab\n`), [], 'it had the number of another one');
      assert.deepEqual(told(lockOf(process.ppid, 'ab')), []);
      assert.deepEqual(told(lockOf(process.pid, 'ab')), []);
      assert.deepEqual(told('nonsense'), []);
    } finally {
      other.kill('SIGKILL');
    }
    await exit;
    assert.deepEqual(told(lock), []);
  });

  it('leaves that of another one alone when it goes', () => {
    const first = new FolderLock(folder.file('cache'), 'ab', () => {});
    const second = new FolderLock(folder.file('cache'), 'cd', () => {});
    first.release();
    assert.equal(readFileSync(path, 'latin1'), lockOf(process.pid, 'cd'));
    second.release();
    assert.equal(existsSync(path), false);
  });

  it('is there while a cache is open, which warns of another one', async () => {
    const log: string[] = [];
    writeFileSync(path, lockOf(1, 'ab'));
    const disk = { folder: folder.file('cache'), levels: [], maxSize: undefined, minFree: 0 };
    const caches = new Caches(cacheSurroundings({}, log));
    caches.open([cachePlan({ disk })]);
    caches.keep();
    assert.match(
      log.join(),
      process.ppid === 1 ? /^$/ : /cache" of the cache "pages" is used by another Galley, process 1:/,
    );
    assert.ok(existsSync(path));
    await caches.close();
    assert.equal(existsSync(path), false);
  });
});

function lockOf(pid: number, run: string): string {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return `${pid} ${text.slice(text.lastIndexOf(')') + 2).split(' ')[19]} ${run}\n`;
}
