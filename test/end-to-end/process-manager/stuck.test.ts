import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../../support/until.ts';
import { assertNoLoss } from './assert-no-loss.ts';
import { ManagedGalley, type Outcome, processApps } from './managed-galley.ts';

const interfaces = ['wsgi', 'asgi'] as const;

interface Held {
  readonly method: string;
  readonly pid: number;
  readonly outcome: Promise<Outcome>;
}

describe('galley, with a request that hangs in the app', () => {
  for (const name of interfaces) {
    it(`answers it with 504 at the timeout, says where it hangs and harms no other: ${name}`, async () => {
      await using managed = await ManagedGalley.start(processApps[name], ['--workers', '2', '--timeout', '1']);
      const { galley } = managed;
      // While its event loop hangs, a worker cannot answer what it was given: a client with one request at a time is given to the
      // worker that has none.
      const clients = name === 'asgi' ? { keptAlive: 1, oneRequest: 0 } : {};
      await using load = managed.load({ requestsPerSecond: 100, ...clients });
      await until(() => load.report().answered > 20, 'the load runs');
      const [hung] = await Promise.all([
        managed.send('POST', '/spin?x=1'),
        until(() => managed.traces('spun').length === 1, 'the app hangs'),
      ]);
      const stuck = Number(managed.traces('spun')[0]);
      assert.equal(hung.status, 504, galley.stderr());
      assert.ok(hung.tookMs >= 1_000 && hung.tookMs < 2_500, `the answer came after ${hung.tookMs} ms`);

      await galley.says(/POST \/spin\?x=1/);
      await galley.says(new RegExp(`process_${name}_app\\.py", line \\d+,? in spin`));
      const event = galley.stderr();
      assert.match(event, new RegExp(`pid=${stuck}\\b`));
      assert.match(event, /request=\w+/);

      // An exception has freed the thread of a WSGI worker, and may have left something locked there.
      await until(
        async () => {
          const { workers } = await managed.status();
          const areReady = workers.length === 2 && workers.every(({ state }) => state === 'ready');
          return areReady && workers.every(({ pid }) => pid !== stuck);
        },
        () => `two workers that answer\n${galley.stderr()}`,
        15_000,
      );
      const { answered } = load.report();
      await until(() => load.report().answered > answered + 50, 'the load runs on');
      assertNoLoss(await load.stop(), 70, galley.stderr());
    });
  }

  it('replaces a worker whose thread no exception frees: wsgi', async () => {
    const args = ['--workers', '1', '--threads', '2', '--timeout', '1'];
    await using managed = await ManagedGalley.start(processApps.wsgi, args);
    const { galley } = managed;
    const [before] = galley.workers();
    assert.equal((await managed.send('POST', '/spin-on')).status, 504);
    await until(
      () => galley.workers().length === 1 && galley.workers()[0] !== before,
      () => `a new worker\n${galley.stderr()}`,
      15_000,
    );
    assert.deepEqual((await managed.send('GET', '/')).status, 200);
  });
});

describe('galley, with a worker that is killed from within', () => {
  for (const name of interfaces) {
    it(`answers that request with 502, names the signal, and sends what may be sent again elsewhere: ${name}`, async () => {
      await using managed = await ManagedGalley.start(processApps[name], ['--workers', '2', '--threads', '16']);
      const { galley } = managed;
      // What is with the worker is lost but for what may be sent again.
      await using load = managed.load({ paths: [{ path: '/' }] });
      const held: Held[] = [];
      const holders = (method: string): number =>
        new Set(held.filter((each) => each.method === method).map(({ pid }) => pid)).size;
      // Until both workers have some of both.
      while (holders('GET') < 2 || holders('POST') < 2) {
        const method = held.length % 2 === 0 ? 'GET' : 'POST';
        held.push({ method, ...(await managed.hold(method, String(held.length))) });
      }
      const killed = await managed.send('POST', '/kill');
      const [victim] = managed.traces('killed').map(Number);
      assert.equal(killed.status, 502, galley.stderr());
      await galley.says(new RegExp(`killed by SIGKILL.*pid=${victim}\\b`));

      await managed.release();
      for (const { method, pid, outcome } of held) {
        const { status, body } = await outcome;
        assert.equal(status, method === 'POST' && pid === victim ? 502 : 200, galley.stderr());
        if (method === 'GET') assert.equal(Number(body) === pid, pid !== victim, 'another worker has answered it');
      }
      const { answered } = load.report();
      await until(() => load.report().answered > answered + 50, 'the load runs on');
      assertNoLoss(await load.stop(), 50, galley.stderr());
      await until(() => galley.workers().length === 2, 'a new worker takes its place');
    });

    it(`sends a GET that kills its worker once more and no more: ${name}`, async () => {
      await using managed = await ManagedGalley.start(processApps[name], ['--workers', '3']);
      const { status } = await managed.send('GET', '/kill');
      assert.equal(status, 502);
      assert.equal(managed.traces('killed').length, 2);
      assert.equal((await managed.send('GET', '/')).status, 200);
      assert.equal(managed.traces('killed').length, 2);
    });
  }
});
