import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../../../test/support/app-folder.ts';
import {
  appStatus,
  cacheStatus,
  FakeTarget,
  galleyStatus,
  upstreamStatus,
} from '../../../test/support/fake-control.ts';
import { type Ending, runGalley } from '../../../test/support/galley.ts';
import { type OpenControl, openControl } from '../../server/control/control-server.ts';

const launcher = fileURLToPath(new URL('../../../bin/galley.js', import.meta.url));

describe('the commands for a running Galley', () => {
  let folder: AppFolder;
  let target: FakeTarget;
  const open: OpenControl[] = [];

  beforeEach(async () => {
    folder = await AppFolder.with({});
    target = new FakeTarget();
  });

  afterEach(async () => {
    for (const control of open.splice(0)) await control.close();
    await folder[Symbol.asyncDispose]();
  });

  async function listen(pid: number, which: FakeTarget = target): Promise<OpenControl> {
    const control = await openControl(which, { path: folder.file(`${pid}.sock`) });
    open.push(control);
    return control;
  }

  function galley(...args: string[]): Promise<Ending> {
    return runGalley(args, { namePython: false, environment: { GALLEY_RUNTIME_DIR: folder.path } });
  }

  async function succeeds(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await galley(...args);
    assert.deepEqual([code, stderr], [0, '']);
    return stdout;
  }

  /** A second one, of another app. */
  async function listenTwice(): Promise<FakeTarget> {
    const other = new FakeTarget();
    other.current = galleyStatus({ pid: 12, apps: [appStatus({ name: 'shop.wsgi' })] });
    await listen(4711);
    await listen(12, other);
    return other;
  }

  it('find the only one that runs', async () => {
    await listen(4711);
    assert.match(await succeeds('status'), /^Galley 0\.1\.0, pid 4711[\s\S]*main:app {2}ASGI 3/);
    assert.equal(await succeeds('scale', '2-4'), 'Galley keeps 2 to 4 workers from now on\n');
    assert.equal(await succeeds('drain', '1'), 'Worker 1 is being replaced\n');
    assert.equal(await succeeds('log-level', 'debug'), 'The log level is debug from now on\n');
    assert.equal(await succeeds('reload'), 'version 2 serves\n');
    assert.deepEqual(target.calls, [['scale', 2, 4], ['drain', 1], ['log-level', 'debug'], ['reload']]);
  });

  it('tell of upstreams, and change their members', async () => {
    await listen(4711);
    assert.equal(await succeeds('upstreams'), 'There are no upstreams\n');
    target.members = [upstreamStatus(), upstreamStatus({ name: 'api' })];
    assert.match(await succeeds('upstreams'), /^app\n {2}ADDRESS .*\n {2}127\.0\.0\.1:8001 .*\n\napi\n/);
    assert.match(await succeeds('upstreams', 'api'), /^api\n/);
    assert.deepEqual(JSON.parse(await succeeds('upstreams', '--json')), target.members);
    assert.equal(await succeeds('upstreams', 'app', 'remove', '127.0.0.1:8001'), '127.0.0.1:8001 was removed\n');
    await succeeds('upstreams', 'app', 'add', '[::1]:80', '--weight', '3', '--backup');
    assert.deepEqual(target.calls, [
      ['app', { action: 'remove', address: '127.0.0.1:8001', isBackup: undefined }],
      ['app', { action: 'add', address: '[::1]:80', weight: 3, isBackup: true }],
    ]);
  });

  it('say what is wrong with a change of an upstream', async () => {
    await listen(4711);
    target.members = [upstreamStatus()];
    for (const [args, code, text] of [
      [['other'], 1, 'There is no upstream "other"'],
      [['other', 'up', '[::1]:80'], 1, 'There is no upstream "other": there is app'],
      [['app', 'weight', '[::1]:80'], 2, 'Say which weight: --weight NUMBER, from 1 to 65535'],
      [['app', 'up'], 2, '"galley upstreams app up" needs an address, such as 127.0.0.1:8000'],
      [['app', 'halt', '[::1]:80'], 2, 'Cannot use "halt" in "galley upstreams halt": it takes one of'],
      [['app', 'up', '[::1]:80', 'now'], 2, 'Unexpected "now": "galley upstreams --help" tells what it takes'],
    ] as const) {
      const ending = await galley('upstreams', ...args);
      assert.equal(ending.code, code, ending.stderr);
      assert.ok(ending.stderr.includes(text), ending.stderr);
    }
    assert.deepEqual(target.calls, []);
  });

  it('exit when a slow reader of a pipe has all, or has gone', async () => {
    await listen(4711);
    target.members = Array.from({ length: 2_000 }, (_, index) => upstreamStatus({ name: `app${index}` }));
    const start = (): ChildProcessByStdio<null, Readable, Readable> => {
      return spawn(process.execPath, ['--', launcher, 'upstreams', '--json'], {
        env: { ...process.env, GALLEY_RUNTIME_DIR: folder.path },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    };
    const slow = start();
    const isOver = once(slow, 'exit');
    assert.deepEqual(JSON.parse(await text(slow.stdout)), target.members);
    assert.deepEqual(await isOver, [0, null]);
    const left = start();
    const said = text(left.stderr);
    const isLeft = once(left, 'exit');
    await once(left.stdout, 'readable');
    left.stdout.destroy();
    assert.deepEqual(await isLeft, [0, null]);
    assert.equal(await said, '');
  });

  it('tell of caches and purge them', async () => {
    await listen(4711);
    assert.equal(await succeeds('caches'), 'There is no cache\n');
    target.kept = [cacheStatus(), cacheStatus({ name: 'new', isOnDisk: false, hits: 0, misses: 0, entries: 1 })];
    assert.equal(
      await succeeds('caches'),
      'pages  120 entries, 10 MiB on the disk; found 90 % of 1000 times; evicted 5\n' +
        'new  1 entry, 10 MiB in memory; found - of 0 times; evicted 5\n',
    );
    assert.deepEqual(JSON.parse(await succeeds('caches', '--json')), target.kept);
    assert.equal(await succeeds('purge', 'pages', '--tag', 'news'), 'Removed 1 entry from the cache "pages"\n');
    assert.deepEqual(target.calls, [['purge', 'pages', { kind: 'tag', value: 'news' }]]);
    assert.match((await galley('purge', 'other', '--all')).stderr, /There is no cache "other": there is pages, new/);
    assert.match((await galley('purge', 'pages')).stderr, /Say what is removed: --key KEY, /);
    assert.match(
      (await galley('purge', 'pages', '--all', '--key', 'a')).stderr,
      /Cannot use --key together with --all/,
    );
  });

  it('print the status as JSON', async () => {
    await listen(4711);
    assert.deepEqual(JSON.parse(await succeeds('status', '--json')), target.current);
  });

  it('say so where none runs, and where they looked', async () => {
    for (const args of [['status'], ['scale', '2'], ['stop'], ['reload', '--pid', '7']]) {
      const { code, stderr } = await galley(...args);
      assert.equal(code, 1);
      assert.match(stderr, /^galley: No Galley (with process id 7 )?is running here \(looked in \/.*\)\n$/);
    }
    const { code, stderr } = await galley('status', '--control', folder.file('none.sock'));
    assert.deepEqual([code, stderr], [1, `galley: No Galley listens on ${folder.file('none.sock')}\n`]);
  });

  it('all show up in the status where several run; other commands ask which one', async () => {
    const other = await listenTwice();
    const text = await succeeds('status');
    assert.match(text, /^Galley 0\.1\.0, pid 12,[\s\S]*shop\.wsgi[\s\S]*\n\nGalley 0\.1\.0, pid 4711,[\s\S]*main:app/);
    const { code, stderr } = await galley('scale', '3');
    assert.equal(code, 2);
    assert.equal(
      stderr,
      'galley: Several Galleys are running. Choose one:\n  --pid 12  shop.wsgi\n  --pid 4711  main:app\n',
    );
    assert.deepEqual([target.calls, other.calls], [[], []]);
  });

  it('take the one that is not stopping, as an old process does after an upgrade', async () => {
    const other = await listenTwice();
    other.current = { ...other.current, state: 'stopping' };
    await succeeds('scale', '3');
    assert.deepEqual([target.calls, other.calls], [[['scale', 3, 3]], []]);
    target.current = { ...target.current, state: 'stopping' };
    assert.match((await galley('scale', '3')).stderr, /Choose one:\n {2}--pid 12 .*\n {2}--pid 4711 /);
  });

  it('say so where another program listens', async () => {
    const path = folder.file('other.sock');
    let content = '';
    await using server = createServer((_, response) => response.end(content)).listen(path);
    await once(server, 'listening');
    for (const answer of ['{}', 'null', '[]', 'hello']) {
      content = answer;
      for (const args of [['status'], ['reload'], ['scale', '2']]) {
        const { code, stderr } = await galley(...args, '--control', path);
        assert.equal(code, 1);
        assert.match(stderr, /^galley: What listens on .*other\.sock is no Galley: [^\n]*\n$/, `${args} ${answer}`);
      }
    }
  });

  it('say so where the runtime folder is below a file', async () => {
    await folder.write('app.py', '');
    const environment = { GALLEY_RUNTIME_DIR: folder.file('app.py/x') };
    const { code, stderr } = await runGalley(['status'], { namePython: false, environment });
    assert.equal(code, 1);
    assert.match(stderr, /^galley: Cannot use the runtime folder ".*app\.py\/x": .*ENOTDIR.* GALLEY_RUNTIME_DIR\n$/);
  });

  it('speak to the one that is chosen', async () => {
    const other = await listenTwice();
    await succeeds('scale', '3', '--pid', '12');
    await succeeds('scale', '4', '--control', folder.file('4711.sock'));
    assert.deepEqual(other.calls, [['scale', 3, 3]]);
    assert.deepEqual(target.calls, [['scale', 4, 4]]);
    assert.doesNotMatch(await succeeds('status', '--pid', '12'), /main:app/);
  });

  it('end with 1 where the Galley refuses', async () => {
    await listen(4711);
    const { code, stdout, stderr } = await galley('drain', '2');
    assert.deepEqual([code, stdout, stderr], [1, '', 'galley: There is no worker 2\n']);
  });

  it('show why a reload failed, without what could steer the terminal', async () => {
    await listen(4711);
    target.outcome = { ok: false, text: 'It broke', traceback: 'Traceback\n  \x1b[2Jline\n' };
    const { code, stdout, stderr } = await galley('reload');
    assert.deepEqual([code, stdout], [1, '']);
    assert.equal(stderr, 'galley: It broke\n\nTraceback\n  \\x1b[2Jline\n');
  });

  it('stop, and wait until it has', async () => {
    const control = await listen(4711);
    let looks = 0;
    target.stopped = () => {
      // It ends only after it has been asked twice whether it is still there.
      target.status = () => {
        looks += 1;
        if (looks === 2) open.splice(0).forEach(({ close }) => void close());
        return { ...target.current, state: 'stopping' };
      };
    };
    assert.equal(await succeeds('stop'), 'Galley is stopping\nGalley has stopped\n');
    assert.deepEqual([looks, existsSync(control.path)], [2, false]);
  });

  it('ask for the app where there are several', async () => {
    target.current = galleyStatus({ apps: [appStatus({ name: 'shop' }), appStatus({ name: 'blog' })] });
    await listen(4711);
    for (const args of [
      ['scale', '2'],
      ['drain', '1'],
    ]) {
      const { code, stderr } = await galley(...args);
      assert.deepEqual([code, stderr], [1, 'galley: Name the app with --app NAME, one of shop, blog\n']);
    }
  });

  it('go on where one of several does not answer', async () => {
    const other = await listenTwice();
    other.status = () => {
      throw new Error('broken');
    };
    const { code, stdout, stderr } = await galley('status');
    assert.deepEqual([code, stderr], [1, 'galley: It failed: Error: broken\n']);
    assert.match(stdout, /main:app/);
  });

  it('trust no folder in which others can put a socket', async () => {
    await listen(4711);
    chmodSync(folder.path, 0o777);
    const { code, stderr } = await galley('stop');
    assert.equal(code, 1);
    assert.match(stderr, /others may use it/);
    assert.deepEqual(target.calls, []);
  });

  it('top asks for a terminal', async () => {
    await listen(4711);
    const { code, stdout, stderr } = await galley('top');
    assert.deepEqual([code, stdout], [2, '']);
    assert.equal(stderr, 'galley: "galley top" needs a terminal. "galley status" prints the same once\n');
  });
});
