import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../../support/app-folder.ts';
import { testPython } from '../../support/python.ts';
import { until } from '../../support/until.ts';
import { BoundGalley, endingFronts, main } from './bound-galley.ts';

const launcher = fileURLToPath(new URL('../../../bin/galley.js', import.meta.url));
const manager = fileURLToPath(new URL('../../clients/service_manager.py', import.meta.url));

describe('galley, when a front thread has died', () => {
  it('can be upgraded, and deletes the file of its Unix socket at the stop', async () => {
    await using bound = await BoundGalley.start('-b', 'unix:u.sock', '-b', '127.0.0.1:0', '--front-threads', '2');
    const { galley, folder } = bound;
    const url = /http:\/\/\S+/.exec(galley.stderr())?.[0] ?? '';
    const answers = async (): Promise<boolean> => /^\d+$/.test(await bound.get('u.sock'));
    for (const front of [1, 0]) await bound.endFront(front);
    await until(answers, () => `it answers on the Unix socket again\n${galley.stderr()}`);
    const next = await bound.upgrade();
    assert.ok(await answers());
    for (let sent = 0; sent < 10; sent++) {
      const answer = await fetch(url, { headers: { connection: 'close' } });
      assert.match(await answer.text(), /^\d+$/);
    }
    await bound.stopNext(next);
    assert.ok(!existsSync(folder.file('u.sock')));
  });

  it('deletes the file of the Unix socket that the replacement has opened', async () => {
    await using bound = await BoundGalley.start('-b', 'unix:u.sock', '--front-threads', '2');
    await bound.endFront(0);
    await until(
      async () => /^\d+$/.test(await bound.get('u.sock')),
      () => `it answers again\n${bound.galley.stderr()}`,
    );
    assert.equal(await bound.galley.stop(), 0);
    assert.ok(!existsSync(bound.folder.file('u.sock')));
  });

  it('stops for its service manager to start it again, where a socket of that is lost', async () => {
    await using folder = await AppFolder.with({ 'main.py': main });
    const args = ['main:app', '-w', '1', '--front-threads', '2', '--control-socket', 'off', '--python', testPython()];
    const service = spawn(testPython(), [manager, process.execPath, '--', launcher, ...args], {
      cwd: folder.path,
      env: { ...process.env, ...endingFronts(folder) },
    });
    let said = '';
    let log = '';
    service.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    service.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
    try {
      await until(
        () => said.includes('READY=1'),
        () => `it serves\n${log}`,
      );
      await folder.write('0', '');
      await until(
        () => service.exitCode !== null,
        () => `it ends\n${log}`,
      );
      assert.equal(service.exitCode, 1, log);
      assert.match(
        log,
        /front thread 0 died .*Galley stops with exit code 1, for the service manager to start it again/,
      );
      assert.match(said, /STOPPING=1/);
    } finally {
      service.kill('SIGTERM');
    }
  });
});
