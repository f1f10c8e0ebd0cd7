import assert from 'node:assert/strict';
import { mkdir, rename, rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { until } from '../../test/support/until.ts';
import { WatchedFolder } from './watched-folder.ts';

/** A folder that is watched, and all that it has told so far. */
class Watch {
  readonly #folder: WatchedFolder;
  readonly first: readonly string[];
  readonly #seen: Set<string> = new Set();

  constructor(path: string) {
    this.#folder = new WatchedFolder(path, {
      touched: () => {
        for (const name of this.#folder.changes()) this.#seen.add(name);
      },
      failed: (error) => assert.fail(error),
    });
    this.first = this.#folder.changes();
  }

  /** Resolves when it has told of that file since this was called last. */
  async sees(name: string): Promise<void> {
    await until(
      () => this.#seen.has(name),
      () => `${name} is seen, not only ${[...this.#seen]}`,
    );
    this.#seen.clear();
  }

  seen(): readonly string[] {
    return [...this.#seen];
  }

  [Symbol.dispose](): void {
    this.#folder.close();
  }
}

describe('WatchedFolder', () => {
  it('tells of files that change, appear and go, at any depth', async () => {
    await using folder = await AppFolder.with({ 'main.py': '' });
    await mkdir(folder.file('shop/api'), { recursive: true });
    await folder.write('shop/api/v1.py', '');
    using watch = new Watch(folder.path);
    assert.deepEqual(watch.first, ['main.py', 'shop/api/v1.py']);
    for (const name of ['main.py', 'shop/api/v1.py', 'shop/web.py']) {
      await folder.write(name, 'x = 1\n');
      await watch.sees(name);
      await rm(folder.file(name));
      await watch.sees(name);
    }
  });

  it('goes on seeing a folder that was deleted and made anew at once', async () => {
    await using folder = await AppFolder.with({});
    await mkdir(folder.file('shop/api'), { recursive: true });
    await folder.write('shop/api/v1.py', 'one');
    using watch = new Watch(folder.path);
    for (const text of ['one', 'two']) {
      await rm(folder.file('shop'), { recursive: true });
      await mkdir(folder.file('shop/api'), { recursive: true });
      await folder.write('shop/api/v1.py', text);
      await watch.sees('shop/api/v1.py');
      await folder.write('shop/api/v2.py', text);
      await watch.sees('shop/api/v2.py');
      await folder.write('shop/api/v1.py', `${text} again`);
      await watch.sees('shop/api/v1.py');
    }
  });

  it('goes on seeing a folder that another was renamed to, and the one that was renamed', async () => {
    await using folder = await AppFolder.with({});
    await mkdir(folder.file('shop'));
    await mkdir(folder.file('next'));
    await folder.write('shop/web.py', 'one');
    await folder.write('next/web.py', 'two');
    using watch = new Watch(folder.path);
    await rename(folder.file('shop'), folder.file('old'));
    await rename(folder.file('next'), folder.file('shop'));
    await watch.sees('shop/web.py');
    for (const name of ['shop/web.py', 'old/web.py', 'shop/new.py']) {
      await folder.write(name, 'three');
      await watch.sees(name);
    }
  });

  it('does not tell of folders without Python files, other files and foreign folders', async () => {
    await using folder = await AppFolder.with({});
    await mkdir(folder.file('venv'));
    using watch = new Watch(folder.path);
    await mkdir(folder.file('cache'));
    await folder.write('cache/data', '');
    await folder.write('notes.txt', '');
    await folder.write('venv/x.py', '');
    await rm(folder.file('cache'), { recursive: true });
    await folder.write('own.py', '');
    await until(() => watch.seen().includes('own.py'), 'own.py is seen');
    assert.deepEqual(watch.seen(), ['own.py']);
  });
});
