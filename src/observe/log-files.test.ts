import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, renameSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { until } from '../../test/support/until.ts';
import { byTurn } from './log-file.ts';
import { LogFiles } from './log-files.ts';

describe('LogFiles', () => {
  it('opens a file once for all that name it with the same buffering', async () => {
    await using folder = await AppFolder.with({});
    const files = new LogFiles(assert.fail);
    const path = folder.file('a.log');
    assert.equal(files.open(path), files.open(path, { ...byTurn }));
    assert.notEqual(files.open(path), files.open(path, { ...byTurn, bufferSize: 4 }));
    await files.close();
  });

  it('closes a file when its last user has released it', async () => {
    await using folder = await AppFolder.with({});
    const files = new LogFiles(assert.fail);
    const path = folder.file('a.log');
    const file = files.open(path);
    files.open(path);
    files.release(file);
    assert.equal(files.open(path), file);
    files.release(file);
    files.release(file);
    assert.notEqual(files.open(path), file);
    await files.close();
  });

  it('opens all anew, and tells of the one that it cannot', async () => {
    await using folder = await AppFolder.with({});
    await using gone = await AppFolder.with({});
    const reports: string[] = [];
    const files = new LogFiles((problem) => reports.push(problem));
    const first = files.open(gone.file('b.log'));
    const second = files.open(folder.file('a.log'));
    await gone[Symbol.asyncDispose]();
    renameSync(folder.file('a.log'), folder.file('a.log.1'));
    files.reopen();
    first.write('x\n');
    second.write('y\n');
    await files.close();
    assert.equal(readFileSync(folder.file('a.log'), 'latin1'), 'y\n');
    assert.deepEqual(reports, [`open() "${gone.file('b.log')}" failed (2: No such file or directory)`]);
  });

  it('closes what a new config does not open, and still writes the lines of old requests', async () => {
    await using folder = await AppFolder.with({});
    const files = new LogFiles(assert.fail);
    const isOpen = (name: string): boolean => {
      const links = readdirSync('/proc/self/fd').map((fd) => readlink(`/proc/self/fd/${fd}`));
      return links.includes(folder.file(name));
    };
    const kept = files.open(folder.file('kept.log'));
    const old = files.open(folder.file('old.log'), { bufferSize: 1000, flushMs: 0, gzipLevel: 0 });
    old.write('1\n');
    files.beginGeneration();
    assert.equal(files.open(folder.file('kept.log')), kept);
    files.retireOlder();
    await until(() => !isOpen('old.log'), 'the file is closed');
    assert.ok(isOpen('kept.log'));
    old.write('2\n');
    await until(() => readFileSync(folder.file('old.log'), 'latin1') === '1\n2\n', 'the late line');
    await until(() => !isOpen('old.log'), 'the file is closed again');
    old.write('3\n');
    kept.write('x\n');
    await files.close();
    assert.equal(readFileSync(folder.file('old.log'), 'latin1'), '1\n2\n3\n');
    assert.equal(readFileSync(folder.file('kept.log'), 'latin1'), 'x\n');
  });

  it('takes the names of the standard streams for the streams themselves', () => {
    const files = new LogFiles(assert.fail);
    assert.equal(files.open('/dev/stderr'), files.open(2));
    assert.equal(files.open('/dev/stdout').target, 1);
  });
});

/** Where a descriptor leads; '' for one that is closed meanwhile. */
function readlink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
