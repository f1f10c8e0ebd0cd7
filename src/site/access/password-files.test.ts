import assert from 'node:assert/strict';
import { mkdir, rename, rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { PasswordFiles } from './password-files.ts';

describe('PasswordFiles', () => {
  it('reads a file again when it has changed, and looks once a second', async () => {
    await using folder = await AppFolder.with({ users: 'ann:1', next: 'bob:22' });
    let now = 0;
    const files = new PasswordFiles(() => now);
    const users = (): string[] => [...files.read(folder.file('users')).keys()];
    assert.deepEqual(users(), ['ann']);
    await rename(folder.file('next'), folder.file('users'));
    now = 999;
    assert.deepEqual(users(), ['ann']);
    now = 1000;
    assert.deepEqual(users(), ['bob']);
    const same = files.read(folder.file('users'));
    now = 2000;
    assert.equal(files.read(folder.file('users')), same);
    await rm(folder.file('users'));
    now = 3000;
    assert.throws(users, { code: 'ENOENT' });
    await folder.write('users', 'eve:3');
    assert.deepEqual(users(), ['eve']);
  });

  it('throws for what is no file, without waiting for it', async () => {
    await using folder = await AppFolder.with({});
    await mkdir(folder.file('folder'));
    const files = new PasswordFiles(() => 0);
    assert.throws(() => files.read(folder.file('folder')), /not a file/);
    assert.throws(() => files.read('/dev/zero'), /not a file/);
  });

  it('takes a path by its bytes', async () => {
    await using folder = await AppFolder.with({ bücher: 'ann:1' });
    const path = Buffer.from(folder.file('bücher')).toString('latin1');
    assert.deepEqual([...new PasswordFiles(() => 0).read(path)], [['ann', '1']]);
  });
});
