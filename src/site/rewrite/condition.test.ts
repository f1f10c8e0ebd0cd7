import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { siteStage } from '../../../test/support/site-stage.ts';

it('if (-e) is false for links that lead nowhere and for names that are too long, as in nginx', async () => {
  await using folder = await AppFolder.with({ 'a.txt': 'a' });
  await symlink('nowhere', folder.file('dangling'));
  await symlink('a.txt', folder.file('link'));
  const stage = siteStage(`server { root ${folder.path};
    location / { if (-e $document_root$uri) { return 200 there; } return 200 nothing; } }`);
  for (const [target, text] of [
    ['/a.txt', 'there'],
    ['/link', 'there'],
    ['/', 'there'],
    ['/nope', 'nothing'],
    ['/a.txt/x', 'nothing'],
    ['/dangling', 'nothing'],
    [`/${'a'.repeat(300)}`, 'nothing'],
    ['/a'.repeat(3000), 'nothing'],
  ] as const) {
    assert.equal((await stage.ask(target)).text, text, target.slice(0, 20));
  }
});
