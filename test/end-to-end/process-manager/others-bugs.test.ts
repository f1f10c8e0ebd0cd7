import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { percentile } from '../../support/load-report.ts';
import { RawClient } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';
import { assertNoLoss } from './assert-no-loss.ts';
import { ManagedGalley, processApps } from './managed-galley.ts';

const interfaces = ['wsgi', 'asgi'] as const;
const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** What was reported of gunicorn: https://github.com/benoitc/gunicorn/issues and the number. */
describe('galley has not what is reported of others', () => {
  for (const name of interfaces) {
    it(`3038: clients with kept-alive connections lose requests while workers are recycled: ${name}`, async () => {
      await using managed = await ManagedGalley.start(processApps[name], ['--workers', '1', '--max-requests', '10']);
      const pids = new Set<string>();
      await using load = managed.load({
        keptAlive: 16,
        oneRequest: 0,
        requestsPerSecond: 400,
        answered: ({ body }) => pids.add(body),
      });
      await until(
        () => pids.size >= 8,
        () => `eight workers answer, ${pids.size} did\n${managed.galley.stderr()}`,
      );
      const report = await load.stop();
      assertNoLoss(report, 70, managed.galley.stderr());
      assert.equal(report.connections, 16, 'no client had to connect again');
    });
  }

  for (const [name, fronts] of [
    ['wsgi', '1'],
    ['asgi', '1'],
    ['wsgi', '2'],
  ] as const) {
    it(`2529: a request that has been received when SIGTERM arrives is not answered: ${name}, ${fronts} front threads`, async () => {
      const args = ['--workers', '1', '--front-threads', fronts];
      await using managed = await ManagedGalley.start(processApps[name], args);
      const { galley } = managed;
      const kept = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(galley.port)));
      for (const client of kept) {
        client.send(get);
        await client.sees(/\r\n\r\n\d+$/);
        client.received = '';
      }
      const silent = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(galley.port)));

      // While it does not run, the kernel takes requests, and even connections, in its name.
      galley.signal('SIGSTOP');
      const late = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(galley.port)));
      const clients = [...kept, ...silent, ...late];
      for (const client of clients) client.send(get);
      await until(() => clients.every(({ socket }) => socket.writableLength === 0), 'the kernel has the requests');
      galley.signal('SIGTERM');
      galley.signal('SIGCONT');

      const answers = await Promise.all(clients.map((client) => client.all()));
      for (const [index, answer] of answers.entries()) {
        const what = index < 10 ? 'kept-alive' : index < 20 ? 'silent until now' : 'not accepted yet';
        assert.match(answer, /^HTTP\/1\.1 200 /, `the connection was ${what}\n${galley.stderr()}`);
        assert.ok(clients[index]!.ended, 'the connection is ended in order');
      }
      assert.equal((await galley.exited).code, 0);
      await galley.leavesNothing();
    });
  }

  for (const name of interfaces) {
    it(`idle kept-alive connections, 64 for each request that a worker takes, keep others waiting: ${name}`, async () => {
      const args = ['--workers', '1', '--threads', '2', '--concurrency', '2'];
      await using managed = await ManagedGalley.start(processApps[name], args);
      const { galley } = managed;
      const idle = await Promise.all(Array.from({ length: 128 }, () => RawClient.connect(galley.port)));
      for (const client of idle) client.send(get);
      await Promise.all(idle.map((client) => client.sees(/\r\n\r\n\d+$/)));

      await using load = managed.load({ paths: [{ path: '/' }] });
      await until(() => load.report().answered > 100, 'others are answered');
      galley.signal('SIGHUP');
      await galley.says(/reloaded in/);
      const { answered } = load.report();
      await until(() => load.report().answered > answered + 100, 'others are answered after a reload');
      const report = await load.stop();
      assertNoLoss(report, 200, galley.stderr());
      const p99 = percentile(report.latenciesMs.get('/')!, 0.99);
      assert.ok(p99 < 500, `p99 of the others: ${p99} ms`);

      const { inFlight, queue } = await managed.status();
      assert.deepEqual([inFlight, queue.depth], [0, 0]);
      for (const client of idle) {
        assert.equal(client.closed || client.ended, false, 'an idle connection is left open');
        client.received = '';
        client.send(get);
      }
      await Promise.all(idle.map((client) => client.sees(/^HTTP\/1\.1 200 /)));
      for (const client of idle) client.destroy();
    });
  }
});
