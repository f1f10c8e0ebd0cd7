import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { until } from '../../support/until.ts';
import { assertNoLoss } from './assert-no-loss.ts';
import { ManagedGalley, processApps } from './managed-galley.ts';

const run = promisify(execFile);
const launcher = fileURLToPath(new URL('../../../bin/galley.js', import.meta.url));
const twoFronts = ['--front-threads', '2'];

describe('galley, under a load that counts every request', () => {
  for (const [name, args] of [
    ['wsgi', []],
    ['asgi', twoFronts],
  ] as const) {
    it(`fails none in 20 reloads: ${name} ${args.join(' ')}`, async () => {
      await using managed = await ManagedGalley.start(processApps[name], ['--workers', '2', ...args]);
      const { galley } = managed;
      const pids = new Set<string>();
      await using load = managed.load({ answered: ({ body }) => pids.add(body) });
      await until(() => pids.size >= 2, 'the load reaches both workers');
      for (let reload = 1; reload <= 20; reload++) {
        galley.signal('SIGHUP');
        await until(
          () => galley.stderr().split('reloaded in').length > reload,
          () => `reload ${reload}\n${galley.stderr()}`,
        );
      }
      const answered = load.report().answered;
      await until(() => load.report().answered > answered + 50, 'the load runs on');
      assertNoLoss(await load.stop(), 500, galley.stderr());
      assert.ok(pids.size > 20, `each reload has brought workers that answer: ${pids.size}`);
      await until(() => galley.workers().length === 2, 'the old workers end');
    });
  }

  for (const [name, args] of [
    ['wsgi', twoFronts],
    ['asgi', []],
  ] as const) {
    it(`fails none while 50 workers are recycled by --max-requests: ${name} ${args.join(' ')}`, async () => {
      const limits = ['--workers', '4', '--reload-surge', '4', '--max-requests', '20', '--max-requests-jitter', '5'];
      await using managed = await ManagedGalley.start(processApps[name], [...limits, ...args]);
      const answers = new Map<string, number>();
      await using load = managed.load({
        requestsPerSecond: 400,
        answered: ({ body }) => answers.set(body, (answers.get(body) ?? 0) + 1),
      });
      await until(
        () => answers.size >= 52,
        () => `answers of 52 workers, there are ${answers.size}\n${managed.galley.stderr()}`,
        20_000,
      );
      assertNoLoss(await load.stop(), 1_000, managed.galley.stderr());
      await until(() => managed.galley.workers().length === 4, 'the old workers end');
    });
  }

  it('fails none while it is scaled from 1 to 8 and back by "galley scale": wsgi', async () => {
    await using managed = await ManagedGalley.start(processApps.wsgi, ['--workers', '1']);
    const { galley } = managed;
    const scale = (workers: number): Promise<unknown> =>
      run(process.execPath, [launcher, 'scale', String(workers), '--control', managed.folder.file('control.sock')]);
    const pids = new Set<string>();
    await using load = managed.load({ requestsPerSecond: 600, answered: ({ body }) => pids.add(body) });
    await until(() => pids.size === 1, 'the load runs');
    await scale(8);
    await until(() => pids.size === 8, 'all eight answer');
    await scale(1);
    await until(() => galley.workers().length === 1, 'seven end');
    assertNoLoss(await load.stop(), 50, galley.stderr());
    assert.equal(pids.size, 8);
  });

  it('fails none while it is scaled from 1 to 8 and back by SIGTTIN and SIGTTOU: asgi, two front threads', async () => {
    await using managed = await ManagedGalley.start(processApps.asgi, ['--workers', '1', ...twoFronts]);
    const { galley } = managed;
    const pids = new Set<string>();
    await using load = managed.load({ requestsPerSecond: 600, answered: ({ body }) => pids.add(body) });
    for (let workers = 2; workers <= 8; workers++) {
      galley.signal('SIGTTIN');
      await until(() => pids.size === workers, `worker ${workers} answers`);
    }
    for (let workers = 7; workers >= 1; workers--) {
      galley.signal('SIGTTOU');
      await until(() => galley.workers().length === workers, `${workers} workers are left`);
    }
    assertNoLoss(await load.stop(), 50, galley.stderr());
  });
});
