import assert from 'node:assert/strict';
import { readdir, stat, utimes } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { until } from '../../../test/support/until.ts';
import { claimText, FolderClaim } from './folder-claim.ts';

const longAgo = new Date(Date.now() - 3_600_000);
const elsewhere = 'other-host:boot:pid:[7]';

describe('FolderClaim', () => {
  it('is one at a time', async () => {
    await using folder = await AppFolder.with({});
    const claim = await FolderClaim.take(folder.path);
    assert.ok(claim);
    assert.equal(await FolderClaim.take(folder.path), undefined);
    await claim.release();
    const next = await FolderClaim.take(folder.path);
    assert.ok(next);
    await next.release();
    assert.deepEqual(await readdir(folder.path), []);
  });

  it('is not kept by a process that is gone', async () => {
    await using folder = await AppFolder.with({ lock: claimText(2 ** 22 + 1).replace(' 0 ', ' 1 ') });
    const claim = await FolderClaim.take(folder.path);
    assert.ok(claim);
    await claim.release();
  });

  it('is kept by a process of another machine or namespace as long as that touches it', async () => {
    await using folder = await AppFolder.with({ lock: claimText(process.pid, elsewhere) });
    assert.equal(await FolderClaim.take(folder.path), undefined);
    await utimes(folder.file('lock'), longAgo, longAgo);
    const claim = await FolderClaim.take(folder.path);
    assert.ok(claim);
    await claim.release();
  });

  it('touches what it has', async (context) => {
    context.mock.timers.enable({ apis: ['setInterval'] });
    await using folder = await AppFolder.with({});
    const claim = await FolderClaim.take(folder.path);
    await utimes(folder.file('lock'), longAgo, longAgo);
    context.mock.timers.tick(15_000);
    await until(async () => (await stat(folder.file('lock'))).mtimeMs > longAgo.getTime(), 'a touch');
    await claim?.release();
  });

  it('removes what a sudden end has left', async () => {
    const left = ['certificate.pem.1.tmp', 'lock.2', 'lock.2.stale'];
    await using folder = await AppFolder.with({ 'new.tmp': '', 'certificate.pem': '' });
    for (const name of left) await folder.write(name, 'key');
    for (const name of [...left, 'certificate.pem']) await utimes(folder.file(name), longAgo, longAgo);
    const claim = await FolderClaim.take(folder.path);
    await claim?.release();
    assert.deepEqual((await readdir(folder.path)).sort(), ['certificate.pem', 'new.tmp']);
  });
});
