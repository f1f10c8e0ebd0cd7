import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { FloodCounts } from './flood-counts.ts';
import type { FloodEnd } from './http2-floods.ts';

/** What harms a server before there is any HTTP. */
export interface TlsFlood {
  readonly name: string;
  readonly end: FloodEnd;
  readonly connections: number;
  /** One connection, until the server ends it or the time is over. */
  readonly connect: (port: number, counts: FloodCounts) => Promise<void>;
}

export const tlsFloods: readonly TlsFlood[] = [
  {
    name: 'a ClientHello byte by byte',
    end: 'slow',
    connections: 100,
    async connect(port, counts) {
      const hello = await clientHello();
      await sendTo(port, counts, async (write, isOver) => {
        for (const byte of hello.subarray(0, -1)) {
          if (isOver()) return;
          write(Buffer.from([byte]));
          await delay(100);
        }
      });
    },
  },
  {
    name: 'handshakes half done',
    end: 'slow',
    connections: 500,
    async connect(port, counts) {
      const hello = await clientHello();
      await sendTo(port, counts, async (write) => write(hello));
    },
  },
  {
    name: 'no ClientHello',
    end: 'slow',
    connections: 500,
    connect: (port, counts) => sendTo(port, counts, async () => {}),
  },
  {
    name: 'what is no handshake',
    end: 'closed',
    connections: 4,
    connect: (port, counts) =>
      sendTo(port, counts, async (write) =>
        write(Buffer.concat([Buffer.from([22, 3, 1, 64, 0]), Buffer.alloc(16_384)])),
      ),
  },
  {
    name: 'renegotiation (TLS 1.2)',
    end: 'closed',
    connections: 2,
    connect: renegotiate,
  },
];

let made: Promise<Buffer> | undefined;

/** The first message of a client of TLS 1.3. */
function clientHello(): Promise<Buffer> {
  made ??= new Promise((resolve) => {
    const nowhere = new Duplex({ read() {}, write: (chunk: Buffer) => resolve(chunk) });
    connectTls({ socket: nowhere, servername: 'a.test', ALPNProtocols: ['h2'] }).on('error', () => {});
  });
  return made;
}

/** Sends what it is told to on a connection, and waits for its end. */
async function sendTo(
  port: number,
  counts: FloodCounts,
  send: (write: (bytes: Buffer) => void, isOver: () => boolean) => Promise<void>,
): Promise<void> {
  const socket = connectTcp({ port, host: '127.0.0.1' });
  let isOver = false;
  counts.connections++;
  socket.on('error', () => {});
  socket.resume();
  const closed = once(socket, 'close').catch(() => {});
  void closed.then(() => {
    isOver = true;
    if (!counts.isOver) counts.closed++;
  });
  await send(
    (bytes) => {
      counts.sent++;
      socket.write(bytes);
    },
    () => isOver || counts.isOver,
  );
  await counts.over(closed);
  socket.destroy();
}

/** Asks for another handshake again and again. */
async function renegotiate(port: number, counts: FloodCounts): Promise<void> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
  });
  let isOver = false;
  counts.connections++;
  socket.on('error', () => {});
  const closed = once(socket, 'close').catch(() => {});
  void closed.then(() => {
    isOver = true;
    if (!counts.isOver) counts.closed++;
  });
  await Promise.race([once(socket, 'secureConnect').catch(() => {}), closed]);
  socket.resume();
  while (!isOver && !counts.isOver) {
    counts.sent++;
    await Promise.race([new Promise<void>((resolve) => socket.renegotiate({}, () => resolve())), closed, delay(1_000)]);
    await delay(1);
  }
  socket.destroy();
}
