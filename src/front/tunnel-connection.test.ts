import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { closeStages, type FrontStage, get, post, read, reply, stage } from '../../test/support/front-stage.ts';
import type { RawClient } from '../../test/support/raw-client.ts';
import { handshake } from '../../test/support/raw-websocket.ts';
import { until } from '../../test/support/until.ts';
import type { Handler } from '../core/handler.ts';
import { HeaderList } from '../core/headers.ts';
import { bufferedBodySize } from '../core/limits.ts';
import type { Tunnel, TunnelEnd } from '../core/tunnel.ts';

/** The upstream's end of a tunnel: notes what it is told and does what the test says. */
class FakeUpstream implements TunnelEnd {
  received = '';
  receivedBytes = 0;
  pieces = 0;
  hasEnded = false;
  isClosed = false;
  isCancelled = false;
  takenBytes = 0;
  client: TunnelEnd | undefined;
  /** Whether bytes are taken as they come. */
  takes = true;
  onBytes: (chunk: Uint8Array) => void = () => {};

  bytes(chunk: Uint8Array): void {
    this.pieces++;
    this.receivedBytes += chunk.length;
    if (this.receivedBytes < 1_000_000) this.received += Buffer.from(chunk).toString('latin1');
    if (this.takes) this.client?.taken(chunk.length);
    this.onBytes(chunk);
  }

  end(): void {
    this.hasEnded = true;
  }

  close(): void {
    this.isClosed = true;
  }

  taken(bytes: number): void {
    this.takenBytes += bytes;
  }

  send(text: string): void {
    this.client?.bytes(Buffer.from(text, 'latin1'));
  }

  tunnel(fields: [string, string][] = [['upgrade', 'echo']]): Tunnel {
    return {
      kind: 'tunnel',
      headers: HeaderList.of(fields),
      open: (client) => {
        this.client = client;
        return this;
      },
      cancel: () => {
        this.isCancelled = true;
      },
    };
  }
}

const asks = 'Connection: upgrade\r\nUpgrade: echo\r\n';

async function open(more = ''): Promise<{ upstream: FakeUpstream; client: RawClient; made: FrontStage }> {
  const upstream = new FakeUpstream();
  const made = await stage(() => upstream.tunnel());
  const client = await made.client();
  client.send(get('/', asks) + more);
  await client.sees(/\r\n\r\n/);
  return { upstream, client, made };
}

/** What came behind the head. */
function content({ received }: RawClient): string {
  return received.slice(received.indexOf('\r\n\r\n') + 4);
}

