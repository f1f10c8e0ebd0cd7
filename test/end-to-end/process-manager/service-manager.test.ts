import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../../support/app-folder.ts';
import { testPython } from '../../support/python.ts';
import { until } from '../../support/until.ts';

const launcher = fileURLToPath(new URL('../../../bin/galley.js', import.meta.url));
const manager = fileURLToPath(new URL('../../clients/service_manager.py', import.meta.url));

const main = `
import os
def app(environ, start_response):
    start_response('200 OK', [('content-type', 'text/plain')])
    return [' '.join(name for name in os.environ if name.startswith(('NOTIFY_', 'WATCHDOG_', 'LISTEN_'))).encode()]
`;

describe('galley as a service of systemd', () => {
  it('listens on the socket that it is given, and tells how it does', async () => {
    await using folder = await AppFolder.with({ 'main.py': main });
    const command = [process.execPath, '--', launcher, 'main:app', '-w', '1', '--python', testPython()];
    const service = spawn(testPython(), [manager, ...command, '--control-socket', 'off', '--no-access-log'], {
      cwd: folder.path,
    });
    const exited = once(service, 'exit');
    const lines: string[] = [];
    createInterface({ input: service.stdout }).on('line', (line) => lines.push(line));
    let log = '';
    service.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
    try {
      const said = (): string[] => lines.slice(1).map((line) => JSON.parse(line) as string);
      const says = (text: string, times = 1): Promise<void> =>
        until(
          () => said().filter((message) => message.includes(text)).length >= times,
          () => `${text}, not only ${said().join('|')}\n${log}`,
        );
      await says('READY=1');
      assert.match(said()[0] ?? '', /^READY=1\nMAINPID=\d+\nSTATUS=main:app on .*, 1 worker$/);
      const answer = await fetch(`http://127.0.0.1:${lines[0]}/`);
      assert.deepEqual([answer.status, await answer.text()], [200, ''], 'the app sees none of the variables');
      await says('WATCHDOG=1', 3);
      service.kill('SIGHUP');
      await says('RELOADING=1\nMONOTONIC_USEC=');
      await says('READY=1', 2);
      service.kill('SIGTERM');
      await says('STOPPING=1');
      assert.deepEqual(await exited, [0, null]);
    } finally {
      service.kill('SIGTERM');
    }
  });
});
