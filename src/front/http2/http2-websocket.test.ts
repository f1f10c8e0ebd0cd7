import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Stream } from 'node:http2';
import { afterEach, describe, it } from 'node:test';
import { closeStages, reply, stage } from '../../../test/support/front-stage.ts';
import { answerOf, Http2Client } from '../../../test/support/http2-client.ts';
import { maskedFrame } from '../../../test/support/raw-websocket.ts';
import { until } from '../../../test/support/until.ts';
import type { Exchange } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Outcome } from '../../core/reply.ts';
import type { TunnelEnd } from '../../core/tunnel.ts';
import { pieceOverhead, type WebSocketEnd } from '../../core/websocket.ts';

const clients: Http2Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await closeStages();
});

interface Opened {
  readonly stream: ClientHttp2Stream;
  readonly answer: ReturnType<typeof answerOf>;
  /** Latin-1 of what came so far. */
  received(): string;
}

async function connect(port: number): Promise<Http2Client> {
  const client = new Http2Client(port);
  clients.push(client);
  await once(client.session, 'remoteSettings');
  return client;
}

function open(client: Http2Client, fields: Record<string, string> = {}): Opened {
  const stream = client.open(
    {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'http',
      ':path': '/chat',
      'sec-websocket-version': '13',
      ...fields,
    },
    false,
  );
  let received = '';
  stream.on('data', (piece: Buffer) => {
    received += piece.toString('latin1');
  });
  return { stream, answer: answerOf(stream), received: () => received };
}

/** Echoes messages, and notes what it is told. */
class EchoApp implements WebSocketEnd {
  readonly exchanges: Exchange[] = [];
  closed: [code: number, reason: string] | undefined;
  takes = true;
  client: WebSocketEnd | undefined;
  messages = 0;

  handle = (exchange: Exchange): Outcome => {
    this.exchanges.push(exchange);
    if (!exchange.isWebSocket) return exchange.handshakeRefusal ?? reply('no WebSocket');
    return {
      subprotocol: 'chat',
      headers: HeaderList.of([['x-app', 'yes']]),
      open: (client: WebSocketEnd) => {
        this.client = client;
        return this;
      },
    };
  };

  message(bytes: Uint8Array, isText: boolean): void {
    this.messages++;
    if (!this.takes) return;
    this.client?.taken(bytes.length + pieceOverhead);
    this.client?.message(bytes, isText, false);
  }

  close(code: number, reason: string): void {
    this.closed = [code, reason];
  }

  taken(): void {}
}

