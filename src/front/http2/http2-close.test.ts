import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { closeStages, reply, stage } from '../../../test/support/front-stage.ts';
import { END_HEADERS, END_STREAM, GOAWAY, HEADERS, numbers, RST_STREAM } from '../../../test/support/http2-frames.ts';
import { RawHttp2, requestFields } from '../../../test/support/raw-http2.ts';
import { until } from '../../../test/support/until.ts';
import { BodyStream } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import { type ListenerSettings, listenerSettings } from '../listener-settings.ts';

const PING = 6;
const ACK = 1;
const clients: RawHttp2[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await closeStages();
});

async function connect(port: number): Promise<RawHttp2> {
  const client = await RawHttp2.connect(port);
  clients.push(client);
  return client;
}

function get(client: RawHttp2, stream: number, path = '/'): void {
  client.send(HEADERS, END_HEADERS | END_STREAM, stream, requestFields(path));
}

/** Last stream and code. */
function goaway(frame: { readonly payload: Buffer }): [lastStream: number, code: number] {
  return [frame.payload.readUInt32BE(0), frame.payload.readUInt32BE(4)];
}

const source = (): BodyStream => new BodyStream({ wanted() {}, taken() {}, cancelled() {} });

describe('the end of an HTTP/2 connection', () => {
  it('is told in two steps at a stop: what is on its way is served, what comes later is not', async () => {
    const body = source();
    const made = await stage(({ request }) => reply(request.path === '/slow' ? body : request.path));
    const client = await connect(made.port);
    get(client, 1, '/slow');
    await client.sees(HEADERS);
    const closed = made.front.close(5_000);
    assert.deepEqual(goaway(await client.sees(GOAWAY)), [2 ** 31 - 1, 0]);
    get(client, 3, '/crossed');
    const ping = await client.sees(PING);
    client.send(PING, ACK, 0, ping.payload);
    assert.deepEqual(goaway(await client.sees(GOAWAY, 2)), [3, 0]);
    assert.equal(client.of(HEADERS, 3).length, 1);
    get(client, 5, '/late');
    body.push(Buffer.from('the rest'));
    body.end();
    await until(() => client.client.ended, 'the end of the connection');
    assert.match(client.client.received, /the rest/);
    assert.equal(client.of(HEADERS, 5).length, 0);
    client.client.end();
    assert.equal(await closed, 0);
  });

  it('comes behind an answer that is to be the last, and with the streams that are open', async () => {
    const body = source();
    const made = await stage((exchange) => {
      exchange.isLast = exchange.request.path === '/last';
      return reply(exchange.isLast ? 'last' : body);
    });
    const client = await connect(made.port);
    get(client, 1, '/slow');
    get(client, 3, '/last');
    assert.deepEqual(goaway(await client.sees(GOAWAY)), [2 ** 31 - 1, 0]);
    const ping = await client.sees(PING);
    client.send(PING, ACK, 0, ping.payload);
    assert.deepEqual(goaway(await client.sees(GOAWAY, 2)), [3, 0]);
    assert.match(client.client.received, /last/);
    body.push(Buffer.from('the rest'));
    body.end();
    await until(() => client.client.ended, 'the end of the connection');
    assert.match(client.client.received, /the rest/);
  });

  it('comes at a stop also where the client answers no PING', async () => {
    const made = await stage(() => reply('fine'));
    const client = await connect(made.port);
    get(client, 1);
    await client.sees(HEADERS);
    const closed = made.front.close(5_000);
    assert.deepEqual(goaway(await client.sees(GOAWAY, 2)), [1, 0]);
    await until(() => client.client.ended, 'the end of the connection');
    client.client.end();
    await closed;
  });

  it('comes when the time for a stop is over: what has no answer is refused, what has begun is cut', async () => {
    const aborted: string[] = [];
    const made = await stage(async (exchange) => {
      const body = source();
      exchange.onAbort((reason) => {
        aborted.push(reason);
        body.fail(new PeerError('client-closed', 'The client left'));
      });
      if (exchange.request.path === '/begun') return reply(body);
      await new Promise(() => {});
      return reply('');
    });
    const client = await connect(made.port);
    get(client, 1, '/begun');
    await client.sees(HEADERS);
    get(client, 3);
    await until(() => made.front.counts().requests === 2, 'both requests');
    const closed = made.front.close(100);
    await client.sees(RST_STREAM);
    assert.equal(client.of(RST_STREAM, 1).length, 1);
    await until(() => client.client.ended, 'the end of the connection');
    assert.equal(client.of(HEADERS, 3).length, 1);
    assert.match(client.client.received, /The server is stopping/);
    client.client.end();
    assert.equal(await closed, 1);
    assert.deepEqual(aborted.sort(), ['client-closed', 'shutting-down']);
    assert.deepEqual(made.records.map(({ status }) => status).sort(), [200, 503]);
  });

  it('comes when its listener goes', async () => {
    const made = await stage(() => reply('fine'));
    const client = await connect(made.port);
    get(client, 1);
    await client.sees(HEADERS);
    made.front.unlisten(0);
    const ping = await client.sees(PING);
    client.send(PING, ACK, 0, ping.payload);
    assert.deepEqual(goaway(await client.sees(GOAWAY, 2)), [1, 0]);
    await until(() => client.client.ended, 'the end of the connection');
  });

  const settings = (changes: Partial<ListenerSettings>): ReadonlyMap<number, ListenerSettings> =>
    new Map([[0, { ...listenerSettings, ...changes }]]);

  it('comes after as many requests as one connection may make', async () => {
    const made = await stage(({ request }) => reply(request.path));
    made.front.configure(settings({ keepAliveRequests: 2 }));
    const client = await connect(made.port);
    get(client, 1);
    await client.sees(HEADERS);
    assert.equal(client.of(GOAWAY).length, 0);
    get(client, 3);
    const ping = await client.sees(PING);
    assert.deepEqual(goaway(await client.sees(GOAWAY)), [2 ** 31 - 1, 0]);
    client.send(PING, ACK, 0, ping.payload);
    await until(() => client.client.ended, 'the end of the connection');
    assert.equal(client.of(HEADERS, 3).length, 1);
  });

  it('comes when it has been open for as long as it may', async () => {
    const made = await stage(() => reply('fine'));
    made.front.configure(settings({ keepAliveTimeMs: 300 }));
    const client = await connect(made.port);
    await client.sees(GOAWAY, 2);
    await until(() => client.client.ended, 'the end of the connection');
  });

  it('comes with GOAWAY for what the protocol forbids, and its requests are aborted', async () => {
    const aborted: string[] = [];
    const made = await stage(async (exchange) => {
      await new Promise<void>((resolve) => exchange.onAbort((reason) => resolve(void aborted.push(reason))));
      return reply('');
    });
    const client = await connect(made.port);
    get(client, 1);
    await until(() => made.front.counts().requests === 1, 'the request');
    client.send(PING, 0, 1, Buffer.alloc(8));
    const [lastStream, code] = goaway(await client.sees(GOAWAY));
    assert.deepEqual([lastStream, code], [1, 1]);
    await until(() => client.client.ended, 'the end of the connection');
    assert.deepEqual(aborted, ['http2-protocol']);
    assert.equal(made.records[0]?.status, 499);
    assert.deepEqual(made.log, []);
  });

  it('comes with ENHANCE_YOUR_CALM for a flood, which is logged once', async () => {
    const made = await stage(() => reply('fine'));
    const client = await connect(made.port);
    for (let count = 0; count < 3_000; count++) client.send(PING, 0, 0, Buffer.alloc(8));
    assert.deepEqual(goaway(await client.sees(GOAWAY)), [0, 11]);
    await until(() => client.client.ended || client.client.closed, 'the end of the connection');
    assert.equal(made.log.length, 1);
    assert.match(made.log[0] ?? '', /control frames.*127\.0\.0\.1/);
  });

  it('comes for streams that are begun only to be reset, and nothing of them is left', async () => {
    let aborted = 0;
    const made = await stage(async (exchange) => {
      await new Promise<void>((resolve) => exchange.onAbort(() => resolve()));
      aborted++;
      return reply('');
    });
    const client = await connect(made.port);
    const cancel = numbers(8);
    for (let id = 1; id < 800; id += 2) {
      get(client, id);
      client.send(RST_STREAM, 0, id, cancel);
    }
    assert.equal(goaway(await client.sees(GOAWAY))[1], 11);
    client.client.end();
    await until(() => made.front.counts().active === 0, 'the end of the connection');
    assert.equal(aborted, made.front.counts().requests);
    assert.ok(aborted >= 200 && aborted < 400, `${aborted} requests`);
    assert.equal(made.records.length, aborted);
    assert.equal(made.log.length, 1);
  });

  it('comes for the one that is without a request where one more connection is too many', async () => {
    const made = await stage(() => new Promise(() => {}), { maxConnections: 2 });
    const busy = await connect(made.port);
    const idle = await connect(made.port);
    get(busy, 1);
    await until(() => made.front.counts().requests === 1 && made.front.counts().waiting === 1, 'the request');
    const since = Date.now();
    await until(() => Date.now() - since > 600, 'a sweep that has seen the idle one');
    await connect(made.port);
    await until(() => idle.client.ended || idle.client.closed, 'the end of the idle connection');
    assert.equal(busy.client.ended, false);
  });

  it('leaves nothing when the client goes in the middle of a frame', async () => {
    const made = await stage(() => reply('fine'));
    const client = await connect(made.port);
    client.client.send('\0\0\x20\x01');
    client.client.end();
    await until(() => made.front.counts().active === 0, 'the end of the connection');
  });
});
