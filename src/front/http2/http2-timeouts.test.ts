import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { closeStages, read, reply, type StageLimits, stage } from '../../../test/support/front-stage.ts';
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  HEADERS,
  numbers,
  RST_STREAM,
} from '../../../test/support/http2-frames.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { preface, RawHttp2, requestFields } from '../../../test/support/raw-http2.ts';
import { until } from '../../../test/support/until.ts';
import type { Handler } from '../../core/handler.ts';

const WINDOW_UPDATE = 8;
const clients: RawHttp2[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await closeStages();
});

async function connected(
  handle: Handler,
  limits: StageLimits,
  settings?: Uint8Array,
): Promise<{ readonly client: RawHttp2; readonly made: Awaited<ReturnType<typeof stage>> }> {
  const made = await stage(handle, limits);
  const client = await RawHttp2.connect(made.port, settings);
  clients.push(client);
  return { client, made };
}

const fine: Handler = () => reply('fine');
const ended = (client: RawHttp2): Promise<void> => until(() => client.client.ended, 'the end of the connection');
/** SETTINGS_INITIAL_WINDOW_SIZE. */
const firstWindow = (size: number): Buffer => Buffer.concat([Buffer.from([0, 4]), numbers(size)]);
const post = (length: number): Buffer => requestFields('/', [['content-length', String(length)]]);

