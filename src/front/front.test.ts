import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { closeStages, echoBody, echoTarget, get, post, read, reply, stage } from '../../test/support/front-stage.ts';
import { RawClient } from '../../test/support/raw-client.ts';
import { until } from '../../test/support/until.ts';
import { BodyStream } from '../core/body.ts';
import { PeerError } from '../core/errors.ts';
import { HeaderList } from '../core/headers.ts';
import { bufferedBodySize } from '../core/limits.ts';
import { ListenError } from './listen.ts';

afterEach(closeStages);

describe('Front', () => {
  it('answers several requests on one connection, with date, server and content-length', async () => {
    const { client } = await stage(echoTarget);
    const connection = await client();
    connection.send(get('/one'));
    await connection.sees(/\/one$/);
    assert.match(connection.received, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(connection.received, /\r\ndate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n/);
    assert.match(connection.received, /\r\nserver: galley\r\n/);
    assert.match(connection.received, /\r\ncontent-length: 4\r\n/);
    connection.send(get('/two', 'Connection: close\r\n'));
    assert.match(await connection.all(), /connection: close\r\n(.*\r\n)*\r\n\/two$/);
  });

  it('closes the connection behind an answer that is to be its last', async () => {
    const { client } = await stage((exchange) => {
      exchange.isLast = exchange.request.path === '/last';
      return reply(exchange.request.path);
    });
    const connection = await client();
    connection.send(get('/one') + get('/last') + get('/behind'));
    assert.match(
      await connection.all(),
      /\/oneHTTP\/1\.1 200 OK\r\n(.*\r\n)*connection: close\r\n(.*\r\n)*\r\n\/last$/,
    );
  });

  it('goes on where the front before it ended to count', async () => {
    const { client, front } = await stage(({ connection }) => reply(String(connection.serial)), {
      before: { accepted: 7, requests: 20 },
    });
    const connection = await client();
    connection.send(get('/', 'Connection: close\r\n'));
    assert.match(await connection.all(), /\r\n\r\n8$/);
    const { accepted, requests } = front.counts();
    assert.deepEqual([accepted, requests], [8, 21]);
  });

  it('202: answers 1000 requests of one write in order', async () => {
    const { client } = await stage(({ request }) => Promise.resolve(reply(`<${request.target}>`)));
    const connection = await client();
    connection.send(Array.from({ length: 1000 }, (_, index) => get(`/${index}`)).join(''));
    await connection.sees(/<\/999>$/);
    const answered = [...connection.received.matchAll(/<\/(\d+)>/g)].map((match) => Number(match[1]));
    assert.deepEqual(
      answered,
      Array.from({ length: 1000 }, (_, index) => index),
    );
  });

  it('answers 1000 requests of one write whose handler needs no waiting, without growing the stack', async () => {
    const { client } = await stage(echoTarget);
    const connection = await client();
    connection.send(
      `${Array.from({ length: 1000 }, (_, index) => get(`/${index}`)).join('')}${get('/end', 'Connection: close\r\n')}`,
    );
    assert.equal((await connection.all()).split('HTTP/1.1 200').length, 1002);
  });

  it('201: answers 400 to a body that is cut off, and does not show it as complete', async () => {
    let seen: string | undefined;
    const { client } = await stage(async (exchange) => {
      seen = await read(exchange);
      return reply('');
    });
    const connection = await client();
    connection.send(post('Content-Length: 5', '1234'));
    connection.end();
    assert.match(await connection.all(), /^HTTP\/1\.1 400 /);
    assert.equal(seen, undefined);
  });

  it('203: answers a request, then refuses the garbage behind it and closes', async () => {
    const { client } = await stage(echoTarget);
    const connection = await client();
    connection.send(`${get('/fine')}\x00\x01garbage\r\n\r\n`);
    const all = await connection.all();
    assert.match(all, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\/fineHTTP\/1\.1 400 Bad Request\r\n/);
    assert.match(all, /connection: close/);
  });

  it('closes after an HTTP/1.0 request unless it asks to be kept', async () => {
    const { client } = await stage(echoTarget);
    const connection = await client();
    connection.send('GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    await connection.sees(/connection: keep-alive[\s\S]*\/a$/);
    connection.send('GET /b HTTP/1.0\r\n\r\n');
    assert.match(await connection.all(), /\/b$/);
  });

  it('sends a stream to an HTTP/1.0 client without chunks and closes', async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one ');
      yield Buffer.from('two');
    }
    const { client } = await stage(() => reply(pieces()));
    const connection = await client();
    connection.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    const all = await connection.all();
    assert.match(all, /\r\n\r\none two$/);
    assert.doesNotMatch(all, /chunked|keep-alive/);
  });

  it('sends each piece of a stream as it comes, in chunks, then the trailers', async () => {
    const body = new BodyStream({ wanted() {}, taken() {}, cancelled() {} });
    const trailers = (): HeaderList => HeaderList.of([['x-sum', '7']]);
    const { client } = await stage(() => ({ ...reply(body), trailers }));
    const connection = await client();
    connection.send(get('/', 'TE: gzip;q=0.5, Trailers\r\nConnection: TE\r\n'));
    await connection.sees(/transfer-encoding: chunked\r\n\r\n$/);
    body.push(Buffer.from('first'));
    await connection.sees(/\r\n\r\n5\r\nfirst\r\n$/);
    body.end();
    await connection.sees(/0\r\nx-sum: 7\r\n\r\n$/);
  });

  it('sends no trailers to a client that does not say that it takes them', async () => {
    const trailers = (): HeaderList => HeaderList.of([['x-sum', '7']]);
    const { client } = await stage(() => {
      const body = new BodyStream({ wanted() {}, taken() {}, cancelled() {} });
      body.push(Buffer.from('all'));
      body.end();
      return { ...reply(body), trailers };
    });
    const connection = await client();
    connection.send(get('/') + get('/', 'TE: no-trailers\r\nConnection: close\r\n'));
    const all = await connection.all();
    assert.equal(all.match(/3\r\nall\r\n0\r\n\r\n/g)?.length, 2);
    assert.doesNotMatch(all, /x-sum/);
  });

  it('sends no body to HEAD and keeps the connection', async () => {
    const { client } = await stage(() => reply('hello', [['content-length', '5']]));
    const connection = await client();
    connection.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    await connection.sees(/content-length: 5\r\n[\s\S]*\r\n$/);
    connection.send(get('/', 'Connection: close\r\n'));
    assert.match(await connection.all(), /\r\n\r\nHTTP\/1\.1 200 OK\r\n[\s\S]*hello$/);
  });

  it('lets go of a stream that is not sent, to HEAD, when the client goes on or leaves', async () => {
    for (const leave of [
      (connection: RawClient) => connection.send(get('/next')),
      (connection: RawClient) => connection.destroy(),
    ]) {
      const aborted: string[] = [];
      const body = new BodyStream({ wanted() {}, taken() {}, cancelled() {} });
      const { client } = await stage((exchange) => {
        exchange.onAbort((reason) => aborted.push(reason));
        return exchange.request.method === 'HEAD' ? reply(body) : reply('next');
      });
      const connection = await client();
      connection.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
      await connection.sees(/\r\n\r\n$/);
      assert.deepEqual(aborted, []);
      leave(connection);
      await until(() => aborted.length === 1, 'the abort');
      body.end();
    }
  });

  it('cuts a client that sends much behind a request without end, since it may have left', async () => {
    const body = new BodyStream({ wanted() {}, taken() {}, cancelled() {} });
    const aborted: string[] = [];
    const { client } = await stage(
      (exchange) => {
        exchange.onAbort((reason) => aborted.push(reason));
        return reply(body);
      },
      { bodyMs: 500 },
    );
    const connection = await client();
    connection.send(get('/') + get('/more').repeat(5_000));
    await until(() => aborted.length === 1, 'the abort');
    await connection.all();
  });

  it('cuts the connection when a stream breaks, so that the answer cannot look complete', async () => {
    const body = new BodyStream({ wanted() {}, taken() {}, cancelled() {} });
    const { client, records } = await stage(() => reply(body));
    const connection = await client();
    connection.send(get('/'));
    body.push(Buffer.from('half'));
    await connection.sees(/half/);
    body.fail(new PeerError('app-error', 'broken'));
    await until(() => connection.closed || connection.ended, 'the connection is cut');
    assert.doesNotMatch(connection.received, /\r\n0\r\n/);
    assert.equal(records[0]?.complete, false);
  });

  it('cuts the connection when a stream is shorter than its content-length, and cuts off what is longer', async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('12345');
    }
    const { client } = await stage(({ request }) => reply(pieces(), [['content-length', request.path.slice(1)]]));
    const short = await client();
    short.send(get('/9'));
    assert.match(await short.all(), /12345$/);
    const long = await client();
    long.send(get('/3'));
    await long.sees(/\r\n\r\n123$/);
  });

  it('gathers a short body before it asks the handler, and streams a long one', async () => {
    const kinds: string[] = [];
    const { client } = await stage(async (exchange) => {
      kinds.push(exchange.body instanceof Uint8Array ? 'whole' : 'stream');
      return reply(`${(await read(exchange)).length}`);
    });
    const connection = await client();
    connection.send(post('Content-Length: 4', '12'));
    assert.deepEqual(kinds, []);
    connection.send('34');
    await connection.sees(/\r\n\r\n4$/);
    const long = bufferedBodySize + 1;
    connection.send(post(`Content-Length: ${long}`, 'x'));
    await until(() => kinds.length === 2, 'the handler has the long request');
    connection.send('x'.repeat(long - 1));
    await connection.sees(new RegExp(`\r\n\r\n${long}$`));
    connection.send(post('Transfer-Encoding: chunked', '3\r\nabc\r\n0\r\n\r\n'));
    await connection.sees(/\r\n\r\n3$/);
    assert.deepEqual(kinds, ['whole', 'stream', 'whole']);
  });

  it('209: sends 100 only when the body is asked for, and closes where it was not', async () => {
    const { client } = await stage(async (exchange) =>
      exchange.request.path === '/no' ? reply('no', [], 403) : echoBody(exchange),
    );
    const asked = await client();
    asked.send(post('Content-Length: 2\r\nExpect: 100-continue', ''));
    await asked.sees(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    asked.send('hi');
    await asked.sees(/HTTP\/1\.1 200 OK\r\n[\s\S]*hi$/);
    const refused = await client();
    refused.send('POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n');
    const all = await refused.all();
    assert.match(all, /^HTTP\/1\.1 403 /);
    assert.match(all, /connection: close/);
  });

  it('lets the source of an answer end by itself once its declared length is sent, and of one that HEAD asked for', async () => {
    const ends: string[] = [];
    async function* pieces(name: string): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.from('12345');
        yield new Uint8Array(0);
        ends.push(name);
      } catch {
        ends.push('thrown');
      }
    }
    const { client } = await stage(({ request }) => reply(pieces(request.method), [['content-length', '5']]));
    const connection = await client();
    connection.send(get('/'));
    await until(() => ends.length === 1, 'the first source has ended');
    connection.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => ends.length === 2, 'the second source has ended');
    assert.deepEqual(ends, ['GET', 'HEAD']);
  });

  it('210: sends no 100 to an HTTP/1.0 client', async () => {
    const { client } = await stage(echoBody);
    const connection = await client();
    connection.send('POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n');
    connection.send('hi');
    assert.match(await connection.all(), /^HTTP\/1\.1 200 OK/);
  });

  it('211: refuses another expectation with 417', async () => {
    const { client } = await stage(echoBody);
    const connection = await client();
    connection.send(post('Content-Length: 2\r\nExpect: y 100-continue', ''));
    assert.match(await connection.all(), /^HTTP\/1\.1 417 /);
  });

  it('215: goes on in HTTP/1.1 when a client would upgrade to h2c', async () => {
    const { client } = await stage(echoTarget);
    const connection = await client();
    connection.send(get('/x', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n'));
    await connection.sees(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\/x$/);
  });

  it('277: refuses a body over the limit before reading it, and the client sees the answer', async () => {
    const { client } = await stage(echoBody, {}, 1000);
    const declared = await client();
    declared.send(post('Content-Length: 1001', 'x'.repeat(1001)));
    assert.match(await declared.all(), /^HTTP\/1\.1 413 /);
    const chunked = await client();
    chunked.send(post('Transfer-Encoding: chunked', `3e9\r\n${'x'.repeat(1001)}\r\n0\r\n\r\n`));
    assert.match(await chunked.all(), /^HTTP\/1\.1 413 /);
  });

  it('gives the client its answer although the handler left the body unread, and goes on with the next request', async () => {
    const { client } = await stage(() => reply('unread'));
    const connection = await client();
    connection.send(post('Transfer-Encoding: chunked', '5\r\nhello\r\n'));
    await connection.sees(/unread$/);
    connection.send(`0\r\n\r\n${get('/next', 'Connection: close\r\n')}`);
    assert.match(await connection.all(), /unreadHTTP[\s\S]*unread$/);
  });

  it('closes rather than read much of a body that nobody wanted', async () => {
    const { client } = await stage(() => reply('unread'));
    const connection = await client();
    connection.send(post(`Content-Length: ${1 << 20}`, 'x'));
    assert.match(await connection.all(), /^HTTP\/1\.1 200 [\s\S]*\r\nconnection: close\r\n[\s\S]*unread$/);
  });

  it('turns what a handler throws into its status; a defect becomes 500 and is logged with its stack', async () => {
    const { client, log } = await stage(({ request }) => {
      if (request.path === '/full') throw new PeerError('queue-full', 'full');
      throw new TypeError('oops');
    });
    const connection = await client();
    connection.send(get('/full'));
    await connection.sees(/^HTTP\/1\.1 503 [\s\S]*retry-after: 5\r\n/);
    connection.send(get('/bug', 'Accept: text/html\r\nConnection: close\r\n'));
    assert.match(await connection.all(), /HTTP\/1\.1 500 [\s\S]*Request test-/);
    assert.match(log.join(''), /defect of Galley.*request=test-[\s\S]*TypeError: oops/);
  });

  it('lets requests end when it closes, tells them to close, and accepts no more', async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let begun = false;
    const { client, front, port } = await stage(async () => {
      begun = true;
      await gate;
      return reply('late');
    });
    const busy = await client();
    const idle = await client();
    busy.send(get('/'));
    await until(() => begun, 'the request is under way');
    const closing = front.close(10_000);
    await idle.all();
    await assert.rejects(RawClient.connect(port));
    release();
    assert.match(await busy.all(), /connection: close\r\n[\s\S]*late$/);
    assert.equal(await closing, 0);
  });

  it('listens on a Unix socket, replaces one that is stale, and leaves one in use alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'galley-test-'));
    const path = join(folder, 'x.sock');
    const { front } = await stage(({ connection }) => reply(JSON.stringify(connection.server)));
    await front.listen({ kind: 'unix', path });
    const client = await RawClient.connect(path);
    client.send(get('/', 'Connection: close\r\n'));
    assert.match(await client.all(), /"port":0/);
    const second = (await stage(echoTarget)).front;
    await assert.rejects(second.listen({ kind: 'unix', path }), ListenError);
    await rm(folder, { recursive: true });
  });

  it('says why it cannot listen and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await until(() => other.listening, 'the other listens');
    const { port } = other.address() as { port: number };
    const { front } = await stage(echoTarget);
    await assert.rejects(
      front.listen({ kind: 'tcp', host: '127.0.0.1', port }),
      /another program listens there\. Stop it, or choose another address$/,
    );
    other.close();
  });
});
