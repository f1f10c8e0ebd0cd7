import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { type LoadAnswer, LoadClient, type LoadOptions } from './load-client.ts';
import { type FailureCause, type LoadReport, percentile } from './load-report.ts';
import { until } from './until.ts';

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** A server that does as it is told for each request, which is given with its number on its connection. */
class ScriptedServer {
  readonly #server: Server;
  readonly open: Set<Socket> = new Set();
  connections = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(respond: (socket: Socket, number: number, head: string) => void): Promise<ScriptedServer> {
    const server = createServer();
    const scripted = new ScriptedServer(server);
    server.on('connection', (socket) => {
      scripted.connections++;
      scripted.open.add(socket);
      let number = 0;
      socket.setEncoding('latin1').on('data', (head: string) => respond(socket, ++number, head));
      socket.on('error', () => {});
      socket.on('close', () => scripted.open.delete(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return scripted;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.open) socket.destroy();
    await once(this.#server, 'close');
  }
}

/** Once the client has read what was written before. */
function resetLater(socket: Socket): void {
  setTimeout(() => socket.resetAndDestroy(), 20);
}

const oneKeptAlive = { keptAlive: 1, oneRequest: 0, timeoutMs: 200 };

/** The load against that server, until it has sent so many requests. */
async function loadFor(
  requests: number,
  respond: (socket: Socket, number: number, head: string) => void,
  options: Partial<LoadOptions> = {},
): Promise<LoadReport & { readonly serverConnections: number }> {
  await using server = await ScriptedServer.start(respond);
  await using load = LoadClient.start({ ...oneKeptAlive, port: server.port, ...options });
  await until(() => load.report().sent >= requests, 'the requests are sent');
  return { ...(await load.stop()), serverConnections: server.connections };
}

describe('LoadClient', () => {
  it('sends one request after the other on each kept-alive connection, and one on each of the others', async () => {
    const kept = await loadFor(50, (socket) => socket.write(ok), { keptAlive: 3 });
    assert.equal(kept.serverConnections, 3);
    const heads: string[] = [];
    const each = await loadFor(20, (socket, _, head) => heads.push(head) && socket.end(ok), {
      keptAlive: 0,
      oneRequest: 2,
    });
    assert.equal(each.serverConnections, each.sent);
    assert.ok(heads.every((head) => /^connection: close\r$/im.test(head)));
    for (const report of [kept, each]) {
      assert.equal(report.failed, 0, report.firstFailures.join('\n'));
      assert.deepEqual(report.statuses, { 200: report.sent });
      assert.equal(report.answered, report.sent);
    }
  });

  it('opens a new connection after an answer that says close', async () => {
    const closing = ok.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n');
    const report = await loadFor(20, (socket, number) => socket.write(number === 2 ? closing : ok));
    assert.equal(report.failed, 0, report.firstFailures.join('\n'));
    assert.equal(report.connections, Math.ceil(report.sent / 2));
  });

  it('reads answers in pieces, in chunks, after an interim one and up to the end of the connection', async () => {
    const forms = [
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n',
      'HTTP/1.0 200 OK\r\n\r\nhello',
    ];
    for (const form of forms) {
      const answers: LoadAnswer[] = [];
      const report = await loadFor(
        3,
        (socket) => {
          for (const byte of form) socket.write(byte);
          if (form.startsWith('HTTP/1.0')) socket.end();
        },
        { answered: (answer) => answers.push(answer) },
      );
      assert.equal(report.failed, 0, report.firstFailures.join('\n'));
      assert.deepEqual([...new Set(answers.map(({ body }) => body))], ['hello'], form);
    }
  });

  const half = ok.slice(0, -1);
  const failures: readonly (readonly [FailureCause, string, (socket: Socket, number: number) => void])[] = [
    ['reset-before-answer', 'a reset', (socket) => socket.resetAndDestroy()],
    ['reset-in-answer', 'a reset after half an answer', (socket) => socket.write(half, () => resetLater(socket))],
    ['closed-before-answer', 'a FIN', (socket) => socket.end()],
    ['closed-in-answer', 'a FIN after half an answer', (socket) => socket.end(half)],
    ['closed-idle-race', 'a FIN', (socket, number) => (number === 1 ? socket.write(ok) : socket.end())],
    ['timeout', 'half an answer', (socket) => socket.write(half)],
    ['malformed', 'another protocol', (socket) => socket.write('HTTP/2 200\r\n\r\n')],
    ['malformed', 'two answers', (socket) => socket.write(ok + ok)],
  ];
  for (const [cause, what, respond] of failures) {
    it(`counts a request that fails: ${cause}, for ${what}`, async () => {
      const report = await loadFor(4, respond);
      assert.deepEqual(Object.keys(report.failures), [cause], report.firstFailures.join('\n'));
      assert.equal(report.failures[cause], report.failed);
      assert.ok(report.failed >= 1 && report.firstFailures.length > 0);
      assert.equal(report.answered + report.failed, report.sent);
    });
  }

  it('counts a request that is closed late on a kept-alive connection as lost by the server, not as a race', async () => {
    const report = await loadFor(4, (socket, number) => {
      if (number === 1) socket.write(ok);
      else setTimeout(() => socket.end(), 30);
    });
    assert.deepEqual(Object.keys(report.failures), ['closed-before-answer'], report.firstFailures.join('\n'));
  });

  it('counts connections that are refused', async () => {
    const server = await ScriptedServer.start(() => {});
    const { port } = server;
    await server[Symbol.asyncDispose]();
    await using load = LoadClient.start({ ...oneKeptAlive, port });
    await until(() => load.report().sent >= 3, 'some requests are sent');
    const report = await load.stop();
    assert.deepEqual(report.failures, { refused: report.sent });
  });

  it('does not take it for a failure that an idle connection is closed, and does not write there', async () => {
    await using server = await ScriptedServer.start((socket) => socket.write(ok));
    await using load = LoadClient.start({ ...oneKeptAlive, port: server.port, requestsPerSecond: 50 });
    for (let closed = 1; closed <= 5; closed++) {
      const { answered } = load.report();
      await until(() => load.report().answered > answered && server.open.size === 1, 'an answer was just read');
      const before = server.connections;
      for (const socket of server.open) {
        if (closed % 2 === 0) socket.end();
        else socket.resetAndDestroy();
      }
      await until(() => server.connections > before, 'a new connection');
    }
    const report = await load.stop();
    assert.equal(report.failed, 0, report.firstFailures.join('\n'));
    assert.ok(report.connections > 5);
  });

  it('keeps to its rate, and lets what waits for a slow server be late', async () => {
    const answers: LoadAnswer[] = [];
    const startedAt = performance.now();
    const report = await loadFor(60, (socket) => setTimeout(() => socket.write(ok), 20), {
      requestsPerSecond: 100,
      timeoutMs: 5_000,
      answered: (answer) => answers.push(answer),
    });
    assert.ok(performance.now() - startedAt >= 60 * 20, 'one connection answers 50 requests a second at most');
    assert.ok(answers.at(-1)!.latencyMs > 300, `the last was due long before: ${answers.at(-1)!.latencyMs}`);
    assert.ok(report.latenciesMs.get('/')![0]! < 200);
  });

  it('draws paths by their weights, the same ones in every run, with samples of their own', async () => {
    const draw = async (): Promise<readonly string[]> => {
      const order: string[] = [];
      const respond = (socket: Socket, _: number, head: string): boolean => {
        const isPost = /^POST \/long .*^content-length: 0\r$/ims.test(head);
        return socket.write(isPost || head.startsWith('GET /short ') ? ok : 'neither');
      };
      const report = await loadFor(2_000, respond, {
        paths: [
          { path: '/short', weight: 3 },
          { path: '/long', method: 'POST' },
        ],
        answered: ({ path }) => order.push(path),
      });
      assert.equal(report.failed, 0, report.firstFailures.join('\n'));
      const [short = 0, long = 0] = ['/short', '/long'].map((path) => report.latenciesMs.get(path)?.length);
      assert.equal(short + long, report.answered);
      assert.ok(Math.abs(short / report.answered - 3 / 4) < 0.03, `${short} of ${report.answered}`);
      return order.slice(0, 2_000);
    };
    assert.deepEqual(await draw(), await draw());
  });
});

describe('percentile', () => {
  it('is the least value that covers the share', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    assert.equal(percentile(values, 0.99), 99);
    assert.equal(percentile(values, 0.5), 50);
    assert.equal(percentile([7], 0.99), 7);
    assert.ok(Number.isNaN(percentile([], 0.5)));
  });
});
