import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { until } from '../../support/until.ts';
import { BoundGalley } from './bound-galley.ts';

describe('the file of a Unix socket', () => {
  it('stays for the process that serves on when the one that was to replace it fails', async () => {
    await using bound = await BoundGalley.launch(['-b', 'unix:u.sock', '--control-socket', 'c/control.sock']);
    // Before Galley can have come so far.
    await mkdir(bound.folder.file('c'));
    await bound.galley.says(/^Ready in /m, 20_000);
    rmSync(bound.folder.file('c'), { recursive: true });
    bound.galley.signal('SIGUSR2');
    await bound.galley.says(/Cannot open the control socket.*The upgrade failed/s, 20_000);
    assert.match(await bound.get('u.sock'), /^\d+$/);
    assert.equal(await bound.galley.stop(), 0);
    assert.ok(!existsSync(bound.folder.file('u.sock')), 'it is still this process that deletes it');
  });

  it('goes with the process that an upgrade has started, and not before', async () => {
    await using bound = await BoundGalley.start('-b', 'unix:u.sock');
    const next = await bound.upgrade();
    assert.match(await bound.get('u.sock'), /^\d+$/);
    await bound.stopNext(next);
    assert.ok(!existsSync(bound.folder.file('u.sock')));
  });

  it('does not stay behind where another address cannot be listened on', async () => {
    await using server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { readonly port: number };
    await using bound = await BoundGalley.launch(['-b', 'unix:u.sock', '-b', `127.0.0.1:${port}`]);
    const { code, stderr } = await bound.galley.exited;
    assert.equal(code, 1);
    assert.match(stderr, /another program listens there/);
    assert.ok(!existsSync(bound.folder.file('u.sock')));
  });

  it('does not stay behind after a second stop signal, nor does the control socket', async () => {
    const code = `
import time
def app(environ, start_response):
    print('it has begun', flush=True)
    time.sleep(600)
`;
    const args = ['-b', 'unix:u.sock', '--control-socket', 'control.sock'];
    await using bound = await BoundGalley.launch(args, { 'main.py': code });
    const { galley, folder } = bound;
    await galley.says(/^Ready in /m, 20_000);
    assert.ok(existsSync(folder.file('control.sock')));
    const outcome = bound.get('u.sock');
    await until(() => galley.stdout().includes('it has begun'), 'the request is in the app');
    galley.signal('SIGTERM');
    await galley.says(/SIGTERM: stopping/);
    assert.equal(await galley.stop(), 1);
    assert.equal(await outcome, 'ECONNRESET');
    assert.deepEqual(
      ['u.sock', 'control.sock'].filter((name) => existsSync(folder.file(name))),
      [],
    );
  });
});
