import assert from 'node:assert/strict';
import { readFileSync, renameSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
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

  it('takes the names of the standard streams for the streams themselves', () => {
    const files = new LogFiles(assert.fail);
    assert.equal(files.open('/dev/stderr'), files.open(2));
    assert.equal(files.open('/dev/stdout').target, 1);
  });
});
