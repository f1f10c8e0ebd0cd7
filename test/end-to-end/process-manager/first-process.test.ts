import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../../support/app-folder.ts';
import { testPython } from '../../support/python.ts';
import { until } from '../../support/until.ts';

const launcher = fileURLToPath(new URL('../../../bin/galley.js', import.meta.url));
const namespace = ['--pid', '--fork', '--mount-proc', '--kill-child'];
const canUnshare = spawnSync('unshare', [...namespace, 'true']).status === 0;
const skip = !canUnshare && 'needs the right to make a process namespace';

/** Starts what outlives its parent for a moment, and tells the processes of the namespace that nobody has reaped. */
const main = `
import os, time
def zombies():
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/stat') as file:
                if file.read().rpartition(')')[2].split()[0] == 'Z':
                    yield pid
        except OSError:
            pass
def app(environ, start_response):
    if environ['PATH_INFO'] == '/daemon':
        child = os.fork()
        if child == 0:
            if os.fork() == 0:
                time.sleep(0.05)
            os._exit(0)
        os.waitpid(child, 0)
    start_response('200 OK', [('content-type', 'text/plain')])
    return [' '.join(zombies()).encode()]
`;

describe('galley as process 1', { skip }, () => {
  it('leaves no zombies, and ends on SIGTERM', async () => {
    await using folder = await AppFolder.with({ 'main.py': main });
    const command = [process.execPath, '--', launcher, 'main:app', '--port', '0', '-w', '2', '--python', testPython()];
    const child = spawn('unshare', [...namespace, ...command, '--control-socket', 'off'], { cwd: folder.path });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
    try {
      await until(
        () => log.includes('Ready'),
        () => `it serves\n${log}`,
      );
      const url = /Address {2}(\S+)/.exec(log)?.[1];
      const get = async (path: string): Promise<string> => (await fetch(url + path)).text();
      for (let count = 0; count < 5; count++) await get('/daemon');
      await until(async () => (await get('/')) === '', 'all are reaped');
      const first = childOf(child.pid ?? 0);
      process.kill(first, 'SIGUSR2');
      await until(
        () => /Cannot upgrade: Galley is process 1/.test(log),
        () => `it refuses to be replaced\n${log}`,
      );
      process.kill(first, 'SIGTERM');
      await until(
        () => child.exitCode !== null,
        () => `it ends\n${log}`,
      );
      assert.equal(child.exitCode, 0, log);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

function childOf(parent: number): number {
  const child = readdirSync('/proc').find((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const [, fields = ''] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ');
      return Number(fields.split(' ')[1]) === parent;
    } catch {
      return false; // it has ended
    }
  });
  return Number(child);
}
