import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { findPython, PythonNotFound } from './python.ts';

describe('findPython', () => {
  let folder: string;
  let directory: string;
  let current: string;
  let environment: NodeJS.ProcessEnv;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'galley-python-'));
    directory = join(folder, 'app');
    current = join(folder, 'current');
    environment = { PATH: `${join(folder, 'bin')}:${join(folder, 'more')}` };
  });

  afterEach(() => rm(folder, { recursive: true }));

  async function program(path: string, mode = 0o755): Promise<string> {
    const full = join(folder, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, '#!/bin/sh\n');
    await chmod(full, mode);
    return full;
  }

  const find = (python?: string) => findPython({ python, directory }, environment, current);

  it('prefers the active environment, then the one beside the app, then the current folder, then PATH', async () => {
    const expected = [
      { path: await program('more/python'), origin: 'python in PATH' },
      { path: await program('bin/python3'), origin: 'python3 in PATH' },
      { path: await program('current/venv/bin/python'), origin: 'from venv' },
      { path: await program('current/.venv/bin/python'), origin: 'from .venv' },
      { path: await program('app/venv/bin/python'), origin: 'from venv' },
      { path: await program('app/.venv/bin/python'), origin: 'from .venv' },
      { path: await program('active/bin/python'), origin: 'from $VIRTUAL_ENV' },
    ].reverse();
    environment['VIRTUAL_ENV'] = join(folder, 'active');
    for (const python of expected) {
      assert.deepEqual(await find(), python);
      await rm(python.path);
    }
    await assert.rejects(find(), PythonNotFound);
  });

  it('prefers python3 in any folder of PATH to python', async () => {
    await program('bin/python');
    const path = await program('more/python3');
    assert.deepEqual(await find(), { path, origin: 'python3 in PATH' });
  });

  it('keeps the path of the link, by which Python knows its environment', async () => {
    const real = await program('real/python3.11');
    await mkdir(join(directory, '.venv/bin'), { recursive: true });
    const link = join(directory, '.venv/bin/python');
    await symlink(real, link);
    assert.equal((await find()).path, link);
  });

  it('passes over folders and files that cannot be executed', async () => {
    await mkdir(join(folder, 'bin/python3'), { recursive: true });
    await program('app/.venv/bin/python', 0o644);
    const path = await program('more/python3');
    assert.equal((await find()).path, path);
  });

  it('takes the one that was asked for: a path from the current folder, or a command', async () => {
    const path = await program('current/own/python');
    await program('app/.venv/bin/python');
    assert.deepEqual(await find('own/python'), { path, origin: 'from --python' });
    const command = await program('more/pypy3');
    assert.deepEqual(await find('pypy3'), { path: command, origin: 'from --python' });
  });

  it('does not fall back from the one that was asked for', async () => {
    await program('bin/python3');
    await assert.rejects(find('/no/such/python'), {
      message: 'Cannot use the Python "/no/such/python": it is not an executable file',
    });
    await assert.rejects(find('pypy3'), { message: 'Cannot use the Python "pypy3": PATH has no such command' });
  });

  it('says where it looked and how to name another', async () => {
    environment['VIRTUAL_ENV'] = '/gone';
    await assert.rejects(find(), {
      message:
        `Cannot find Python: looked for /gone/bin/python, .venv and venv in ${directory} and ${current}, ` +
        'and python3 and python in PATH. Name the one to use',
    });
  });
});
