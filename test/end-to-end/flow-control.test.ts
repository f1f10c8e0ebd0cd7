import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';
import { residentBytes } from '../support/processes.ts';
import { StreamClient } from '../support/stream-client.ts';
import { until } from '../support/until.ts';

const megabyte = 1024 * 1024;
const total = 100 * megabyte;
/** How much more memory than when idle the front and each worker may take. */
const maxGrowth = 32 * megabyte;
/** What the sockets' buffers in the kernel and the windows of the worker protocol can hold between client and app. */
const maxOnTheWay = 24 * megabyte;

const apps = fileURLToPath(new URL('../apps', import.meta.url));

for (const [name, target] of [
  ['ASGI', 'flow_asgi_app:app'],
  ['WSGI', 'flow_wsgi_app:app'],
] as const) {
  describe(`flow control with ${name}`, () => {
    let galley: Galley;
    let idle: Map<number, number>;
    before(async () => {
      galley = await startGalley(target, { cwd: apps, args: ['--workers', '1'] });
      const warm = await StreamClient.open(galley.port, postHead('/echo', megabyte), megabyte);
      await warm.read(megabyte);
      warm.destroy();
      idle = new Map([galley.pid, ...galley.workers()].map((pid) => [pid, residentBytes(pid)]));
      assert.equal(idle.size, 2);
    });
    after(async () => {
      await galley?.stop('SIGKILL');
    });

    const assertFlat = (when: string): void => {
      for (const [pid, before] of idle) {
        const growth = residentBytes(pid) - before;
        const who = pid === galley.pid ? 'the front' : 'the worker';
        assert.ok(growth < maxGrowth, `${who} grew by ${Math.round(growth / megabyte)} MB ${when}`);
      }
    };

    it('echoes 100 MB to a client that reads in small steps, in flat memory', async () => {
      const client = await StreamClient.open(galley.port, postHead('/echo', total), total);
      await standsStill(() => client.bytesSent);
      assert.ok(client.bytesSent < 2 * maxOnTheWay, `${client.bytesSent} bytes were taken though nothing was read`);
      assertFlat('while the client read nothing');
      const head = (await client.read(1)).indexOf('\r\n\r\n') + 4;
      while (client.bytesRead < head + total) {
        const before = client.bytesRead;
        await client.read(Math.min(megabyte, head + total - before));
        assert.ok(client.bytesRead > before, `the answer ended after ${before} bytes`);
        assertFlat(`when ${client.bytesRead} bytes were read`);
      }
      client.destroy();
    });

    it('lets the app wait when the client reads nothing, and frees it when the client leaves', async () => {
      const before = (await counts(galley)).sent;
      const client = await StreamClient.open(galley.port, `GET /download?${total} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await client.read(1);
      await standsStill(async () => (await counts(galley)).sent);
      const sent = (await counts(galley)).sent - before;
      assert.ok(sent < maxOnTheWay, `the app could send ${sent} bytes though nothing was read`);
      assertFlat('while the client read nothing');
      client.destroy();
      await until(() => / 200 \d+ .*\n$/.test(galley.stdout()) && /download/.test(galley.stdout()), 'the log line');
      const last = (await counts(galley)).sent - before;
      assert.ok(last < maxOnTheWay, `the app could send ${last} bytes to a client that had left`);
    });

    it('lets the client wait when the app reads nothing', async () => {
      const client = await StreamClient.open(galley.port, postHead('/late-reader', total), total);
      await standsStill(() => client.bytesSent);
      assert.ok(client.bytesSent < maxOnTheWay, `${client.bytesSent} bytes were taken though the app read nothing`);
      assertFlat('while the app read nothing');
      await fetch(`${galley.url}/release`);
      const answer = (await client.read(1)).toString();
      assert.match(answer, new RegExp(`^HTTP/1.1 200 OK\r\n.*\r\n\r\n${total}$`, 's'));
      assertFlat('after the app read all');
      client.destroy();
    });
  });
}

function postHead(path: string, length: number): string {
  return `POST ${path}?${length} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
}

/** What the app counted: bytes of bodies it took in /late-reader and sent in /download. */
async function counts(galley: Galley): Promise<{ taken: number; sent: number }> {
  const [taken = 0, sent = 0] = (await (await fetch(`${galley.url}/counts`)).text()).split(' ').map(Number);
  return { taken, sent };
}

/** Resolves once the count was the same for 40 looks in a row. */
async function standsStill(count: () => number | Promise<number>): Promise<void> {
  let last = -1;
  let same = 0;
  await until(
    async () => {
      const now = await count();
      same = now === last ? same + 1 : 0;
      last = now;
      return same === 40;
    },
    () => `${last} stands still`,
  );
}
