import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { afterEach, describe, it } from 'node:test';
import { closeStages, echoBody, echoTarget, read, reply, stage } from '../../../test/support/front-stage.ts';
import { answerOf, Http2Client } from '../../../test/support/http2-client.ts';
import { until } from '../../../test/support/until.ts';
import { BodyStream } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { Handler } from '../../core/handler.ts';
import { HeaderList } from '../../core/headers.ts';
import { bufferedBodySize } from '../../core/limits.ts';
import { drop } from '../../core/reply.ts';

const clients: Http2Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await closeStages();
});

function connect(port: number, options?: ConstructorParameters<typeof Http2Client>[1]): Http2Client {
  const client = new Http2Client(port, options);
  clients.push(client);
  return client;
}

const source = (): BodyStream => new BodyStream({ wanted() {}, taken() {}, cancelled() {} });
const bytes = (size: number): string => 'x'.repeat(size);

describe('an HTTP/2 connection', () => {
  it('answers with date, server and content-length, and tells the handler the version', async () => {
    const { port } = await stage(({ request }) => reply(`${request.method} ${request.target} ${request.version}`));
    const { status, headers, body } = await connect(port).fetch('/a?b');
    assert.equal(status, 200);
    assert.equal(body, 'GET /a?b 2');
    assert.match(headers['date'] ?? '', /GMT$/);
    assert.equal(headers['server'], 'galley');
    assert.equal(headers['content-length'], '10');
  });

  it('answers requests side by side, each when its answer is there', async () => {
    const late = Promise.withResolvers<void>();
    const { port, records, front } = await stage(async ({ request }) => {
      if (request.path === '/late') await late.promise;
      return reply(request.path);
    });
    const client = connect(port);
    const first = client.fetch('/late');
    const others = await Promise.all(Array.from({ length: 50 }, (_, index) => client.fetch(`/${index}`)));
    assert.deepEqual(
      others.map(({ body }) => body),
      Array.from({ length: 50 }, (_, index) => `/${index}`),
    );
    late.resolve();
    assert.equal((await first).body, '/late');
    assert.equal(records.length, 51);
    assert.equal(front.counts().requests, 51);
    assert.equal(front.counts().accepted, 1);
  });

  it('gives a short body whole', async () => {
    let kind = '';
    const { port } = await stage(async (exchange) => {
      kind = exchange.body instanceof Uint8Array ? 'whole' : 'stream';
      return reply(await read(exchange));
    });
    const fields = { ':method': 'POST', 'content-length': '5' };
    assert.equal((await connect(port).fetch('/', fields, 'hello')).body, 'hello');
    assert.equal(kind, 'whole');
  });

  it('takes many bodies at once that are gathered first, though they are more than the connection has a window for', async () => {
    const { port } = await stage(echoBody);
    const client = connect(port);
    const body = bytes(bufferedBodySize - 1);
    const fields = { ':method': 'POST', 'content-length': String(body.length) };
    const answers = await Promise.all(Array.from({ length: 60 }, () => client.fetch('/', fields, body)));
    for (const answer of answers) assert.equal(answer.body.length, body.length);
  });

  it('hands on a long body while it comes, and trailers behind it', async () => {
    let trailers: HeaderList | undefined;
    const { port } = await stage(
      async (exchange) => {
        const text = await read(exchange);
        trailers = exchange.trailers;
        return reply(String(text.length));
      },
      {},
      1 << 22,
    );
    const stream = connect(port).session.request({ ':path': '/', ':method': 'POST' }, {
      endStream: false,
      waitForTrailers: true,
    } as object);
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7' }));
    const answer = answerOf(stream);
    stream.end(bytes(3_000_000));
    assert.equal((await answer).body, '3000000');
    assert.equal(trailers?.get('x-sum'), '7');
  });

  it('lets a client send no more than a window ahead of a handler that does not read', async () => {
    let exchange: Exchange | undefined;
    const { port } = await stage(async (asked) => {
      exchange = asked;
      await new Promise<void>((resolve) => asked.onAbort(() => resolve()));
      return reply('');
    });
    const stream = connect(port).open({ ':method': 'POST' }, false);
    stream.write(bytes(1_000_000));
    await until(() => (exchange?.requestLength ?? 0) >= bufferedBodySize, 'a window of body');
    const other = connect(port);
    assert.ok((exchange?.requestLength ?? 0) < 2 * bufferedBodySize);
    const body = exchange?.body as AsyncIterable<Uint8Array>;
    let size = 0;
    for await (const piece of body) {
      size += piece.length;
      if (size === 1_000_000) break;
    }
    assert.equal(size, 1_000_000);
    other.destroy();
  });

  it('gives back the windows of bodies that nobody reads', async () => {
    const size = 50_000;
    const { port, front } = await stage(async (exchange) => {
      await until(() => (exchange.requestLength ?? 0) >= size, 'the body');
      return reply('unread');
    });
    const client = connect(port);
    for (let count = 1; count <= 40; count++) {
      const stream = client.open({ ':method': 'POST' }, false);
      const answer = answerOf(stream);
      stream.write(bytes(size / 2));
      await until(() => front.counts().requests === count, 'the request');
      stream.end(bytes(size / 2));
      assert.equal((await answer).body, 'unread');
    }
  });

  it('gives back the windows of WebSockets that are not opened', async () => {
    const size = 50_000;
    let came = 0;
    const { port } = await stage(async (exchange) => {
      came++;
      await until(() => sent === came, 'what was sent early');
      assert.ok(exchange.isWebSocket);
      return reply('denied', [], 403);
    });
    let sent = 0;
    const client = connect(port);
    await once(client.session, 'remoteSettings');
    for (let count = 0; count < 40; count++) {
      const stream = client.open(
        { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', 'sec-websocket-version': '13' },
        false,
      );
      const answer = answerOf(stream);
      stream.end(bytes(size), () => {
        sent++;
      });
      assert.equal((await answer).status, 403);
    }
  });

  it('sends 100 (Continue) once the handler reads', async () => {
    const { port } = await stage(echoBody);
    const stream = connect(port).open({ ':method': 'POST', expect: '100-continue' }, false);
    const answer = answerOf(stream);
    await once(stream, 'continue');
    stream.end('now');
    const { body, interim } = await answer;
    assert.equal(body, 'now');
    assert.deepEqual(interim, [100]);
  });

  it('sends no 100 (Continue) where the answer comes without the body, and lets it go', async () => {
    const { port } = await stage(() => reply('no', [], 403));
    const stream = connect(port).open({ ':method': 'POST', expect: '100-continue' }, false);
    const { status, interim, code } = await answerOf(stream);
    assert.deepEqual([status, interim, code], [403, [], constants.NGHTTP2_NO_ERROR]);
  });

  it('sends interim answers before the final one', async () => {
    const { port } = await stage((exchange) => {
      exchange.inform(103, HeaderList.of([['link', '</a.css>']]));
      return reply('done');
    });
    const { interim, body } = await connect(port).fetch('/');
    assert.deepEqual([interim, body], [[103], 'done']);
  });

  it('sends each piece of a stream as it comes, then the trailers, and counts the bytes', async () => {
    const body = source();
    const { port, records } = await stage(() => ({
      ...reply(body),
      trailers: () => HeaderList.of([['x-sum', '7']]),
    }));
    const stream = connect(port).open();
    const answer = answerOf(stream);
    body.push(Buffer.from('first'));
    await once(stream, 'data');
    body.push(Buffer.from(' second'));
    body.end();
    const { body: text, trailers } = await answer;
    assert.equal(text, 'first second');
    assert.equal(trailers['x-sum'], '7');
    const [record] = records;
    assert.deepEqual([record?.status, record?.bytes, record?.complete], [200, 12, true]);
    assert.ok((record?.sentBytes ?? 0) > 12 + 3 * 9);
  });

  it('sends large bodies through small windows, whole ones and streamed ones', async () => {
    const body = Buffer.alloc(700_000, 'abcdefg');
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < body.length; at += 50_001) yield body.subarray(at, at + 50_001);
    }
    const { port } = await stage(({ request }) => reply(request.path === '/whole' ? body : pieces()));
    const client = connect(port, { settings: { initialWindowSize: 1_000 } });
    const answers = await Promise.all(['/whole', '/streamed', '/whole'].map((path) => client.fetch(path)));
    for (const answer of answers) assert.ok(answer.body === body.toString('latin1'));
  });

  it('sends no content to HEAD and with 204 and 304, and lets the source run to its end', async () => {
    const ended: string[] = [];
    async function* pieces(name: string): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a');
      yield Buffer.from('b');
      ended.push(name);
    }
    const { port } = await stage(({ request }) =>
      request.method === 'HEAD'
        ? reply(request.path === '/whole' ? 'four' : pieces('head'))
        : reply(pieces(request.path), [], Number(request.path.slice(1))),
    );
    const client = connect(port);
    const whole = await client.fetch('/whole', { ':method': 'HEAD' });
    assert.deepEqual([whole.status, whole.body, whole.headers['content-length']], [200, '', '4']);
    assert.equal((await client.fetch('/', { ':method': 'HEAD' })).body, '');
    await until(() => ended.includes('head'), 'the end of the source for HEAD');
    for (const status of [204, 304]) {
      const answer = await client.fetch(`/${status}`);
      assert.deepEqual([answer.status, answer.body], [status, '']);
      await until(() => ended.includes(`/${status}`), 'the end of the source');
    }
  });

  it('resets a stream whose body is shorter than declared, so that the client does not take half for whole', async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
    }
    const { port, records } = await stage(() => reply(pieces(), [['content-length', '8']]));
    const client = connect(port);
    const { code, body } = await client.fetch('/');
    assert.deepEqual([code, body], [constants.NGHTTP2_INTERNAL_ERROR, 'half']);
    assert.equal(records[0]?.complete, false);
  });

  it('sends no more than the declared length', async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('four');
      yield Buffer.from('more');
    }
    const { port } = await stage(() => reply(pieces(), [['content-length', '6']]));
    const { code, body } = await connect(port).fetch('/');
    assert.deepEqual([code, body], [0, 'fourmo']);
  });

  it('resets a stream whose body breaks, and goes on with the others', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('some');
      throw new PeerError('worker-lost', 'The worker died');
    }
    const { port } = await stage(({ request }) => reply(request.path === '/broken' ? broken() : 'fine'));
    const client = connect(port);
    assert.equal((await client.fetch('/broken')).code, constants.NGHTTP2_INTERNAL_ERROR);
    assert.equal((await client.fetch('/')).body, 'fine');
  });

  it('answers before the request ends, and then wants no more of it', async () => {
    const { port } = await stage(() => reply('enough', [], 413));
    const stream = connect(port).open({ ':method': 'POST' }, false);
    stream.write(bytes(100));
    const { status, body, code } = await answerOf(stream);
    assert.deepEqual([status, body, code], [413, 'enough', constants.NGHTTP2_NO_ERROR]);
  });

  it('answers a failure of the handler with its status, and a defect with 500', async () => {
    const { port, log } = await stage(({ request }) => {
      if (request.path === '/lost') throw new PeerError('worker-lost', 'The worker died');
      throw new Error('defect');
    });
    const client = connect(port);
    assert.equal((await client.fetch('/lost')).status, 502);
    assert.equal((await client.fetch('/')).status, 500);
    assert.match(log.join(''), /defect/);
  });

  it('answers a content-length that is not true with 500', async () => {
    const { port } = await stage(() => reply('four', [['content-length', '5']]));
    assert.equal((await connect(port).fetch('/')).status, 500);
  });

  it('resets the stream of a request that is dropped, and no other', async () => {
    const { port, records } = await stage(({ request }) => (request.path === '/drop' ? drop : reply('fine')));
    const client = connect(port);
    assert.notEqual((await client.fetch('/drop')).code, 0);
    assert.equal((await client.fetch('/')).body, 'fine');
    assert.deepEqual(
      records.map(({ status }) => status),
      [444, 200],
    );
  });

  it('tells the handler when the client resets a stream, and records 499', async () => {
    const aborted: string[] = [];
    const { port, records } = await stage(async (exchange) => {
      await new Promise<void>((resolve) =>
        exchange.onAbort((reason) => {
          aborted.push(reason);
          resolve();
        }),
      );
      return reply('late');
    });
    const stream = connect(port).open();
    await once(stream, 'ready');
    stream.close(constants.NGHTTP2_CANCEL);
    await until(() => aborted.length === 1, 'the abort');
    assert.deepEqual(aborted, ['client-closed']);
    assert.deepEqual([records[0]?.status, records[0]?.complete], [499, false]);
  });

  it('stops the source of a body whose stream is reset', async () => {
    let stopped = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(10_000);
      } finally {
        stopped = true;
      }
    }
    const { port, records } = await stage(() => reply(endless()));
    const stream = connect(port).open();
    await once(stream, 'data');
    stream.close(constants.NGHTTP2_CANCEL);
    await until(() => stopped && records.length === 1, 'the end of the source');
    assert.deepEqual([records[0]?.status, records[0]?.complete], [200, false]);
  });

  it('aborts what is under way when the connection is lost', async () => {
    const aborted: string[] = [];
    const { port, records, front } = await stage(async (exchange) => {
      await new Promise<void>((resolve) => exchange.onAbort((reason) => resolve(void aborted.push(reason))));
      return reply('late');
    });
    const client = connect(port);
    for (let count = 0; count < 3; count++) client.open();
    await until(() => front.counts().requests === 3, 'three requests');
    client.destroy();
    await until(() => aborted.length === 3 && front.counts().active === 0, 'the aborts');
    assert.deepEqual(
      records.map(({ status }) => status),
      [499, 499, 499],
    );
  });

  it('sends what is urgent first', async () => {
    const order: string[] = [];
    const body = Buffer.alloc(300_000);
    const { port } = await stage(() => reply(body));
    const client = connect(port, { settings: { initialWindowSize: 1_000_000 } });
    const low = client.open({ ':path': '/low', priority: 'u=6' });
    const high = client.open({ ':path': '/high', priority: 'u=1' });
    const ends = [low, high].map(async (stream, index) => {
      await answerOf(stream);
      order.push(['low', 'high'][index] as string);
    });
    await Promise.all(ends);
    assert.deepEqual(order, ['high', 'low']);
  });

  it('keeps nothing of streams that were reset', async () => {
    const { port, front, records } = await stage(async (exchange) => {
      await new Promise<void>((resolve) => exchange.onAbort(() => resolve()));
      return reply('late');
    });
    const client = connect(port);
    for (let round = 0; round < 3; round++) {
      const streams = Array.from({ length: 20 }, () => client.open());
      await until(() => front.counts().requests === 20 * (round + 1), 'the requests');
      for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
      await until(() => records.length === 20 * (round + 1), 'the records');
    }
    assert.equal(front.counts().waiting, 1);
  });

  it('answers echoes of every method', async () => {
    const { port } = await stage(echoTarget as Handler);
    const client = connect(port);
    for (const method of ['DELETE', 'PUT', 'PATCH', 'OPTIONS']) {
      assert.equal((await client.fetch('/m', { ':method': method })).body, '/m');
    }
  });
});
