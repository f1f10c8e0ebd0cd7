import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';
import { RawWebSocket } from '../support/raw-websocket.ts';
import { until } from '../support/until.ts';

const folder = fileURLToPath(new URL('../apps', import.meta.url));

describe('an open WebSocket', () => {
  let galley: Galley;
  const sockets: RawWebSocket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await galley[Symbol.asyncDispose]();
  });

  async function start(...args: string[]): Promise<void> {
    galley = await startGalley('pid_websocket_app:app', { cwd: folder, args: ['--workers', '1', ...args] });
  }

  async function open(): Promise<RawWebSocket> {
    const socket = await RawWebSocket.open(galley.port);
    assert.equal(socket.status, 101);
    sockets.push(socket);
    return socket;
  }

  /** The process that answers on it. */
  async function pid(socket: RawWebSocket): Promise<number> {
    socket.text('who?');
    return Number((await socket.next()).payload);
  }

  it('stays on its worker through a reload until the graceful timeout, then is closed with 1012', async () => {
    await start('--graceful-timeout', '1');
    const socket = await open();
    const before = await pid(socket);
    galley.signal('SIGHUP');
    await galley.says(/reloaded in/);
    assert.notEqual(await pid(await open()), before);
    assert.equal(await pid(socket), before);
    assert.deepEqual(await socket.closed(), [1012, '']);
    await until(() => /closed with 1012/.test(galley.stdout()), 'the app is told');
    socket.close(1012);
    await until(() => !galley.workers().includes(before), 'the old worker ends');
    assert.doesNotMatch(galley.stderr(), /are killed/);
  });

  it('lets its worker end as soon as it is closed', async () => {
    await start('--graceful-timeout', '60');
    const socket = await open();
    const before = await pid(socket);
    galley.signal('SIGHUP');
    await galley.says(/reloaded in/);
    socket.close(1000);
    await until(() => !galley.workers().includes(before), 'the old worker ends');
  });

  it('is closed with 1012 when the server stops, which then ends at once', async () => {
    await start('--graceful-timeout', '60');
    const socket = await open();
    const stopped = galley.stop();
    assert.deepEqual(await socket.closed(), [1012, '']);
    socket.close(1012);
    socket.client.end();
    assert.equal(await stopped, 0);
    assert.match(galley.stdout(), /closed with 1012/);
  });

  it('is closed with 1011 when its worker dies', async () => {
    await start();
    const socket = await open();
    process.kill(await pid(socket), 'SIGKILL');
    assert.deepEqual(await socket.closed(), [1011, '']);
  });

  it('is in the access log once it is over, with status 101 and the bytes it sent', async () => {
    await start();
    const socket = await open();
    const { length } = String(await pid(socket));
    socket.close(1000);
    await socket.client.all();
    await until(
      () => galley.stdout().includes(`"GET / HTTP/1.1" 101 ${length} `),
      () => galley.stdout(),
    );
  });
});