describe('a tunnel at the front', () => {
  afterEach(closeStages);

  it('begins with a 101 that has the fields of its answer, but none of another connection', async () => {
    const upstream = new FakeUpstream();
    const made = await stage(() =>
      upstream.tunnel([
        ['upgrade', 'echo/2'],
        ['connection', 'close, x-other'],
        ['content-length', '5'],
        ['transfer-encoding', 'chunked'],
        ['x-more', '1'],
      ]),
    );
    const client = await made.client();
    client.send(get('/', asks));
    await client.sees(/\r\n\r\n$/);
    assert.equal(
      client.received,
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: echo/2\r\nx-more: 1\r\nconnection: upgrade\r\n\r\n',
    );
  });

  it('carries bytes both ways, those first that came right behind the request', async () => {
    const { upstream, client } = await open('early');
    await until(() => upstream.received === 'early', 'the early bytes');
    upstream.onBytes = (chunk) => upstream.client?.bytes(chunk);
    client.send('\0\xff\r\n');
    await client.sees(/\r\n\r\n\0\xff\r\n$/);
    upstream.send('GET / HTTP/1.1\r\n\r\n');
    await client.sees(/GET \/ HTTP\/1\.1\r\n\r\n$/);
    assert.equal(upstream.received, 'early\0\xff\r\n');
    assert.equal(upstream.takenBytes, 4 + 18);
  });

  it('carries ten thousand small pieces in few writes and in their order', async () => {
    const { upstream, client, made } = await open();
    let all = '';
    let reads = 0;
    client.socket.on('data', () => reads++);
    for (let index = 0; index < 10_000; index++) {
      upstream.send(`${index},`);
      all += `${index},`;
    }
    await until(() => content(client).length === all.length, 'all pieces');
    assert.equal(content(client), all);
    assert.ok(reads < 1_000, `${reads} reads`);
    assert.equal(upstream.takenBytes, all.length);
    for (let index = 0; index < 10_000; index++) client.send(`${index},`);
    await until(() => upstream.receivedBytes === all.length, 'all pieces');
    assert.equal(upstream.received, all);
    upstream.client?.close();
    client.end();
    await until(() => made.records.length === 1, 'the record');
    assert.equal(made.records[0]?.bytes, all.length);
  });

  it('reads no more than a little from a client whose upstream takes nothing, and goes on when it does', async () => {
    const { upstream, client } = await open();
    upstream.takes = false;
    const size = 20_000_000;
    client.socket.write(Buffer.alloc(size));
    await until(() => upstream.receivedBytes >= bufferedBodySize, 'what is taken without being asked');
    const before = upstream.receivedBytes;
    upstream.takes = true;
    assert.ok(before < 3 * bufferedBodySize, `${before} bytes`);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(upstream.receivedBytes, before);
    upstream.client?.taken(before);
    await until(() => upstream.receivedBytes === size, 'the rest');
  });

  it('tells an upstream what the client took only when it did', async () => {
    const { upstream, client } = await open();
    client.socket.pause();
    const piece = Buffer.alloc(16_384, 'x');
    let sent = 0;
    while (sent < 50_000_000 && sent - upstream.takenBytes < bufferedBodySize) {
      upstream.client?.bytes(piece);
      sent += piece.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(sent < 50_000_000, 'the upstream was told of all');
    client.socket.resume();
    await until(() => upstream.takenBytes === sent, 'all is taken');
    await until(() => content(client).length === sent, 'all came');
  });

  it('keeps memory flat while much goes through both ways', async () => {
    const { upstream, client } = await open();
    upstream.takes = false;
    let waiting: Uint8Array[] = [];
    // As an upstream whose own client takes no faster than it.
    upstream.onBytes = (chunk) => void waiting.push(chunk);
    const pass = (): void => {
      for (const chunk of waiting) upstream.client?.bytes(chunk);
      waiting = [];
    };
    upstream.taken = (bytes) => upstream.client?.taken(bytes);
    let back = 0;
    client.socket.removeAllListeners('data');
    client.socket.on('data', (text) => {
      back += text.length;
    });
    const piece = Buffer.alloc(65_536, 'x');
    const size = 30_000_000;
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    for (let sent = 0; sent < size; sent += piece.length) {
      if (!client.socket.write(piece)) {
        await until(() => {
          pass();
          return client.socket.writableLength === 0;
        }, 'the tunnel takes more');
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
    }
    await until(() => {
      pass();
      return back >= size;
    }, 'all comes back');
    assert.ok(most < 12_000_000, `${most} bytes more`);
  });

  it('passes on that the client sends no more, and still brings what the upstream sends', async () => {
    const { upstream, client, made } = await open();
    client.send('last');
    client.end();
    await until(() => upstream.hasEnded, 'the end');
    assert.equal(upstream.received, 'last');
    assert.equal(upstream.isClosed, false);
    upstream.send('answer');
    await client.sees(/answer$/);
    assert.equal(client.ended, false);
    upstream.client?.end();
    await client.all();
    await until(() => made.records.length === 1, 'the record');
    assert.equal(made.records[0]?.complete, true);
  });

  it('passes on that the upstream sends no more, and still brings what the client sends', async () => {
    const { upstream, client } = await open();
    upstream.send('last');
    upstream.client?.end();
    await until(() => client.ended, 'the end');
    assert.equal(content(client), 'last');
    upstream.send('too late');
    client.send('still here');
    await until(() => upstream.received === 'still here', 'what comes after');
    assert.equal(upstream.isClosed, false);
    client.end();
    await until(() => upstream.isClosed, 'both have ended');
    assert.equal(upstream.hasEnded, true);
    assert.equal(content(client), 'last');
  });

  it('begins for a client that has ended its side already', async () => {
    const upstream = new FakeUpstream();
    const { promise, resolve } = Promise.withResolvers<Tunnel>();
    const made = await stage(() => promise, { halfClosedMs: 10_000 });
    const client = await made.client();
    client.send(`${get('/', asks)}all`);
    client.end();
    await until(() => made.front.requests === 1, 'the request');
    resolve(upstream.tunnel());
    await until(() => upstream.hasEnded, 'the end');
    assert.equal(upstream.received, 'all');
  });

  it('tells the upstream of a client that is cut, and logs what it had', async () => {
    const { upstream, client, made } = await open();
    upstream.send('12345');
    await client.sees(/12345$/);
    client.socket.resetAndDestroy();
    await until(() => upstream.isClosed, 'the upstream is told');
    const [record] = made.records;
    assert.deepEqual(
      [record?.status, record?.bytes, record?.complete, record?.exchange?.request.headers.get('host')],
      [101, 5, false, 'a'],
    );
    assert.equal(record?.sentBytes, client.received.length);
    assert.equal(record?.exchange?.requestLength, get('/', asks).length);
    assert.deepEqual(made.front.counts().active, 0);
  });

  it('brings all that an upstream sent before it went, and ends the client, which may send on in vain', async () => {
    const { upstream, client } = await open();
    const size = 5_000_000;
    upstream.client?.bytes(Buffer.alloc(size, 'x'));
    upstream.client?.close();
    client.send('in vain');
    await until(() => client.ended, 'the end');
    assert.equal(content(client).length, size);
    assert.equal(upstream.received, '');
    client.end();
    await until(() => client.closed, 'the connection is closed');
    assert.equal(upstream.isClosed, false);
  });

  it('cuts a client that goes on after its upstream has gone', async () => {
    const upstream = new FakeUpstream();
    const made = await stage(() => upstream.tunnel(), { lingerMs: 100 });
    const client = await made.client();
    client.send(get('/', asks));
    await client.sees(/\r\n\r\n/);
    upstream.client?.close();
    await until(() => made.records.length === 1, 'it is cut');
    assert.equal(made.records[0]?.complete, true);
  });

  it('cuts a client that takes nothing', async () => {
    const upstream = new FakeUpstream();
    const made = await stage(() => upstream.tunnel(), { sendMs: 300 });
    const client = await made.client();
    client.send(get('/', asks));
    await client.sees(/\r\n\r\n/);
    client.socket.pause();
    upstream.client?.bytes(Buffer.alloc(50_000_000));
    await until(() => upstream.isClosed, 'it is cut');
  });

  it('may be silent for longer than any timeout of requests', async () => {
    const upstream = new FakeUpstream();
    const made = await stage(() => upstream.tunnel(), { headMs: 1, bodyMs: 1, keepAliveMs: 1, sendMs: 1, lingerMs: 1 });
    const client = await made.client();
    client.send(get('/', asks));
    await client.sees(/\r\n\r\n/);
    const since = made.front.coarseNow;
    await until(() => made.front.coarseNow > since + 500, 'two sweeps');
    upstream.send('still open');
    await client.sees(/still open$/);
  });

  it('is cut at a stop only when its time is over', async () => {
    const { upstream, client, made } = await open();
    const closing = made.front.close(400);
    upstream.onBytes = (chunk) => upstream.client?.bytes(chunk);
    await until(() => made.front.stopping, 'the stop');
    client.send('still open');
    await client.sees(/still open$/);
    assert.equal(await closing, 1);
    assert.equal(upstream.isClosed, true);
    await client.all();
  });

  it('lets a stop end when it ends', async () => {
    const { upstream, client, made } = await open();
    const closing = made.front.close(60_000);
    upstream.client?.close();
    client.end();
    assert.equal(await closing, 0);
  });

  it('begins only when the request is there to its end', async () => {
    const upstream = new FakeUpstream();
    const made = await stage((exchange) => {
      void read(exchange);
      return upstream.tunnel();
    });
    const client = await made.client();
    const size = 200_000;
    client.send(post(`${asks}Content-Length: ${size}`, 'x'.repeat(size - 1)));
    await until(() => made.front.requests === 1, 'the request');
    assert.equal(upstream.client, undefined);
    client.send('xbehind');
    await client.sees(/101 Switching/);
    await until(() => upstream.received === 'behind', 'what is behind the body');
    assert.equal(upstream.isCancelled, false);
  });

  it('is given up where the request never ends', async () => {
    for (const leave of [(client: RawClient) => client.destroy(), (client: RawClient) => client.end()]) {
      const upstream = new FakeUpstream();
      const made = await stage(() => upstream.tunnel());
      const client = await made.client();
      client.send(post(`${asks}Content-Length: 200000`, 'x'));
      await until(() => made.front.requests === 1, 'the request');
      leave(client);
      await until(() => upstream.isCancelled, 'it is given up');
      assert.equal(upstream.client, undefined);
    }
  });

  it('is given up where the client left before the upstream agreed', async () => {
    const upstream = new FakeUpstream();
    const { promise, resolve } = Promise.withResolvers<Tunnel>();
    const made = await stage(() => promise);
    const client = await made.client();
    client.send(get('/', asks));
    await until(() => made.front.requests === 1, 'the request');
    client.destroy();
    await until(() => made.records.length === 1, 'the record');
    resolve(upstream.tunnel());
    await until(() => upstream.isCancelled, 'it is given up');
  });

  it('is for requests that ask for it: another is a defect, and gets nothing', async () => {
    const upstream = new FakeUpstream();
    const made = await stage(() => upstream.tunnel());
    const client = await made.client();
    client.send(get('/'));
    assert.equal(await client.all(), '');
    assert.equal(upstream.isCancelled, true);
    assert.match(made.log.join(), /defect/);
  });

  it('may be what a WebSocket handshake leads to, a wrong one too', async () => {
    const seen: unknown[] = [];
    const upstream = new FakeUpstream();
    const made = await stage(({ hasUpgrade, isWebSocket, handshakeRefusal }) => {
      seen.push([hasUpgrade, isWebSocket, handshakeRefusal?.status]);
      return upstream.tunnel();
    });
    for (const text of [handshake('/'), handshake('/').replace('Version: 13', 'Version: 8')]) {
      const client = await made.client();
      client.send(text);
      await client.sees(/^HTTP\/1\.1 101 /);
    }
    assert.deepEqual(seen, [
      [true, true, undefined],
      [true, false, 426],
    ]);
  });

  it('is not offered for h2c, in HTTP/1.0, or without the connection option', async () => {
    const says: Handler = async (exchange) => reply(`${exchange.hasUpgrade} ${await read(exchange)}`);
    const made = await stage(says);
    const client = await made.client();
    client.send(get('/', 'Connection: upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n'));
    await client.sees(/false $/);
    client.send(get('/', 'Upgrade: echo\r\n'));
    await client.sees(/false (?:.|\s)*false $/);
    client.send(get('/', asks).replace('1.1', '1.0'));
    await client.sees(/false (?:.|\s)*false (?:.|\s)*false $/);
  });
});
