import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RawClient } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';
import { ManagedGalley, processApps } from './managed-galley.ts';

const queued = 20;
const oneAtATime = ['--workers', '1', '--threads', '1', '--concurrency', '1'];

/** One request in the app and 20 in the queue, each on a connection that its client wants to keep. */
async function fillQueue(managed: ManagedGalley): Promise<readonly RawClient[]> {
  const clients: RawClient[] = [];
  const send = async (path: string): Promise<void> => {
    const client = await RawClient.connect(managed.galley.port);
    clients.push(client);
    client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  };
  await send('/hold?first');
  await until(() => managed.holder('first') > 0, 'the first request is in the app');
  for (let count = 0; count < queued; count++) await send('/');
  await until(async () => (await managed.status()).queue.depth === queued, 'the others are queued');
  return clients;
}

/** The statuses of the answers, each whole and with `connection: close`, after which the server has ended its side in order. */
async function statusesOf(clients: readonly RawClient[]): Promise<readonly number[]> {
  return Promise.all(
    clients.map(async (client) => {
      const answer = await client.all();
      assert.ok(client.ended, `a reset after ${JSON.stringify(answer)}`);
      const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(answer) ?? [];
      const [, length] = /^content-length: (\d+)\r$/im.exec(answer) ?? [];
      assert.match(answer, /^connection: close\r$/im);
      assert.equal(answer.length - answer.indexOf('\r\n\r\n') - 4, Number(length), answer);
      return Number(status);
    }),
  );
}

describe('galley, told to stop with requests in its queue', () => {
  for (const [name, target, args] of [
    ['wsgi', processApps.wsgi, []],
    ['asgi', processApps.asgi, []],
    ['wsgi, two front threads', processApps.wsgi, ['--front-threads', '2']],
  ] as const) {
    it(`answers them all when the time suffices: ${name}`, async () => {
      await using managed = await ManagedGalley.start(target, [...oneAtATime, ...args]);
      const clients = await fillQueue(managed);
      managed.galley.signal('SIGTERM');
      await managed.galley.says(/SIGTERM: stopping/);
      await managed.release();
      assert.deepEqual(new Set(await statusesOf(clients)), new Set([200]));
      assert.equal((await managed.galley.exited).code, 0);
      await managed.galley.leavesNothing();
    });

    it(`answers them with 503 when it does not, and resets none: ${name}`, async () => {
      const grace = ['--graceful-timeout', '0.5'];
      await using managed = await ManagedGalley.start(target, [...oneAtATime, ...grace, ...args]);
      const clients = await fillQueue(managed);
      managed.galley.signal('SIGTERM');
      assert.deepEqual(new Set(await statusesOf(clients)), new Set([503]));
      assert.equal((await managed.galley.exited).code, 0);
      await managed.galley.leavesNothing();
    });
  }
});
