import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppFolder } from '../../support/app-folder.ts';
import { freePorts } from '../../support/free-ports.ts';
import { type Ending, Galley, runGalley } from '../../support/galley.ts';
import { LoadClient } from '../../support/load-client.ts';
import { until } from '../../support/until.ts';
import { assertNoLoss } from '../process-manager/assert-no-loss.ts';
import { ask, testAppBlock } from './config-stage.ts';

for (const threads of [1, 2]) {
  describe(`galley nginx -s reload, with worker_processes ${threads}`, () => {
    it('fails no request of files, texts and apps, keeps what runs where the file is wrong, and quits in order', async () => {
      const [port = 0] = await freePorts(1);
      const text = (round: number, more = ''): string => `
        worker_processes ${threads};
        pid galley.pid;
        error_log error.log notice;
        events {}
        ${testAppBlock('app', 'process_wsgi_app:app', `threads ${1 + (round % 3)};`)}
        http {
          access_log off;
          server {
            listen 127.0.0.1:${port};
            location / { return 200 ${round}; }
            location /app { rewrite .* / break; app_pass app; }
            location = /a.txt { root .; }
            ${more}
          }
        }
      `;
      await using folder = await AppFolder.with({ 'nginx.conf': text(0), 'a.txt': 'a text' });
      const environment = { GALLEY_RUNTIME_DIR: folder.file('runtime') };
      const args = ['nginx', '-p', folder.path, '-c', 'nginx.conf'];
      await using galley = new Galley([...args, '-g', 'daemon off;'], { namePython: false, environment });
      await until(
        () => existsSync(folder.file('galley.pid')),
        () => `the pid file; it says ${galley.stderr()}`,
      );
      const log = (): string => readFileSync(folder.file('error.log'), 'utf8');
      const command = (...more: readonly string[]): Promise<Ending> =>
        runGalley([...args, ...more], { namePython: false, environment });
      await using load = LoadClient.start({
        port,
        keptAlive: 4,
        oneRequest: 4,
        requestsPerSecond: 300,
        paths: [{ path: '/' }, { path: '/app', method: 'POST' }, { path: '/a.txt' }],
      });
      for (let round = 1; round <= 5; round++) {
        await folder.write('nginx.conf', text(round));
        const { code, stderr } = await command('-s', 'reload');
        assert.deepEqual([code, stderr], [0, '']);
        await until(
          async () => (await ask(port, '/')).body === String(round),
          () => `config ${round} in ${log()}`,
        );
      }
      await folder.write('nginx.conf', text(6, '\nlocaton = /x { }'));
      // As nginx, which reads the file before it sends the signal.
      const refused = await command('-s', 'reload');
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /\[emerg\] .*unknown directive "locaton" in .*nginx\.conf:\d+/);
      galley.signal('SIGHUP');
      await until(() => log().includes('unknown directive "locaton"'), 'the reason is logged');
      assert.match(log(), /unknown directive "locaton" in .*nginx\.conf:\d+/);
      assert.equal((await ask(port, '/')).body, '5');
      assertNoLoss(await load.stop(), 200, log());
      await folder.write('nginx.conf', text(7));
      assert.equal((await command('-s', 'quit')).code, 0);
      assert.equal((await galley.exited).code, 0);
      await galley.leavesNothing();
      assert.equal(existsSync(folder.file('galley.pid')), false);
    });
  });
}