describe('a WebSocket over HTTP/2', () => {
  it('is offered in SETTINGS', async () => {
    const { port } = await stage(() => reply(''));
    const client = await connect(port);
    assert.equal(client.session.remoteSettings.enableConnectProtocol, true);
  });

  it('is opened by 200 without the fields of HTTP/1.1, and the app sees a handshake', async () => {
    const app = new EchoApp();
    const { port } = await stage(app.handle);
    const ofContent = { 'content-length': '1', expect: '100-continue', te: 'trailers' };
    const { stream, received } = open(await connect(port), { 'sec-websocket-protocol': 'chat', ...ofContent });
    const [headers] = await once(stream, 'response');
    assert.equal(headers[':status'], 200);
    assert.equal(headers['sec-websocket-protocol'], 'chat');
    assert.equal(headers['x-app'], 'yes');
    for (const name of ['connection', 'upgrade', 'sec-websocket-accept', 'content-length']) {
      assert.equal(headers[name], undefined, name);
    }
    const request = app.exchanges[0]?.request;
    assert.deepEqual([request?.method, request?.path, request?.version], ['GET', '/chat', '2']);
    assert.equal(request?.headers.get('upgrade'), 'websocket');
    for (const name of Object.keys(ofContent)) assert.equal(request?.headers.get(name), undefined, name);
    assert.match(request?.headers.get('sec-websocket-key') ?? '', /^[\w+/]{22}==$/);
    stream.write(Buffer.from(maskedFrame(1, 'hello'), 'latin1'));
    await until(() => received().includes('\x81\x05hello'), 'the echo');
  });

  it('takes messages that come behind the request before it is answered', async () => {
    const app = new EchoApp();
    const accept = Promise.withResolvers<void>();
    const { port, front } = await stage(async (exchange) => {
      await accept.promise;
      return app.handle(exchange);
    });
    const { stream, received } = open(await connect(port));
    stream.write(Buffer.from(maskedFrame(1, 'early'), 'latin1'));
    await until(() => front.counts().requests === 1, 'the request');
    accept.resolve();
    await until(() => received().includes('early'), 'the echo');
  });

  it('ends with the closing handshake, and is recorded once', async () => {
    const app = new EchoApp();
    const { port, records } = await stage(app.handle);
    const client = await connect(port);
    const { stream, answer } = open(client);
    await once(stream, 'response');
    stream.end(Buffer.from(maskedFrame(8, '\x03\xe8'), 'latin1'));
    const { body, code } = await answer;
    assert.deepEqual([body, code], ['\x88\x02\x03\xe8', 0]);
    assert.deepEqual(app.closed, [1000, '']);
    assert.equal(records.length, 1);
    assert.deepEqual([records[0]?.status, records[0]?.complete], [200, true]);
    assert.equal((await client.fetch('/')).body, 'no WebSocket');
  });

  it('is closed with 1006 where its stream is reset', async () => {
    const app = new EchoApp();
    const { port, records } = await stage(app.handle);
    const { stream } = open(await connect(port));
    await once(stream, 'response');
    stream.close(8);
    await until(() => app.closed !== undefined && records.length === 1, 'the end');
    assert.deepEqual(app.closed, [1006, '']);
    assert.equal(records[0]?.complete, false);
  });

  it('is closed with 1006 where the connection is lost', async () => {
    const app = new EchoApp();
    const { port, front } = await stage(app.handle);
    const client = await connect(port);
    const { stream } = open(client);
    await once(stream, 'response');
    client.destroy();
    await until(() => app.closed !== undefined && front.counts().active === 0, 'the end');
    assert.deepEqual(app.closed, [1006, '']);
  });

  it('is closed with 1012 when the front stops', async () => {
    const app = new EchoApp();
    const { port, front } = await stage(app.handle);
    const { stream, received } = open(await connect(port));
    await once(stream, 'response');
    const closed = front.close(5_000);
    await until(() => received().includes('\x88\x02\x03\xf4'), 'the close frame');
    stream.end(Buffer.from(maskedFrame(8, '\x03\xf4'), 'latin1'));
    assert.equal(await closed, 0);
    assert.deepEqual(app.closed, [1012, '']);
  });

  it('reads no more than a window ahead of an app that takes nothing, and goes on when it does', async () => {
    const app = new EchoApp();
    app.takes = false;
    const { port } = await stage(app.handle);
    const { stream } = open(await connect(port));
    await once(stream, 'response');
    const message = Buffer.from(maskedFrame(2, 'x'.repeat(10_000)), 'latin1');
    for (let count = 0; count < 100; count++) stream.write(message);
    await until(() => app.messages >= 6, 'the first messages');
    await new Promise((resolve) => setImmediate(resolve));
    const before = app.messages;
    assert.ok(before < 20, `${before} messages`);
    app.takes = true;
    app.client?.taken(before * (10_000 + pieceOverhead));
    await until(
      () => app.messages === 100,
      () => `all messages, ${app.messages} after ${before}`,
    );
  });

  it('lets the app send no faster than the client takes, and all of it arrives', async () => {
    const app = new EchoApp();
    const { port } = await stage(app.handle);
    const { stream, received } = open(await connect(port));
    await once(stream, 'response');
    const text = 'y'.repeat(200_000);
    for (let count = 0; count < 5; count++) stream.write(Buffer.from(maskedFrame(2, text), 'latin1'));
    await until(() => received().length === 5 * (text.length + 10), 'all echoes');
  });

  it('is refused with 426 where the version is another', async () => {
    const app = new EchoApp();
    const { port } = await stage(app.handle);
    const { status, headers } = await open(await connect(port), { 'sec-websocket-version': '8' }).answer;
    assert.equal(status, 426);
    assert.equal(headers['sec-websocket-version'], '13');
  });

  it('is denied by any other answer; one that would mean that it is open becomes 501', async () => {
    const { port } = await stage(({ request }) => reply('here', [], request.path === '/denied' ? 403 : 200));
    const client = await connect(port);
    assert.equal((await open(client, { ':path': '/denied' }).answer).status, 403);
    assert.equal((await open(client).answer).status, 501);
  });

  it('is the only protocol that CONNECT leads to', async () => {
    const { port } = await stage(() => reply('here'));
    assert.equal((await open(await connect(port), { ':protocol': 'connect-udp' }).answer).status, 501);
  });
});

describe('a tunnel over HTTP/2', () => {
  it('carries what an upstream of HTTP/1.1 speaks after its 101', async () => {
    const came: string[] = [];
    let client: TunnelEnd | undefined;
    let hasEnded = false;
    const peer: TunnelEnd = {
      bytes: (chunk) => {
        came.push(Buffer.from(chunk).toString('latin1'));
        client?.taken(chunk.length);
      },
      end: () => {
        hasEnded = true;
      },
      close: () => {},
      taken: () => {},
    };
    const { port, records } = await stage(() => ({
      kind: 'tunnel' as const,
      headers: HeaderList.of([
        ['upgrade', 'websocket'],
        ['connection', 'upgrade'],
        ['sec-websocket-accept', 'x'],
        ['x-upstream', 'yes'],
      ]),
      open: (end: TunnelEnd) => {
        client = end;
        return peer;
      },
      cancel: () => {},
    }));
    const { stream, answer } = open(await connect(port));
    const [headers] = await once(stream, 'response');
    assert.deepEqual(
      [headers[':status'], headers['x-upstream'], headers['sec-websocket-accept'], headers['upgrade']],
      [200, 'yes', undefined, undefined],
    );
    stream.write('up');
    await until(() => came.join('') === 'up', 'the bytes of the client');
    client?.bytes(Buffer.from('down'));
    client?.end();
    stream.end();
    await until(() => hasEnded, 'the end of the client');
    assert.equal((await answer).body, 'down');
    await until(() => records.length === 1, 'the record');
    assert.deepEqual([records[0]?.status, records[0]?.bytes, records[0]?.complete], [200, 4, true]);
  });
});
