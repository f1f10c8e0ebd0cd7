import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../../support/app-folder.ts';
import { testPython } from '../../support/python.ts';
import { until } from '../../support/until.ts';

const launcher = fileURLToPath(new URL('../../../bin/galley.js', import.meta.url));

const main = `
def app(environ, start_response):
    start_response('200 OK', [])
    return [b'here']
`;

describe('galley with a low limit of open files', () => {
  it('says so, and ends the longest idle of more connections than it can have', async () => {
    await using folder = await AppFolder.with({ 'main.py': main });
    const command = [process.execPath, '--', launcher, 'main:app', '--port', '0', '-w', '1', '--python', testPython()];
    const script = 'ulimit -n 200; exec "$@"';
    const galley = spawn('sh', ['-c', script, 'sh', ...command, '--control-socket', 'off'], { cwd: folder.path });
    let log = '';
    galley.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
    const exited = once(galley, 'exit');
    const clients: Socket[] = [];
    try {
      await until(
        () => log.includes('Ready'),
        () => `it serves\n${log}`,
      );
      assert.match(log, /warn .*at most 136 client connections at a time: the limit of open files is 200 /);
      const url = /Address {2}(\S+)/.exec(log)?.[1] ?? '';
      const { port, hostname } = new URL(url);
      for (let count = 0; count < 300; count++) {
        const client = connect(Number(port), hostname);
        client.on('error', () => {});
        clients.push(client);
        await once(client, 'connect');
      }
      await until(
        async () => (await answer(url)) === 'here',
        () => `a new client gets in, in place of one that is idle\n${log}`,
      );
    } finally {
      for (const client of clients) client.destroy();
      galley.kill('SIGTERM');
    }
    assert.deepEqual(await exited, [0, null], log);
  });
});

async function answer(url: string): Promise<string | undefined> {
  try {
    return await (await fetch(url, { headers: { connection: 'close' } })).text();
  } catch {
    return undefined;
  }
}
