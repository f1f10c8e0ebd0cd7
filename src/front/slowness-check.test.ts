import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { closeStages, echoBody, echoTarget, get, post, read, reply, stage } from '../../test/support/front-stage.ts';
import { until } from '../../test/support/until.ts';
import type { ErrorCode } from '../core/errors.ts';

afterEach(closeStages);

describe('Front, with clients that are slow or leave', () => {
  it('counts no time before 100 against the rate of the body', async () => {
    let ask: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    const { client } = await stage(
      async (exchange) => {
        await asked;
        return reply(await read(exchange));
      },
      { bodyMinRate: 1_000, bodyRateGraceMs: 400 },
    );
    const connection = await client();
    connection.send(post('Content-Length: 2\r\nExpect: 100-continue', ''));
    const slow = await client();
    slow.send(post('Content-Length: 5000', 'x'));
    assert.match(await slow.all(), /^HTTP\/1\.1 408 /); // so much time has passed
    ask();
    await connection.sees(/^HTTP\/1\.1 100 Continue/);
    connection.send('hi');
    await connection.sees(/HTTP\/1\.1 200 OK\r\n[\s\S]*hi$/);
  });

  it('tells the handler when the client leaves, and records 499', async () => {
    let reason: ErrorCode | undefined;
    let begun = false;
    const { client, records } = await stage((exchange) => {
      begun = true;
      exchange.onAbort((why) => {
        reason = why;
      });
      return new Promise(() => {});
    });
    const connection = await client();
    connection.send(get('/'));
    await until(() => begun, 'the request is under way');
    connection.destroy();
    await until(() => reason === 'client-closed', 'the handler is told');
    await until(() => records[0]?.status === 499, 'the record is there');
  });

  it('lets a client that ended its side have a quick answer, and takes it for gone when none comes', async () => {
    let aborted = false;
    const { client } = await stage(
      (exchange) => {
        exchange.onAbort(() => {
          aborted = true;
        });
        return exchange.request.path === '/quick' ? Promise.resolve(reply('quick')) : new Promise(() => {});
      },
      { halfClosedMs: 1 },
    );
    const quick = await client();
    quick.send(get('/quick'));
    quick.end();
    assert.match(await quick.all(), /quick$/);
    assert.equal(aborted, false);
    const slow = await client();
    slow.send(get('/slow'));
    slow.end();
    await until(() => aborted, 'the handler is told');
  });

  it('270: answers 408 to a head that comes too slowly, byte by byte', async () => {
    const { client } = await stage(echoTarget, { headMs: 300 });
    const connection = await client();
    const trickle = setInterval(() => connection.send('x'), 50);
    connection.send('GET /');
    const all = await connection.all();
    clearInterval(trickle);
    assert.match(all, /^HTTP\/1\.1 408 /);
  });

  it('271: answers 408 to a body below the least rate', async () => {
    const { client } = await stage(echoBody, { bodyMinRate: 1000, bodyRateGraceMs: 300 });
    const connection = await client();
    connection.send(post('Content-Length: 5000', ''));
    const trickle = setInterval(() => connection.send('x'), 50);
    const all = await connection.all();
    clearInterval(trickle);
    assert.match(all, /^HTTP\/1\.1 408 /);
  });

  it('closes a connection that is idle for too long, without a word', async () => {
    const { client } = await stage(echoTarget, { keepAliveMs: 1 });
    const connection = await client();
    assert.equal(await connection.all(), '');
  });

  it('does not close an idle connection whose next request has come and was not read yet', async () => {
    const { client } = await stage(echoTarget, { keepAliveMs: 300 });
    const connection = await client();
    connection.send(get('/first'));
    await connection.sees(/\/first$/);
    setImmediate(() => {
      connection.send(get('/second'));
      // Timers come before sockets now: a sweep finds the connection idle for too long.
      const end = performance.now() + 600;
      while (performance.now() < end);
    });
    await connection.sees(/\/second$/);
    await connection.all();
  });

  it('272: pauses the source of an answer while the client does not read, and gives up after a while', async () => {
    let produced = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        produced += 65_536;
        yield Buffer.alloc(65_536);
      }
    }
    const { client, records } = await stage(() => reply(endless()), { sendMs: 600 });
    const connection = await client();
    connection.socket.pause();
    connection.send(get('/'));
    await until(() => records.length === 1, 'the front gives up');
    assert.equal(records[0]?.complete, false);
    assert.ok(produced < 32 << 20, `${produced} bytes were taken from the source`);
  });

  it('stops reading a body that the handler does not take', async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const size = 32 << 20;
    const { client } = await stage(
      async (exchange) => {
        await gate;
        return reply(String((await read(exchange)).length));
      },
      {},
      size,
    );
    const connection = await client();
    connection.send(post(`Content-Length: ${size}`, ''));
    const piece = 'x'.repeat(1 << 20);
    for (let sent = 0; sent < size; sent += piece.length) connection.send(piece);
    let before = -1;
    await until(() => {
      const stuck = connection.socket.writableLength === before;
      before = connection.socket.writableLength;
      return stuck;
    }, 'the client is stuck');
    assert.ok(connection.socket.writableLength > size / 2);
    release();
    await connection.sees(new RegExp(`\r\n\r\n${size}$`));
  });
});
