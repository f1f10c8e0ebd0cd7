import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { listen } from './listen.ts';
import { SocketFile } from './socket-file.ts';

describe('SocketFile', () => {
  it('deletes the file, and does not mind where it is gone', async () => {
    await using folder = await AppFolder.with({});
    const path = folder.file('galley.sock');
    const server = await listen({ kind: 'unix', path }, () => {});
    const file = await SocketFile.at(path);
    server.close();
    await file.remove();
    assert.ok(!existsSync(path));
    await file.remove();
  });

  it('leaves a file that another program has put there', async () => {
    await using folder = await AppFolder.with({});
    const path = folder.file('galley.sock');
    const old = await listen({ kind: 'unix', path }, () => {});
    const file = await SocketFile.at(path);
    await unlink(path);
    const next = await listen({ kind: 'unix', path }, () => {});
    old.close();
    await file.remove();
    assert.ok(existsSync(path));
    next.close();
  });

  it('never deletes what came to be after it found nothing', async () => {
    await using folder = await AppFolder.with({});
    const file = await SocketFile.at(folder.file('galley.sock'));
    await folder.write('galley.sock', '');
    await file.remove();
    assert.ok(existsSync(folder.file('galley.sock')));
  });
});
