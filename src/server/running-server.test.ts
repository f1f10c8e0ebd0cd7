import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { appOptions } from '../../test/support/app-options.ts';
import { testPython } from '../../test/support/python.ts';
import { until } from '../../test/support/until.ts';
import type { AppOptions } from '../app/options.ts';
import { appSite } from '../config/one-site.ts';
import type { Bind } from '../core/bind.ts';
import { hangingStartMs, maxConnections, webSocketLimits, webSocketTimeouts } from '../core/limits.ts';
import { createLog } from '../observe/log.ts';
import { FrontThreads } from './front-threads.ts';
import type { ServeOptions } from './options.ts';
import { RunningServer } from './running-server.ts';
import type { Serving } from './serving.ts';
import { sharedNow } from './shared-clock.ts';
import { SocketFolder } from './socket-folder.ts';

const here = 'def app(environ, start_response): pass\n';

/** Tells that it is imported, and is so for ever. */
const hanging = `
import time
open('importing', 'w').close()
while True: time.sleep(0.01)
`;

/** A server of main.py in a folder, whose clock the test puts forward and whose config the test is. */
async function running(test: (stage: Stage) => Promise<void>): Promise<void> {
  await using folder = await AppFolder.with({ 'main.py': here, 'hanging.py': hanging });
  const clock = sharedNow();
  let aheadMs = 0;
  let logged = '';
  const now = (): number => clock() + aheadMs;
  const log = createLog(
    { level: 'info' },
    (text) => {
      logged += text;
    },
    () => new Date(),
  );
  const serving = (target: string): Serving => {
    const app: AppOptions = appOptions({ name: 'app', target, directory: folder.path, python: testPython() });
    return { site: appSite('app', binds, 'off', 'here'), apps: [app] };
  };
  let binds: readonly Bind[] = [{ kind: 'tcp', host: '127.0.0.1', port: 0 }];
  let target = 'main:app';
  const options = { title: 'test', serving: serving(target), reread: async () => serving(target) };
  const settings = {
    trustedPeers: { list: undefined },
    errorLogs: [],
    logLevel: 'error' as const,
    webSocketLimits,
    webSocketTimeouts,
    maxConnections,
  };
  const sockets = await SocketFolder.make();
  const fronts = new FrontThreads(settings, 1, sockets.path, log, now, {
    told: (front, app, message) => server.told(front, app, message),
    certificateWanted: () => {},
    closed: (front) => server.frontClosed(front),
    opened: (front) => server.frontOpened(front),
    listening: (opened) => server.listening(opened),
    failed: () => {},
  });
  const server: RunningServer = new RunningServer({
    options: options as unknown as ServeOptions,
    log,
    threshold: { level: 'info' },
    askStop: () => {},
    folder: sockets,
    fronts,
    now,
  });
  try {
    await fronts.open();
    await server.start((binds) => binds.map((bind) => ({ bind, fds: [], origin: 'galley' })));
    await test({
      server,
      folder,
      log: () => logged,
      serve(next) {
        target = next;
      },
      listen(next) {
        binds = next;
      },
      wait(milliseconds) {
        aheadMs += milliseconds;
      },
    });
  } finally {
    await server.end(0);
  }
}

interface Stage {
  readonly server: RunningServer;
  readonly folder: AppFolder;
  log(): string;
  /** The config names this app from now on. */
  serve(target: string): void;
  /** The config names these addresses from now on. */
  listen(binds: readonly Bind[]): void;
  wait(milliseconds: number): void;
}

describe('RunningServer', () => {
  it('gives the start of a new app that hangs up for the next reload', () =>
    running(async ({ server, folder, log, serve, wait }) => {
      serve('hanging:app');
      const first = server.reload();
      await until(() => existsSync(folder.file('importing')), 'the new app is imported');
      serve('main:app');
      wait(hangingStartMs);
      const second = server.reload();
      assert.deepEqual(await first, { ok: false, text: 'The start of the app was given up', traceback: '' });
      assert.equal((await second).ok, true, log());
      assert.match(log(), /the start that is under way hangs/);
    }));

  it('gives a new version of its app that hangs up for the next reload', () =>
    running(async ({ server, folder, wait }) => {
      await folder.write('main.py', hanging);
      const first = server.reload();
      await until(() => existsSync(folder.file('importing')), 'the new version is imported');
      await folder.write('main.py', here);
      wait(hangingStartMs);
      const second = server.reload();
      assert.equal((await first).ok, false);
      assert.equal((await second).ok, true);
    }));

  it('removes the file of a Unix socket that the config does not name any more, or that a failed reload has opened', () =>
    running(async ({ server, folder, listen }) => {
      const tcp: Bind = { kind: 'tcp', host: '127.0.0.1', port: 0 };
      const unix = (name: string): Bind => ({ kind: 'unix', path: folder.file(name) });
      listen([tcp, unix('a.sock')]);
      assert.equal((await server.reload()).ok, true);
      assert.ok(existsSync(folder.file('a.sock')));
      listen([tcp, unix('b.sock'), unix('missing/c.sock')]);
      assert.equal((await server.reload()).ok, false);
      assert.deepEqual([existsSync(folder.file('a.sock')), existsSync(folder.file('b.sock'))], [true, false]);
      listen([tcp]);
      assert.equal((await server.reload()).ok, true);
      assert.ok(!existsSync(folder.file('a.sock')));
    }));

  it('tells of a defect in a reload, and can be asked for another one', () =>
    running(async ({ server, log, listen }) => {
      listen(undefined as unknown as readonly Bind[]);
      assert.equal((await server.reload()).ok, false);
      assert.match(log(), /a defect of Galley, please report it\n +TypeError/);
      listen([{ kind: 'tcp', host: '127.0.0.1', port: 0 }]);
      assert.equal((await server.reload()).ok, true);
    }));
});
