import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { RawClient } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';
import { FaultStage, ok, statusOf } from './fault-stage.ts';

const mebibyte = 1024 ** 2;

const locations = `
  client_max_body_size 200m;
  proxy_request_buffering off;
  location / { proxy_pass http://app; }
  location /patient/ { proxy_pass http://app; proxy_read_timeout 60s; proxy_send_timeout 60s; }
  location /two/ { proxy_pass http://two; }
  location /cached/ { proxy_pass http://app; proxy_cache kept; proxy_cache_valid 1h; }
  location /buffered/two { proxy_request_buffering on; proxy_pass http://two; }
  location /buffered/ { proxy_request_buffering on; proxy_pass http://app; }
  location /upgraded/ {
    proxy_pass http://app;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
  }
  location /trailed { proxy_pass http://app; proxy_pass_trailers on; proxy_request_buffering off; }
  location /grpc { proxy_pass http://app; proxy_pass_trailers on; proxy_set_header TE $http_te; }`;

describe('An exchange through a proxy', () => {
  let stage: FaultStage;
  before(async () => {
    stage = await FaultStage.start(locations, 'proxy_cache_path OWN/cache keys_zone=kept:1m;');
  });
  after(async () => {
    await stage.hasLostNothing();
    await stage[Symbol.asyncDispose]();
  });

  describe('over a kept connection that the upstream closes as the request comes', () => {
    for (const [method, statuses] of [
      ['GET', [200, 1]],
      ['PUT', [200, 1]],
      ['POST', [502, 0]],
    ] as const) {
      it(`is ${statuses[0] === 200 ? 'tried again' : 'not tried again'} for ${method}`, async () => {
        let arrived = 0;
        let answered = 0;
        stage.on('/stale', ({ socket, serial }) => {
          arrived++;
          if (serial > 1) {
            socket.destroy();
          } else {
            answered++;
            socket.write(ok('fresh'));
          }
        });
        await stage.isClean();
        const body = method === 'GET' ? '' : 'abc';
        const fields = method === 'GET' ? [] : ['content-length: 3'];
        const answer = await stage.ask('/stale', fields, method, body);
        assert.deepEqual([statusOf(answer), answered], statuses);
        assert.equal(arrived, 1 + answered);
        await stage.isClean();
      });
    }
  });

  for (const path of ['/early', '/buffered/early']) {
    for (const status of [413, 401]) {
      it(`that is answered ${status} before ${path} has its body gives the client that answer`, async () => {
        stage.on(path, ({ socket }) => {
          socket.write(`HTTP/1.1 ${status} No\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno`);
        });
        const size = 32 * mebibyte;
        const client = await stage.client(path, [`content-length: ${size}`], 'POST');
        client.socket.write(Buffer.alloc(size));
        await client.sees(/\r\n\r\nno$/);
        assert.equal(statusOf(client.received), status);
        client.destroy();
        await stage.isClean();
      });
    }
  }

  it('asks the client for its body where the upstream says 100', async () => {
    stage.on('/expect', ({ socket, head, body }) => {
      assert.match(head, /^expect: 100-continue\r$/im);
      socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      socket.once('data', () => {
        assert.equal(body(), 'abcde');
        socket.write(ok('taken'));
      });
    });
    const client = await stage.client('/expect', ['expect: 100-continue', 'content-length: 5'], 'POST');
    await client.sees(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    client.send('abcde');
    assert.match(await client.all(), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n.*taken$/s);
    await stage.isClean();
  });

  it('does not ask for a body where the upstream answers at once', async () => {
    stage.on('/expect', ({ socket }) => void socket.write('HTTP/1.1 417 No\r\ncontent-length: 2\r\n\r\nno'));
    const client = await stage.client('/expect', ['expect: 100-continue', 'content-length: 5'], 'POST');
    assert.match(await client.all(), /^HTTP\/1\.1 417 No\r\n.*no$/s);
    await stage.isClean();
  });

  it('sends the body to another upstream where the first one closes before it has asked for it', async () => {
    let arrived = 0;
    stage.on('/two/expect', ({ socket, body }) => {
      if (++arrived === 1) {
        socket.destroy();
        return;
      }
      socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      socket.once('data', () => socket.write(ok(body())));
    });
    const client = await stage.client('/two/expect', ['expect: 100-continue', 'content-length: 5'], 'PUT');
    await client.sees(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    client.send('abcde');
    assert.match(await client.all(), /\r\n\r\nHTTP\/1\.1 200 OK\r\n.*abcde$/s);
    assert.equal(arrived, 2);
    await stage.isClean();
  });

  it('is sent whole to another upstream where the first one leaves within its body', async () => {
    let arrived = 0;
    const size = 3 * mebibyte;
    stage.on('/buffered/two', ({ socket, body }) => {
      const isFirst = ++arrived === 1;
      socket.on('data', () => {
        if (isFirst) socket.destroy();
        else if (body().length === size) socket.write(ok(String(body() === 'x'.repeat(size))));
      });
    });
    const answer = await stage.ask('/buffered/two', [`content-length: ${size}`], 'PUT', 'x'.repeat(size));
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n.*true$/s);
    assert.equal(arrived, 2);
    await stage.isClean();
  });

  it('is not kept in a cache where it is cut, or has more than its length (223, 224)', async () => {
    for (const text of [
      'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n',
      'HTTP/1.1 200 OK\r\ncontent-length: 0\r\ncontent-length: 2\r\n\r\nab',
    ]) {
      stage.on('/cached/cut', ({ socket }) => void socket.end(text));
      await stage.ask('/cached/cut');
    }
    stage.on('/cached/cut', ({ socket }) => void socket.write(ok('whole')));
    assert.match(await stage.ask('/cached/cut'), /whole$/);
    stage.on('/cached/cut', ({ socket }) => void socket.write(ok('new')));
    assert.match(await stage.ask('/cached/cut'), /whole$/);
    await stage.isClean();
  });

  it('is answered in order where 1,000 come at once (202)', async () => {
    stage.on('/number', ({ socket, head }) => void socket.write(ok(`[${/\?(\d+)/.exec(head)?.[1]}]`)));
    const client = await RawClient.connect(stage.port);
    const numbers = Array.from({ length: 1_000 }, (_, number) => number);
    client.send(numbers.map((number) => `GET /number?${number} HTTP/1.1\r\nhost: a\r\n\r\n`).join(''));
    await client.sees(/\[999\]$/);
    assert.deepEqual(
      [...client.received.matchAll(/\[(\d+)\]/g)].map(([, number]) => Number(number)),
      numbers,
    );
    client.destroy();
    await stage.isClean();
  });

  it('passes 103 on to HTTP/1.1 and not to HTTP/1.0', async () => {
    const hint = 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n';
    stage.on('/hints', ({ socket }) => void socket.write(hint + ok('page')));
    assert.match(await stage.ask('/hints'), /^HTTP\/1\.1 103 Early Hints\r\nlink: [^\r]+\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    const old = await RawClient.connect(stage.port);
    old.send('GET /hints HTTP/1.0\r\n\r\n');
    assert.match(await old.all(), /^HTTP\/1\.[01] 200 OK\r\n.*page$/s);
    await stage.isClean();
  });

  it('has trailers where they were asked for', async () => {
    stage.on('/grpc', ({ socket, head }) => {
      assert.equal(/^te: trailers\r$/im.test(head), head.includes('asked'));
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\ngrpc-status: 0\r\n\r\n');
    });
    const asked = await stage.ask('/grpc', ['te: trailers', 'x: asked']);
    assert.match(asked, /\r\n0\r\ngrpc-status: 0\r\n\r\n$/);
    assert.match(await stage.ask('/grpc'), /\r\ncontent-length: 2\r\n(?:.+\r\n)+\r\nab$/);
    await stage.isClean();
  });

  it('passes on the trailers of a request, but for those that may not stand there', async () => {
    for (const pieces of [
      ['2\r\nab\r\n', '0\r\nx-sum: 1\r\nhost: evil\r\n\r\n'],
      ['2\r\nab\r\n0\r\nx-sum: 1\r\nhost: evil\r\n\r\n'],
    ]) {
      const behind = '2\r\nab\r\n0\r\nx-sum: 1\r\n\r\n';
      let seen = '';
      stage.on('/trailed', ({ socket, body }) => {
        const look = (): void => {
          seen = body();
          if (!seen.endsWith('\r\n\r\n')) return;
          socket.off('data', look);
          socket.write(ok('trailed'));
        };
        socket.on('data', look);
        look();
      });
      const client = await RawClient.connect(stage.port);
      const head = 'POST /trailed HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n';
      client.send(head + (pieces.length === 1 ? pieces[0] : ''));
      if (pieces.length === 2) {
        client.send(pieces[0] ?? '');
        await until(() => seen.includes('ab'), 'the chunk');
        client.send(pieces[1] ?? '');
      }
      assert.match(await client.all(), /trailed$/);
      assert.equal(seen, behind);
      await stage.isClean();
    }
  });

  it('keeps its framing where an upgrade is answered with something else (214)', async () => {
    stage.on('/upgraded/no', ({ socket, head }) => {
      assert.match(head, /^upgrade: foo\r$/im);
      socket.write(ok('plain'));
    });
    const client = await RawClient.connect(stage.port);
    const get = 'GET /upgraded/no HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: foo\r\n\r\n';
    client.send(`${get}GET /good HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
    assert.match(await client.all(), /\r\n\r\nplainHTTP\/1\.1 200 OK\r\n.*good$/s);
    await stage.isClean();
  });

  it('does not forward an upgrade to h2c (215)', async () => {
    let seen = '';
    stage.on('/upgraded/h2c', ({ socket, head }) => {
      seen = head;
      socket.write(ok('plain'));
    });
    const fields = ['connection: upgrade, http2-settings', 'upgrade: h2c', 'http2-settings: AAMAAABk'];
    const client = await RawClient.connect(stage.port);
    client.send(['GET /upgraded/h2c HTTP/1.1', 'host: a', ...fields, '', ''].join('\r\n'));
    await client.sees(/plain$/);
    assert.match(seen, /^GET \S+ HTTP\/1\.1\r\n/);
    assert.doesNotMatch(seen, /^(?:upgrade|http2-settings):/im);
    client.destroy();
    await stage.isClean();
  });

  it('does not let an upstream upgrade to something else', async () => {
    stage.on('/upgraded/other', ({ socket }) => {
      socket.write('HTTP/1.1 101 S\r\nconnection: upgrade\r\nupgrade: bar\r\n\r\n');
    });
    const client = await RawClient.connect(stage.port);
    client.send('GET /upgraded/other HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: foo\r\n\r\n');
    await client.sees(/^HTTP\/1\.1 502 /);
    client.destroy();
    await stage.isClean();
  });

  it('ends at the upstream when the client leaves within the answer', async () => {
    let isClosed = false;
    stage.on('/patient/endless', ({ socket }) => {
      socket.on('close', () => {
        isClosed = true;
      });
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n');
    });
    const client = await stage.client('/patient/endless');
    await client.sees(/ab/);
    client.destroy();
    await until(() => isClosed, 'the end of the connection to the upstream');
    await stage.isClean();
  });

  it('ends at the upstream when the client leaves within its body', async () => {
    let [isClosed, body] = [false, (): string => ''];
    stage.on('/patient/upload', (arrived) => {
      body = arrived.body;
      arrived.socket.on('close', () => {
        isClosed = true;
      });
    });
    const client = await stage.client('/patient/upload', ['transfer-encoding: chunked'], 'POST', '3\r\nabc\r\n');
    await until(() => body() === '3\r\nabc\r\n', 'what was sent of the body');
    client.destroy();
    await until(() => isClosed, 'the end of the connection to the upstream');
    assert.equal(body(), '3\r\nabc\r\n');
    await stage.isClean();
  });

  it('never looks complete at the upstream where the body is cut (201)', async () => {
    let [isClosed, body] = [false, (): string => ''];
    stage.on('/patient/upload', (arrived) => {
      body = arrived.body;
      arrived.socket.on('close', () => {
        isClosed = true;
      });
    });
    const client = connect({ port: stage.port, host: '127.0.0.1', allowHalfOpen: true });
    client.on('error', () => {});
    client.end(`POST /patient/upload HTTP/1.1\r\nhost: a\r\ncontent-length: 40000\r\n\r\n${'a'.repeat(39_999)}`);
    client.resume();
    await until(() => isClosed || stage.upstream.open <= 1, 'the end of the connection to the upstream');
    assert.ok(body().length < 40_000);
    client.destroy();
    await stage.isClean();
  });
});
