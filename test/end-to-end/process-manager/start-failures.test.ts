import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppFolder } from '../../support/app-folder.ts';
import { runGalley } from '../../support/galley.ts';
import { until } from '../../support/until.ts';
import { assertNoLoss } from './assert-no-loss.ts';
import { ManagedGalley } from './managed-galley.ts';

const importMs = 500;
/** An import that takes its time and fails. */
const failing = `
import time
time.sleep(${importMs / 1_000})
def brew():
    raise RuntimeError('the kettle is cold')
brew()
`;
/** An app that answers with what was known at its import. */
function answering(expression: string): string {
  return `
import os
known = ${expression}
def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [str(known).encode()]
`;
}

/** What an import leaves behind that a fork would break, and how the log names it. */
const leftBehind: readonly (readonly [what: string, code: string, named: RegExp])[] = [
  [
    'a thread',
    "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), name='ticker', daemon=True).start()\n",
    /ticker/,
  ],
  ['a socket', 'import socket\nkept = socket.create_server(("127.0.0.1", 0))\n', /socket.*127\.0\.0\.1/],
  [
    'a database',
    'import sqlite3\nkept = sqlite3.connect("shop.sqlite3")\nkept.execute("create table if not exists t (x)")\nkept.commit()\n',
    /database .*shop\.sqlite3/,
  ],
];

describe('galley, with an app that cannot start', () => {
  it('exits with 1 once the import has failed, with its traceback', async () => {
    await using folder = await AppFolder.with({ 'main.py': failing });
    const startedAt = performance.now();
    const ending = await runGalley(['main:app', '--port', '0', '--workers', '4'], { cwd: folder.path });
    const tookMs = performance.now() - startedAt;
    assert.equal(ending.code, 1, ending.stderr);
    assert.match(ending.stderr, /main\.py", line 6, in <module>.*line 5, in brew.*RuntimeError: the kettle is cold/s);
    assert.equal(ending.stderr.split('RuntimeError: the kettle is cold').length, 2, 'it says so once');
    assert.ok(tookMs > importMs && tookMs < importMs + 2_000, `it took ${tookMs} ms`);
  });

  it('serves the old version on when the new one fails, also what is forked from it', async () => {
    const files = { 'main.py': answering("'one'") };
    await using managed = await ManagedGalley.start('main:app', ['--workers', '2'], files);
    const { galley } = managed;
    // A worker is killed meanwhile, and a POST that it has is not sent again.
    await using load = managed.load({ paths: [{ path: '/' }] });
    await managed.folder.write('main.py', failing);
    const { status, body } = await managed.control('POST', '/reload');
    const outcome = JSON.parse(body) as { readonly ok: boolean; readonly traceback: string };
    assert.deepEqual([status, outcome.ok], [409, false]);
    assert.match(outcome.traceback, /RuntimeError: the kettle is cold/);
    await galley.says(/reload failed, the old version serves on.*RuntimeError: the kettle is cold/s);
    assert.equal((await managed.status()).version, 1);

    const old = galley.workers();
    process.kill(old[0]!, 'SIGKILL');
    await until(() => galley.workers().some((pid) => !old.includes(pid)), 'a new worker of the old version');
    await until(async () => (await managed.status()).workers.every(({ state }) => state === 'ready'), 'it is ready');
    assert.equal((await managed.send('GET', '/')).body, 'one');
    assertNoLoss(await load.stop(), 50, galley.stderr());

    await managed.folder.write('main.py', answering("'two'"));
    assert.equal((await managed.control('POST', '/reload')).status, 200);
    assert.equal((await managed.send('GET', '/')).body, 'two');
  });
});

describe('galley --preload', () => {
  for (const [what, code, named] of leftBehind) {
    it(`auto imports in each worker, and says why, after an import that left ${what}`, async () => {
      const files = { 'main.py': `${code}${answering('os.getpid()')}` };
      await using managed = await ManagedGalley.start('main:app', ['--workers', '2'], files);
      const line = managed.galley
        .stderr()
        .split('\n')
        .find((text) => text.includes('every worker imports the app for itself'));
      assert.match(line ?? managed.galley.stderr(), named);
      assert.ok(managed.galley.workers().includes(Number((await managed.send('GET', '/')).body)));
    });
  }

  it('auto forks after an import that left nothing, and never does not', async () => {
    const files = { 'main.py': answering('os.getpid()') };
    for (const [mode, isForked] of [
      ['auto', true],
      ['never', false],
    ] as const) {
      await using managed = await ManagedGalley.start('main:app', ['--workers', '1', '--preload', mode], files);
      const importedIn = Number((await managed.send('GET', '/')).body);
      assert.equal(managed.galley.workers().includes(importedIn), !isForked, mode);
    }
  });

  it('always forks although the import left something', async () => {
    const [[, code]] = leftBehind as [(typeof leftBehind)[number]];
    const files = { 'main.py': `${code}${answering('os.getpid()')}` };
    await using managed = await ManagedGalley.start('main:app', ['--workers', '1', '--preload', 'always'], files);
    const importedIn = Number((await managed.send('GET', '/')).body);
    assert.ok(importedIn > 0 && !managed.galley.workers().includes(importedIn));
  });
});
