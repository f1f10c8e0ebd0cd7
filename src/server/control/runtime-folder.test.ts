import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { controlSocketsIn, makeRuntimeFolder, RuntimeFolderError, runtimeFolder } from './runtime-folder.ts';

const isRoot = process.getuid?.() === 0;

describe('runtimeFolder', () => {
  it('is the one that is named, else in the folder of the session', async () => {
    await using folder = await AppFolder.with({});
    const session = folder.path;
    assert.equal(runtimeFolder({ GALLEY_RUNTIME_DIR: '/srv/run', XDG_RUNTIME_DIR: session }), '/srv/run');
    assert.equal(runtimeFolder({ XDG_RUNTIME_DIR: session }), join(session, 'galley'));
  });

  const general = runtimeFolder({});

  it('is a general one without either', () => assert.match(general, /^\/run\/galley$|\/galley-\d+$/));

  it('is not in the session of another user', { skip: !isRoot && 'only root can give a folder away' }, async () => {
    await using folder = await AppFolder.with({});
    chownSync(folder.path, 12_345, 12_345);
    assert.equal(runtimeFolder({ XDG_RUNTIME_DIR: folder.path }), general);
    assert.equal(runtimeFolder({ XDG_RUNTIME_DIR: folder.file('none') }), general);
  });
});

describe('makeRuntimeFolder', () => {
  let folder: AppFolder;

  beforeEach(async () => {
    folder = await AppFolder.with({});
  });

  afterEach(() => folder[Symbol.asyncDispose]());

  function refuses(path: string, why: RegExp): void {
    assert.throws(
      () => makeRuntimeFolder(path),
      (error) => error instanceof RuntimeFolderError && why.test(error.message),
    );
  }

  it('makes a folder for our user alone, once', () => {
    const path = folder.file('a');
    makeRuntimeFolder(path);
    assert.equal(lstatSync(path).mode & 0o777, 0o700);
    makeRuntimeFolder(path);
  });

  it('refuses a folder that others may use', () => {
    const path = folder.file('wide');
    mkdirSync(path);
    for (const mode of [0o710, 0o704, 0o702]) {
      chmodSync(path, mode);
      refuses(path, /others may use it. Run "chmod 700 \//);
    }
  });

  it('refuses a link, even to a good folder', () => {
    makeRuntimeFolder(folder.file('good'));
    symlinkSync(folder.file('good'), folder.file('link'));
    refuses(folder.file('link'), /it is not a folder/);
  });

  it('refuses a file, and what it cannot make', async () => {
    await folder.write('file', '');
    refuses(folder.file('file'), /it is not a folder/);
    refuses(folder.file('file/sub'), /Cannot make the runtime folder/);
    refuses('/proc/nope', /Cannot make the runtime folder/);
  });

  it('refuses the folder of another user', { skip: !isRoot && 'only root can give a folder away' }, () => {
    const path = folder.file('given');
    makeRuntimeFolder(path);
    chownSync(path, 12_345, 12_345);
    refuses(path, /it belongs to another user/);
  });
});

describe('controlSocketsIn', () => {
  let folder: AppFolder;
  const servers: Server[] = [];

  beforeEach(async () => {
    folder = await AppFolder.with({});
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await folder[Symbol.asyncDispose]();
  });

  /** Closing a server removes the path that it listened on: a socket with another name stays, as one does whose process was killed. */
  async function socketThatStays(name: string): Promise<Server> {
    const server = createServer().listen(folder.file('first'));
    await once(server, 'listening');
    renameSync(folder.file('first'), folder.file(name));
    return server;
  }

  it('gives those that somebody listens on, and removes the others', async () => {
    servers.push(await socketThatStays('200.sock'), await socketThatStays('31.sock'));
    const dead = await socketThatStays('7.sock');
    dead.close();
    await once(dead, 'close');
    await folder.write('note.txt', '');
    await folder.write('x.sock', '');
    assert.deepEqual(await controlSocketsIn(folder.path), [
      { pid: 31, path: folder.file('31.sock') },
      { pid: 200, path: folder.file('200.sock') },
    ]);
    assert.deepEqual(readdirSync(folder.path).sort(), ['200.sock', '31.sock', 'note.txt', 'x.sock']);
  });

  it('gives none where there is no folder, and makes none', async () => {
    assert.deepEqual(await controlSocketsIn(folder.file('none')), []);
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it('looks into no folder in which others can put a socket', async () => {
    chmodSync(folder.path, 0o777);
    await assert.rejects(controlSocketsIn(folder.path), RuntimeFolderError);
  });
});
