import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { closeStages, read, reply, stage } from '../../../test/support/front-stage.ts';
import { Http2Client } from '../../../test/support/http2-client.ts';
import { DATA, END_HEADERS, END_STREAM, frame, HEADERS, numbers } from '../../../test/support/http2-frames.ts';
import { RawHttp2, requestFields } from '../../../test/support/raw-http2.ts';
import { until } from '../../../test/support/until.ts';
import { HeaderList } from '../../core/headers.ts';
import { http2Limits } from '../../core/limits.ts';

const WINDOW_UPDATE = 8;
const clients: { destroy(): void }[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await closeStages();
});

describe('an HTTP/2 client that does not get answers', () => {
  it('has no more requests read while heads of many wait for it, and all of them when it reads (http.md 285)', async () => {
    const asked = 10_000;
    let handled = 0;
    const { port } = await stage(({ request }) => {
      if (request.path === '/other') return reply('');
      return reply('', [['location', `/${handled++}/${'x'.repeat(4_000)}`]], 301);
    });
    const client = await RawHttp2.connect(port);
    const other = new Http2Client(port);
    clients.push(client, other);
    const { socket } = client.client;
    socket.removeAllListeners('data');
    socket.pause();
    // Fields of the table (RFC 7541 Appendix A): GET, http, /; and an authority.
    const fields = Buffer.from('\x82\x86\x84\x01\x01a', 'latin1');
    const requests = Array.from({ length: asked }, (_, index) =>
      frame(HEADERS, END_HEADERS | END_STREAM, 2 * index + 1, fields),
    );
    socket.write(Buffer.concat(requests));
    let before = -1;
    // It is as far as it comes when others were served often meanwhile.
    for (let same = 0; same < 50; same = handled === before ? same + 1 : 0) {
      before = handled;
      await other.fetch('/other');
    }
    assert.ok(handled > 10 && handled < asked, `${handled} were handled`);
    socket.on('data', () => {});
    socket.resume();
    await until(() => handled === asked, 'all requests');
  });

  it('has all answered that was there when it ended its side, requests and bodies that are not read yet too', async () => {
    const asked = 3_000;
    let handled = 0;
    const bodies: string[] = [];
    const redirect = reply('', [['location', `/${'x'.repeat(4_000)}`]], 301);
    const { port } = await stage((exchange) => {
      if (exchange.request.method === 'POST') {
        return read(exchange).then((body) => {
          bodies.push(body);
          return redirect;
        });
      }
      handled++;
      return redirect;
    });
    const client = await RawHttp2.connect(port);
    clients.push(client);
    const { socket } = client.client;
    socket.removeAllListeners('data');
    socket.pause();
    // Fields of the table (RFC 7541 Appendix A): POST or GET, http, /; and an authority.
    const [post, get] = ['\x83', '\x82'].map((method) => Buffer.from(`${method}\x86\x84\x01\x01a`, 'latin1'));
    const requests = Array.from({ length: asked }, (_, index) =>
      frame(HEADERS, END_HEADERS | END_STREAM, 2 * index + 3, get),
    );
    const end = frame(DATA, END_STREAM, 1, Buffer.from('its end'));
    socket.end(Buffer.concat([frame(HEADERS, END_HEADERS, 1, post), ...requests, end]));
    await until(() => handled > 10, 'some requests');
    // The end of its side is there as well by the time that others are served.
    const other = new Http2Client(port);
    clients.push(other);
    for (let round = 0; round < 50; round++) await other.fetch('/');
    socket.on('data', () => {});
    socket.resume();
    await until(
      () => handled === asked + 50 && bodies.length === 1,
      () => `${handled} requests and ${bodies.length} bodies`,
    );
    assert.deepEqual(bodies, ['its end']);
  });

  it('gets the end of an answer, and trailers, that need no window while others have none', async () => {
    const late = Promise.withResolvers<void>();
    async function* nothing(): AsyncGenerator<Uint8Array> {
      await late.promise;
      yield Buffer.alloc(0);
    }
    const { port } = await stage(({ request }) => {
      if (request.path === '/large') return reply(Buffer.alloc(100_000));
      const answer = reply(nothing());
      return request.path === '/end' ? answer : { ...answer, trailers: () => HeaderList.of([['x-sum', '7']]) };
    });
    const firstWindow = Buffer.concat([Buffer.from([0, 4]), numbers(1_000_000)]);
    const client = await RawHttp2.connect(port, firstWindow);
    clients.push(client);
    for (const [index, path] of ['/large', '/end', '/trailers'].entries()) {
      client.send(HEADERS, END_HEADERS | END_STREAM, 2 * index + 1, requestFields(path));
    }
    const received = () => client.of(DATA, 1).reduce((size, { payload }) => size + payload.length, 0);
    await until(() => received() === 65_535 && client.of(HEADERS).length === 3, 'the window of the connection');
    late.resolve();
    await until(() => client.of(HEADERS).length === 4 && client.of(DATA, 3).length === 1, 'the ends');
    assert.equal(client.of(DATA, 3)[0]?.flags, END_STREAM);
    assert.equal(client.of(HEADERS, 5)[1]?.flags, END_STREAM | END_HEADERS);
    client.send(WINDOW_UPDATE, 0, 0, numbers(100_000));
    await until(() => received() === 100_000, 'the rest');
  });

  it('has many bodies made that it does not get, each to its end', async () => {
    const late = Promise.withResolvers<void>();
    let ended = 0;
    async function* slow(): AsyncGenerator<Uint8Array> {
      await late.promise;
      yield Buffer.from('x');
      ended++;
    }
    let aborted = 0;
    const { port } = await stage((exchange) => {
      exchange.onAbort(() => aborted++);
      return reply(slow());
    });
    const client = new Http2Client(port);
    clients.push(client);
    for (let count = 0; count < 20; count++) await client.fetch('/', { ':method': 'HEAD' });
    assert.equal(aborted, 0);
    late.resolve();
    await until(() => ended === 20, 'the ends of all bodies');
  });

  it('has only as many bodies made that it does not get as it may have streams', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield await new Promise<Uint8Array>(() => {});
    }
    let aborted = 0;
    const { port } = await stage((exchange) => {
      exchange.onAbort(() => aborted++);
      return reply(endless());
    });
    const client = new Http2Client(port);
    clients.push(client);
    const { maxStreams } = http2Limits;
    for (let count = 0; count < maxStreams + 3; count++) await client.fetch('/', { ':method': 'HEAD' });
    assert.equal(aborted, 3);
    client.destroy();
    await until(() => aborted === maxStreams + 3, 'all');
  });

  it('is cut where its answer cannot be sent for a defect, and others get theirs', async () => {
    const broken = Object.assign(Buffer.alloc(1_000), {
      subarray(): Buffer {
        throw new Error('a defect');
      },
    });
    const { port, log } = await stage(({ request }) => reply(request.path === '/broken' ? broken : 'fine'));
    const client = await RawHttp2.connect(port, Buffer.from([0, 4, 0, 0, 0, 0]));
    const other = new Http2Client(port);
    clients.push(client, other);
    client.send(HEADERS, END_HEADERS | END_STREAM, 1, requestFields('/broken'));
    await client.sees(HEADERS);
    client.send(WINDOW_UPDATE, 0, 1, numbers(10));
    const { body } = await other.fetch('/');
    assert.equal(body, 'fine');
    await until(() => client.client.ended, 'the end of the connection');
    assert.match(log.join(''), /a defect/);
  });
});
