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
const maxOnTheWay = 32 * megabyte;

/** More memory than when idle, in bytes. */
interface Growth {
  readonly front: number;
  readonly worker: number;
}

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

    const growth = (): Growth => {
      const [front = 0, worker = 0] = [...idle].map(([pid, before]) => residentBytes(pid) - before);
      return { front, worker };
    };
    const assertFlat = ({ front, worker }: Growth): void => {
      assert.ok(front < maxGrowth, `the front grew by ${Math.round(front / megabyte)} MB`);
      assert.ok(worker < maxGrowth, `the worker grew by ${Math.round(worker / megabyte)} MB`);
    };

    it('lets the app wait when the client reads nothing, and tells it when the client leaves', async () => {
      const client = await StreamClient.open(galley.port, `GET /download?${total} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await client.read(1);
      await standsStill(async () => (await counts(galley)).sent);
      const { sent } = await counts(galley);
      assert.ok(sent < maxOnTheWay, `the app could send ${sent} bytes though nothing was read`);
      assertFlat(growth());
      client.destroy();
      await until(async () => (await counts(galley)).freed === 1, 'the app is told that the client left');
    });

    it('lets the client wait when it does not read the echo of what it sends', async () => {
      const client = await StreamClient.open(galley.port, postHead('/echo', total), total);
      await standsStill(() => client.bytesSent);
      assert.ok(client.bytesSent < maxOnTheWay, `${client.bytesSent} bytes were taken though nothing was read`);
      assertFlat(growth());
      client.destroy();
    });

    it('lets the client wait when the app reads nothing', async () => {
      const client = await StreamClient.open(galley.port, postHead('/late-reader', total), total);
      await standsStill(() => client.bytesSent);
      assert.ok(client.bytesSent < maxOnTheWay, `${client.bytesSent} bytes were taken though the app read nothing`);
      assertFlat(growth());
      await fetch(`${galley.url}/release`);
      const answer = (await client.read(1)).toString();
      assert.match(answer, new RegExp(`^HTTP/1.1 200 OK\r\n.*\r\n\r\n${total}$`, 's'));
      client.destroy();
    });

    const peak = { front: 0, worker: 0 };

    it('echoes 100 MB to a client that reads in small steps', async () => {
      const client = await StreamClient.open(galley.port, postHead('/echo', total), total);
      const head = (await client.read(1)).indexOf('\r\n\r\n') + 4;
      while (client.bytesRead < head + total) {
        const before = client.bytesRead;
        await client.read(Math.min(megabyte, head + total - before));
        assert.ok(client.bytesRead > before, `the answer ended after ${before} bytes`);
        const { front, worker } = growth();
        peak.front = Math.max(peak.front, front);
        peak.worker = Math.max(peak.worker, worker);
      }
      client.destroy();
    });

    it('did so in flat memory in the worker', () => {
      assertFlat({ ...peak, front: 0 });
    });

    it('did so in flat memory in the front', () => {
      assertFlat({ ...peak, worker: 0 });
    });
  });
}

function postHead(path: string, length: number): string {
  return `POST ${path}?${length} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
}

/** What the app counted in /download: the bytes it sent, and the requests that ended before all was sent. */
async function counts(galley: Galley): Promise<{ sent: number; freed: number }> {
  const [sent = 0, freed = 0] = (await (await fetch(`${galley.url}/counts`)).text()).split(' ').map(Number);
  return { sent, freed };
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
