import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { OpenLoad } from './cases.ts';
import { opcode, serverFrame } from './load/frames.ts';
import { OpenConnections, type OpenResult } from './open-connections.ts';

const never = new AbortController().signal;

const agreed = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';

/** Opens connections at a server and closes them; to a WebSocket's handshake it answers with `upgraded`. */
async function hold(load: OpenLoad, listener: RequestListener, upgraded: string = agreed): Promise<OpenResult> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  server.on('upgrade', (_, socket) => socket.write(upgraded, 'latin1'));
  await once(server, 'listening');
  try {
    using open = await OpenConnections.open(load, (server.address() as AddressInfo).port, never);
    return await open.close();
  } finally {
    server.close();
  }
}

describe('OpenConnections', () => {
  it('counts the events of event streams', async () => {
    const load: OpenLoad = { kind: 'open', protocol: 'event-stream', connections: 3 };
    const result = await hold(load, (_, response) => response.write('data: 1\n\ndata: 2\n\n'));
    assert.deepEqual(result, { lost: 0, events: 6 });
  });

  it('holds WebSockets that say nothing', async () => {
    const load: OpenLoad = { kind: 'open', protocol: 'websocket', connections: 60 };
    assert.deepEqual(await hold(load, () => {}), { lost: 0, events: 0 });
  });

  it('refuses more connections than a process may have', async () => {
    const load: OpenLoad = { kind: 'open', protocol: 'websocket', connections: 2 ** 31 };
    await assert.rejects(
      hold(load, () => {}),
      /Cannot hold 2147483648 connections: a process may open \d+ files; raise that by "ulimit -n \d+"/,
    );
  });

  it('counts a WebSocket as lost on which a message came', async () => {
    const load: OpenLoad = { kind: 'open', protocol: 'websocket', connections: 3 };
    const message = serverFrame(opcode.text, Buffer.from('Hello')).toString('latin1');
    assert.deepEqual(await hold(load, () => {}, agreed + message), { lost: 3, events: 0 });
  });

  it('rejects with what a server said that refuses', async () => {
    const load: OpenLoad = { kind: 'open', protocol: 'event-stream', connections: 3 };
    await assert.rejects(
      hold(load, (_, response) => response.writeHead(503).end('full')),
      /Cannot hold the connections: .*HTTP\/1\.1 503/s,
    );
  });
});
