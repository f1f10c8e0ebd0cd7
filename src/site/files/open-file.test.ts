import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { chown, lchown, mkdir, symlink } from 'node:fs/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { isAllowed, openFile } from './open-file.ts';

let folder: AppFolder;
/** Who else there is. */
const other = 65_534;
const needsRoot = process.getuid?.() === 0 ? false : 'only root gives files away';

beforeEach(async () => {
  folder = await AppFolder.with({ 'mine.txt': 'mine', 'theirs.txt': 'theirs' });
});

afterEach(() => folder[Symbol.asyncDispose]());

function found(name: string): string | number {
  const file = openFile(folder.file(name), 'same-owner', folder.path.length + 1);
  if (file.kind === 'failure') return file.status;
  if (file.kind === 'file') closeSync(file.descriptor);
  return file.kind;
}

/** Whether what was opened at one path may be sent for another one, which is what it was swapped for meanwhile. */
function isSwapAllowed(opened: string, asked: string): boolean {
  const descriptor = openSync(folder.file(opened), 'r');
  try {
    return isAllowed(folder.file(asked), descriptor, 'same-owner', folder.path.length + 1);
  } finally {
    closeSync(descriptor);
  }
}

describe('links of the same owner', () => {
  it('lead on, one after the other and as a folder too', async () => {
    await mkdir(folder.file('real'));
    await folder.write('real/b.txt', 'b');
    await symlink('mine.txt', folder.file('one'));
    await symlink('one', folder.file('two'));
    await symlink('real', folder.file('linked'));
    await symlink('../linked/b.txt', folder.file('real/again'));
    for (const name of ['mine.txt', 'one', 'two', 'linked/b.txt', 'linked//b.txt', 'linked/again']) {
      assert.equal(found(name), 'file', name);
    }
    assert.equal(found('linked'), 'folder');
    assert.equal(found('linked/'), 'folder');
    assert.equal(found('nowhere'), 404);
  });

  it('do not where the target is of someone else', { skip: needsRoot }, async () => {
    await chown(folder.file('theirs.txt'), other, other);
    await symlink('theirs.txt', folder.file('link'));
    await symlink('theirs.txt', folder.file('own'));
    await lchown(folder.file('own'), other, other);
    assert.deepEqual([found('theirs.txt'), found('link'), found('own')], ['file', 403, 'file']);
  });

  it('do not where what was opened is not what they lead to now', async () => {
    await symlink('mine.txt', folder.file('link'));
    await mkdir(folder.file('real'));
    await folder.write('real/theirs.txt', 'theirs');
    await symlink('real', folder.file('linked'));
    assert.equal(isSwapAllowed('mine.txt', 'link'), true);
    // A file stands there again.
    assert.equal(isSwapAllowed('theirs.txt', 'mine.txt'), false);
    // A link stands there that may be followed.
    assert.equal(isSwapAllowed('theirs.txt', 'link'), false);
    assert.equal(isSwapAllowed('theirs.txt', 'linked/theirs.txt'), false);
  });
});
