import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GalleyStatus } from '../../../src/server/control/galley-status.ts';
import { until } from '../../support/until.ts';
import { assertNoLoss } from './assert-no-loss.ts';
import { ManagedGalley, processApps } from './managed-galley.ts';

const twoFronts = ['--front-threads', '2'];

describe('galley, when SIGUSR2 puts a new Galley in place of it under load', () => {
  for (const [name, args] of [
    ['wsgi', twoFronts],
    ['asgi', []],
  ] as const) {
    it(`fails no request: ${name} ${args.join(' ')}`, async () => {
      await using managed = await ManagedGalley.start(processApps[name], ['--workers', '2', ...args]);
      const { galley } = managed;
      const old = galley.workers().map(String);
      let fresh = 0;
      await using load = managed.load({
        answered: ({ body }) => {
          if (!old.includes(body)) fresh++;
        },
      });
      await until(() => load.report().answered > 50, 'the load runs');
      galley.signal('SIGUSR2');
      await until(
        () => fresh > 0,
        () => `the new Galley answers\n${galley.stderr()}`,
      );
      assert.equal((await galley.exited).code, 0, galley.stderr());
      const { answered } = load.report();
      await until(() => load.report().answered > answered + 100, 'the load runs on');
      assertNoLoss(await load.stop(), 200, galley.stderr());

      const all = galley.processes();
      const first = all.filter(({ parent }) => !all.some(({ pid }) => pid === parent));
      assert.equal(first.length, 1, `one new Galley: ${JSON.stringify(all)}`);
      assert.ok(
        all.every(({ pid }) => !old.includes(String(pid))),
        'the old workers have ended',
      );
      const { status, body } = await managed.control('GET', '/status');
      assert.equal(status, 200, 'the new Galley has the control socket');
      assert.equal((JSON.parse(body) as GalleyStatus).pid, first[0]!.pid);
      process.kill(first[0]!.pid, 'SIGTERM');
      await galley.leavesNothing();
    });
  }
});
