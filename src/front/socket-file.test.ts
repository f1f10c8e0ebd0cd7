import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { NodeProgram } from '../../test/support/node-program.ts';
import { listen } from './listen.ts';
import { SocketFile } from './socket-file.ts';

describe('SocketFile', () => {
  it('deletes the file, and does not mind where it is gone', async () => {
    await using folder = await AppFolder.with({});
    const path = folder.file('galley.sock');
    const server = await listen({ kind: 'unix', path }, () => {});
    const file = new SocketFile(path);
    server.close();
    file.remove();
    assert.ok(!existsSync(path));
    file.remove();
  });

  it('leaves a file that another program has put there', async () => {
    await using folder = await AppFolder.with({});
    const path = folder.file('galley.sock');
    const old = await listen({ kind: 'unix', path }, () => {});
    const file = new SocketFile(path);
    await unlink(path);
    const next = await listen({ kind: 'unix', path }, () => {});
    old.close();
    file.remove();
    assert.ok(existsSync(path));
    next.close();
  });

  it('never deletes what came to be after it found nothing', async () => {
    await using folder = await AppFolder.with({});
    const file = new SocketFile(folder.file('galley.sock'));
    await folder.write('galley.sock', '');
    file.remove();
    assert.ok(existsSync(folder.file('galley.sock')));
  });

  it('deletes the file at the end of a process that does not say so, unless it has left it to another', async () => {
    await using folder = await AppFolder.with({});
    const [own, left] = [folder.file('own.sock'), folder.file('left.sock')];
    using program = new NodeProgram(`
      const { listen } = await import(root + 'src/front/listen.ts');
      const { SocketFile } = await import(root + 'src/front/socket-file.ts');
      const made = async (path) => {
        await listen({ kind: 'unix', path }, () => {});
        return new SocketFile(path);
      };
      await made(${JSON.stringify(own)});
      (await made(${JSON.stringify(left)})).leave();
      process.exit(1);
    `);
    await once(program.child, 'exit');
    assert.deepEqual([existsSync(own), existsSync(left)], [false, true], program.stderr());
  });
});
