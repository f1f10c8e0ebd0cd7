import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { isRunning } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { BoundGalley } from './bound-galley.ts';
import { ManagedGalley, processApps } from './managed-galley.ts';

/** Its import ends once there is a file of that name. */
const slowImport = `
import os, time
open('importing', 'w').close()
while not os.path.exists('go-on'):
    time.sleep(0.01)
def app(environ, start_response):
    start_response('200 OK', [])
    return [b'here']
`;

describe('signals that do not stop galley', () => {
  it('neither kill nor suspend it during the start; it scales after it', async () => {
    await using bound = await BoundGalley.launch(['--port', '0'], { 'main.py': slowImport });
    const { galley, folder } = bound;
    await until(
      () => existsSync(folder.file('importing')),
      () => `the import has begun\n${galley.stderr()}`,
    );
    galley.signal('SIGUSR2');
    await galley.says(/SIGUSR2: nothing is done, Galley is still starting/);
    galley.signal('SIGTTIN');
    await folder.write('go-on', '');
    await galley.says(/^Ready in /m, 20_000);
    await until(() => galley.workers().length === 2, 'there is one worker more');
    assert.equal(await galley.stop(), 0);
  });

  it('do nothing while it stops, nor do commands', async () => {
    await using managed = await ManagedGalley.start(processApps.wsgi, ['--workers', '1']);
    const { galley } = managed;
    const { outcome } = await managed.hold('GET', 'one');
    galley.signal('SIGTERM');
    await galley.says(/SIGTERM: stopping/);
    for (const signal of ['SIGHUP', 'SIGTTIN', 'SIGUSR2'] as const) {
      galley.signal(signal);
      await galley.says(new RegExp(`${signal}: nothing is done, Galley is stopping`));
    }
    const { status, body } = await managed.control('POST', '/reload');
    assert.deepEqual([status, JSON.parse(body)], [409, { ok: false, text: 'Galley is stopping' }]);
    await managed.release();
    assert.equal((await outcome).status, 200);
    assert.equal((await galley.exited).code, 0);
  });
});

describe('galley, replaced and with a request under way', () => {
  it('lets it end after one stop signal, and does not after another', async () => {
    await using managed = await ManagedGalley.start(processApps.wsgi, ['--workers', '1']);
    const { galley } = managed;
    const first = await managed.hold('GET', 'one');
    galley.signal('SIGUSR2');
    await galley.says(/has taken over: stopping/, 20_000);
    const [, next] = /process (\d+) has taken over/.exec(galley.stderr()) ?? [];
    galley.signal('SIGTERM');
    await galley.says(/SIGTERM: Galley is stopping already, a second signal ends/);
    assert.ok(isRunning(galley.pid));
    galley.signal('SIGTERM');
    assert.equal((await galley.exited).code, 1);
    assert.equal((await first.outcome).status, 0, 'it was cut');
    process.kill(Number(next), 'SIGTERM');
    await galley.leavesNothing();
  });
});