describe('an HTTP/2 client that is too slow', () => {
  it('is told to go when its preface does not come to its end', async () => {
    const made = await stage(fine, { headMs: 300 });
    const client = await RawClient.connect(made.port);
    client.send(preface);
    await until(() => client.ended, 'the end of the connection');
    client.destroy();
  });

  it('is answered 408 by HTTP/1 when not even the first line of the preface comes', async () => {
    const made = await stage(fine, { headMs: 300 });
    const client = await RawClient.connect(made.port);
    client.send(preface.slice(0, 5));
    await until(() => client.ended, 'the end of the connection');
    assert.match(client.received, /^HTTP\/1\.1 408 /);
    client.destroy();
  });

  it('is told to go when a field section does not end', async () => {
    const { client } = await connected(fine, { headMs: 400 });
    client.send(HEADERS, END_STREAM, 1, requestFields('/'));
    const { payload } = await client.sees(GOAWAY);
    assert.notEqual(payload.readUInt32BE(4), 0);
    await ended(client);
  });

  it('gets 408 for a body that does not come', async () => {
    const { client, made } = await connected(async (exchange) => reply(await read(exchange)), { bodyMs: 400 });
    client.send(HEADERS, END_HEADERS, 1, post(10));
    client.send(DATA, 0, 1, Buffer.from('four'));
    await client.sees(RST_STREAM);
    assert.equal(made.records[0]?.status, 408);
    client.send(HEADERS, END_HEADERS | END_STREAM, 3, requestFields('/'));
    await client.sees(HEADERS, 2);
  });

  it('gets 408 for a body that comes at less than the least rate', async () => {
    const { client, made } = await connected(async (exchange) => reply(await read(exchange)), {
      bodyMinRate: 1_000_000,
      bodyRateGraceMs: 300,
    });
    client.send(HEADERS, END_HEADERS, 1, post(10_000));
    const pieces = setInterval(() => client.send(DATA, 0, 1, Buffer.from('x')), 60);
    await client.sees(RST_STREAM);
    clearInterval(pieces);
    assert.equal(made.records[0]?.status, 408);
  });

  it('is not blamed for a body whose window is shut, also where some of it was read', async () => {
    const asked = Promise.withResolvers<void>();
    const { client } = await connected(
      async ({ body }) => {
        let size = 0;
        for await (const piece of body as AsyncIterable<Uint8Array>) {
          size += piece.length;
          await asked.promise;
        }
        return reply(String(size));
      },
      { bodyMs: 300 },
    );
    client.send(HEADERS, END_HEADERS, 1, post(100_000));
    for (let count = 0; count < 4; count++) client.send(DATA, 0, 1, Buffer.alloc(16_384));
    const since = Date.now();
    await until(() => Date.now() - since > 1_000, 'more than the longest silence');
    assert.equal(client.of(RST_STREAM).length, 0);
    asked.resolve();
    await client.sees(WINDOW_UPDATE, 2);
    for (let count = 0; count < 2; count++) client.send(DATA, 0, 1, Buffer.alloc(16_384));
    client.send(DATA, END_STREAM, 1, Buffer.alloc(100_000 - 6 * 16_384));
    await client.sees(DATA);
    assert.match(client.client.received, /100000/);
  });

  it('is not blamed for a body that has no window because other bodies are not read', async () => {
    const { client } = await connected(() => new Promise(() => {}), { bodyMs: 300 });
    for (let id = 1; id <= 31; id += 2) {
      client.send(HEADERS, END_HEADERS, id, post(100_000));
      for (let count = 0; count < 4; count++) client.send(DATA, 0, id, Buffer.alloc(16_384 - (count === 3 ? 1 : 0)));
    }
    client.send(HEADERS, END_HEADERS, 33, post(100_000));
    const since = Date.now();
    await until(() => Date.now() - since > 1_000, 'more than the longest silence');
    assert.deepEqual([client.of(HEADERS).length, client.of(GOAWAY).length], [0, 0]);
  });

  it('is not blamed for a body of which no more is wanted while the answer goes on', async () => {
    const late = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('begun');
      await late.promise;
      yield Buffer.from('done');
    }
    const made = await stage(() => reply(slow()), { bodyMs: 300 }, 1_000);
    const client = await RawHttp2.connect(made.port);
    clients.push(client);
    for (const stream of [1, 3]) {
      client.send(HEADERS, END_HEADERS, stream, requestFields('/'));
      client.send(DATA, 0, stream, Buffer.alloc(10));
    }
    await client.sees(DATA, 2);
    client.send(DATA, END_STREAM, 1, Buffer.alloc(1_000));
    client.send(DATA, 0, 3, Buffer.alloc(1_000));
    const since = Date.now();
    await until(() => Date.now() - since > 1_000, 'more than the longest silence');
    assert.equal(client.of(RST_STREAM).length, 0);
    late.resolve();
    await until(() => client.client.received.split('done').length === 3, 'both answers');
  });

  it('has a stream reset whose window it never opens, and is served on others', async () => {
    const { client, made } = await connected(() => reply(Buffer.alloc(5_000)), { sendMs: 500 }, firstWindow(0));
    client.send(HEADERS, END_HEADERS | END_STREAM, 1, requestFields('/'));
    const { stream, payload } = await client.sees(RST_STREAM);
    assert.deepEqual([stream, payload.readUInt32BE(0)], [1, 8]);
    assert.deepEqual([made.records[0]?.status, made.records[0]?.complete], [200, false]);
    client.send(HEADERS, END_HEADERS | END_STREAM, 3, requestFields('/'));
    client.send(WINDOW_UPDATE, 0, 3, numbers(5_000));
    await client.sees(DATA);
  });

  it('is cut when it takes nothing of what was sent', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(60_000);
    }
    const { client, made } = await connected(() => reply(endless()), { sendMs: 500 }, firstWindow(2 ** 31 - 1));
    client.send(WINDOW_UPDATE, 0, 0, numbers(2 ** 31 - 70_000));
    client.client.socket.pause();
    client.send(HEADERS, END_HEADERS | END_STREAM, 1, requestFields('/'));
    await until(() => made.front.counts().active === 0, 'the end of the connection');
    assert.equal(made.records[0]?.complete, false);
  });

  it('is ended in order when it has had no request for long, though it pings', async () => {
    const { client } = await connected(fine, { keepAliveMs: 500 });
    client.send(HEADERS, END_HEADERS | END_STREAM, 1, requestFields('/'));
    await client.sees(HEADERS);
    const pings = setInterval(() => client.client.socket.write(frame(6, 0, 0, Buffer.alloc(8))), 100);
    const { payload } = await client.sees(GOAWAY);
    assert.deepEqual([payload.readUInt32BE(0), payload.readUInt32BE(4)], [1, 0]);
    await ended(client);
    clearInterval(pings);
  });

  it('is not ended while a request is under way', async () => {
    const late = Promise.withResolvers<void>();
    const { client } = await connected(
      async () => {
        await late.promise;
        return reply('late');
      },
      { keepAliveMs: 300 },
    );
    client.send(HEADERS, END_HEADERS | END_STREAM, 1, requestFields('/'));
    const since = Date.now();
    await until(() => Date.now() - since > 1_000, 'more than the longest silence');
    assert.equal(client.of(GOAWAY).length, 0);
    late.resolve();
    await client.sees(HEADERS);
  });
});
