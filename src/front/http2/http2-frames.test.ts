import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { closeStages, echoTarget, reply, stage } from '../../../test/support/front-stage.ts';
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  HEADERS,
  numbers,
  RST_STREAM,
  SETTINGS,
} from '../../../test/support/http2-frames.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { preface, RawHttp2, requestFields } from '../../../test/support/raw-http2.ts';
import { until } from '../../../test/support/until.ts';
import { listenerSettings } from '../listener-settings.ts';

const clients: { destroy(): void }[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await closeStages();
});

async function connect(port: number, settings?: Uint8Array): Promise<RawHttp2> {
  const client = await RawHttp2.connect(port, settings);
  clients.push(client);
  return client;
}

const get = (stream: number, path = '/'): Buffer =>
  frame(HEADERS, END_HEADERS | END_STREAM, stream, requestFields(path));

describe('the frames of an HTTP/2 connection', () => {
  it('begin with a preface that may come byte by byte, on a port that speaks HTTP/1 as well', async () => {
    const { client: plain, port, front } = await stage(echoTarget);
    const client = await RawClient.connect(port);
    clients.push(client);
    const bytes = Buffer.concat([Buffer.from(preface), frame(SETTINGS, 0, 0), get(1, '/bytes')]);
    for (const byte of bytes) {
      client.socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.sees(/\/bytes$/);
    assert.equal(front.counts().active, 1);
    const other = await plain();
    other.send('PUT /put HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    await other.sees(/^HTTP\/1\.1 200 [\s\S]*\/put$/);
  });

  it('may say https without TLS, as behind who ends it', async () => {
    const { port } = await stage(echoTarget);
    const client = await connect(port);
    const fields = requestFields('/secure').toString('latin1').replace('\x04http', '\x05https');
    client.send(HEADERS, END_HEADERS | END_STREAM, 1, Buffer.from(fields, 'latin1'));
    await client.client.sees(/\/secure$/);
  });

  it('are none where only the first bytes are those of a preface', async () => {
    const { client } = await stage(echoTarget);
    const whole = await client();
    whole.send('PROPFIND /whole HTTP/1.1\r\nHost: a\r\n\r\n');
    await whole.sees(/\/whole$/);
    const cut = await client();
    cut.send('P');
    await new Promise((resolve) => setImmediate(resolve));
    cut.send('RI');
    await new Promise((resolve) => setImmediate(resolve));
    cut.send('NT /cut HTTP/1.1\r\nHost: a\r\n\r\n');
    await cut.sees(/\/cut$/);
    const early = await client();
    early.send('PRI * HTTP/2.0\r\n\r\nGET / HTTP/1.1\r\n\r\n');
    assert.match(await early.all(), /^HTTP\/1\.1 (400|505) /);
  });

  it('are none on a listener that speaks HTTP/1 alone', async () => {
    const { client, front } = await stage(echoTarget);
    front.configure(new Map([[0, { ...listenerSettings, http2: false }]]));
    const raw = await client();
    raw.send(preface);
    assert.match(await raw.all(), /^HTTP\/1\.1 (400|505) /);
  });

  it('follow a priority that the client changes while its stream waits', async () => {
    const { port } = await stage(() => reply(Buffer.alloc(100_000)));
    const client = await connect(port, Buffer.concat([Buffer.from([0, 4]), numbers(1_000_000)]));
    const size = (stream: number): number =>
      client.of(DATA, stream).reduce((sum, { payload }) => sum + payload.length, 0);
    client.client.socket.write(get(1));
    await until(() => size(1) === 65_535, 'what the window of the connection lets through');
    client.client.socket.write(get(3));
    await client.sees(HEADERS, 2);
    client.send(0x10, 0, 0, Buffer.concat([numbers(3), Buffer.from('u=0')]));
    client.send(8, 0, 0, numbers(50_000));
    await until(() => size(3) > 0, 'the stream that is urgent now');
    await until(() => size(1) + size(3) === 115_535, 'the rest of the window');
    assert.equal(size(3), 50_000);
  });

  it('leave in one write for all the requests of one', async () => {
    const { port } = await stage(echoTarget);
    const client = await connect(port);
    await client.sees(SETTINGS, 2);
    const writes: number[] = [];
    client.client.socket.on('data', (text: string) => writes.push(text.length));
    client.client.socket.write(
      Buffer.concat(Array.from({ length: 50 }, (_, index) => get(2 * index + 1, `/${index}`))),
    );
    await client.sees(DATA, 50);
    assert.equal(writes.length, 1);
  });

  it('end a request that goes on after its answer without a reset, where it ends soon', async () => {
    const { port } = await stage(echoTarget);
    const client = await connect(port);
    client.send(HEADERS, END_HEADERS, 1, requestFields('/one'));
    await client.sees(DATA);
    client.send(DATA, END_STREAM, 1, Buffer.alloc(1_000));
    client.client.socket.write(get(3));
    await client.sees(DATA, 2);
    const since = Date.now();
    await until(() => Date.now() - since > 700, 'a few sweeps');
    assert.equal(client.of(RST_STREAM).length, 0);
  });

  it('reset a request with NO_ERROR that goes on for long after its answer', async () => {
    const { port } = await stage(echoTarget);
    const client = await connect(port);
    client.send(HEADERS, END_HEADERS, 1, requestFields('/one'));
    await client.sees(DATA);
    const { stream, payload } = await client.sees(RST_STREAM);
    assert.deepEqual([stream, payload.readUInt32BE(0)], [1, 0]);
  });

  it('wait where the client does not read, and keep order and bytes when it does', async () => {
    const { port } = await stage(({ request }) => reply(Buffer.alloc(40_000, request.path.slice(1))));
    const client = await connect(port, Buffer.concat([Buffer.from([0, 4]), numbers(2 ** 31 - 1)]));
    client.send(8, 0, 0, numbers(2 ** 31 - 70_000));
    client.client.socket.pause();
    const names = Array.from({ length: 100 }, (_, index) => String.fromCharCode(97 + (index % 26)));
    for (const [index, name] of names.entries()) client.client.socket.write(get(2 * index + 1, `/${name}`));
    await new Promise((resolve) => setImmediate(resolve));
    client.client.socket.resume();
    const bodies = (): Map<number, string> => {
      const all = new Map<number, string>();
      for (const { stream, payload } of client.of(DATA)) {
        all.set(stream, (all.get(stream) ?? '') + payload.toString('latin1'));
      }
      return all;
    };
    await until(() => client.client.received.length > 100 * 40_000 && client.of(DATA).length >= 300, 'all bodies');
    for (const [index, name] of names.entries()) assert.ok(bodies().get(2 * index + 1) === name.repeat(40_000));
  });

  it('are few where the client sends many that want an answer and reads none', async () => {
    const { port, front } = await stage(echoTarget);
    const client = await connect(port);
    client.client.socket.pause();
    for (let round = 0; round < 200; round++) client.client.socket.write(frame(SETTINGS, 0, 0));
    await until(() => front.counts().active === 1, 'the connection');
    client.client.socket.resume();
    await client.sees(SETTINGS, 202);
  });
});
