import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { closeStages, type FrontStage, get, reply, stage } from '../../test/support/front-stage.ts';
import { handshake, maskedFrame, RawWebSocket } from '../../test/support/raw-websocket.ts';
import { until } from '../../test/support/until.ts';
import type { Handler } from '../core/handler.ts';
import { HeaderList } from '../core/headers.ts';
import type { Upgrade, WebSocketEnd } from '../core/websocket.ts';
import { pieceOverhead } from '../core/websocket.ts';

/** An app's end that notes what it is told and does what the test says. */
class FakeApp implements WebSocketEnd {
  readonly messages: string[] = [];
  closed: [code: number, reason: string] | undefined;
  takenBytes = 0;
  client: WebSocketEnd | undefined;
  /** Whether messages are taken as they come. */
  takes = true;
  onMessage: (text: string, isText: boolean) => void = () => {};

  message(bytes: Uint8Array, isText: boolean): void {
    const text = Buffer.from(bytes).toString('latin1');
    this.messages.push(text);
    if (this.takes) this.client?.taken(bytes.length + pieceOverhead);
    this.onMessage(text, isText);
  }

  close(code: number, reason: string): void {
    this.closed = [code, reason];
  }

  taken(amount: number): void {
    this.takenBytes += amount;
  }

  send(text: string, more = false): void {
    this.client?.message(Buffer.from(text, 'latin1'), true, more);
  }

  accept(subprotocol?: string, fields: [string, string][] = []): Upgrade {
    return {
      subprotocol,
      headers: HeaderList.of(fields),
      open: (client) => {
        this.client = client;
        return this;
      },
    };
  }
}

const sockets: RawWebSocket[] = [];

async function connect(made: FrontStage, fields: string[] = [], early = ''): Promise<RawWebSocket> {
  const socket = await RawWebSocket.open(made.port, '/', fields, early);
  sockets.push(socket);
  return socket;
}

async function open(fields: string[] = []): Promise<{ app: FakeApp; socket: RawWebSocket; made: FrontStage }> {
  const app = new FakeApp();
  const made = await stage(() => app.accept());
  return { app, made, socket: await connect(made, fields) };
}

function echoed(app: FakeApp): FakeApp {
  app.onMessage = (text, isText) => app.client?.message(Buffer.from(text, 'latin1'), isText, false);
  return app;
}

describe('a WebSocket at the front', () => {
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await closeStages();
  });

  it('is opened by a 101 that answers the key, with the subprotocol and headers of the app but none of its own', async () => {
    const app = new FakeApp();
    const made = await stage(() =>
      app.accept('chat', [
        ['x-app', '1'],
        ['sec-websocket-accept', 'forged'],
        ['connection', 'close'],
      ]),
    );
    const { head } = await connect(made, ['Sec-WebSocket-Protocol: chat']);
    assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
    assert.match(head, /\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
    assert.match(head, /\r\nsec-websocket-protocol: chat\r\n/);
    assert.match(head, /\r\nx-app: 1\r\n/);
    assert.doesNotMatch(head, /forged|close|content-length|transfer-encoding/);
  });

  it('carries messages both ways, also one that came with the handshake', async () => {
    const app = echoed(new FakeApp());
    const made = await stage(() => app.accept());
    const socket = await connect(made, [], maskedFrame(1, 'early'));
    assert.equal((await socket.next()).payload, 'early');
    socket.send(2, '\x00\xff');
    assert.deepEqual(await socket.next(), { isFinal: true, isCompressed: false, opcode: 2, payload: '\x00\xff' });
    socket.send(1, 'in ', false);
    socket.send(9, 'ping');
    socket.send(0, 'pieces');
    const frames = [await socket.next(), await socket.next()];
    assert.deepEqual(frames.map(({ opcode, payload }) => [opcode, payload]).sort(), [
      [1, 'in pieces'],
      [10, 'ping'],
    ]);
    assert.equal(app.takenBytes, 5 + 2 + 9 + 3 * pieceOverhead);
  });

  it('sends a message that the app gives in pieces as fragments', async () => {
    const { app, socket } = await open();
    app.send('one ', true);
    app.send('message', false);
    app.send('next');
    const frames = [await socket.next(), await socket.next(), await socket.next()];
    assert.deepEqual(
      frames.map(({ opcode, isFinal, payload }) => [opcode, isFinal, payload]),
      [
        [1, false, 'one '],
        [0, true, 'message'],
        [1, true, 'next'],
      ],
    );
  });

  it('answers a close frame with its code, tells the app and ends the connection', async () => {
    const { app, socket, made } = await open();
    socket.close(4001, 'bye');
    assert.deepEqual(await socket.closed(), [4001, '']);
    await socket.client.all();
    assert.deepEqual(app.closed, [4001, 'bye']);
    await until(() => made.records.length === 1, 'the record');
    const [record] = made.records;
    assert.deepEqual(
      [record?.status, record?.complete, record?.exchange?.request.headers.get('host')],
      [101, true, 'a'],
    );
  });

  it('tells the app 1005 where the close frame has no code', async () => {
    const { app, socket } = await open();
    socket.send(8, '');
    assert.deepEqual(await socket.closed(), [1005, '']);
    assert.deepEqual(app.closed, [1005, '']);
  });

  it('tells the app 1006 where the connection is lost or ends without a close frame', async () => {
    for (const leave of [(socket: RawWebSocket) => socket.destroy(), (socket: RawWebSocket) => socket.client.end()]) {
      const { app, socket } = await open();
      leave(socket);
      await until(() => app.closed !== undefined, 'the app is told');
      assert.deepEqual(app.closed, [1006, '']);
    }
  });

  it('closes for the app, waits for the answer, and drops what the client still sends', async () => {
    const { app, socket } = await open();
    app.client?.close(1000, 'done');
    assert.deepEqual(await socket.closed(), [1000, 'done']);
    socket.text('too late');
    socket.close(1000);
    await socket.client.all();
    assert.deepEqual(app.messages, []);
    assert.deepEqual(app.closed, [1000, '']);
  });

  it('cuts a client that does not answer a close frame in time', async () => {
    const app = new FakeApp();
    const made = await stage(() => app.accept(), { webSocket: { closeMs: 300 } });
    const socket = await connect(made);
    app.client?.close(1000, '');
    assert.deepEqual(await socket.closed(), [1000, '']);
    await socket.client.all();
    assert.deepEqual(app.closed, [1006, '']);
  });

  it('pings a silent client and cuts one that stays silent; any frame is a sign of life', async () => {
    const app = new FakeApp();
    const made = await stage(() => app.accept(), { webSocket: { pingIntervalMs: 300, pingTimeoutMs: 300 } });
    const socket = await connect(made);
    assert.equal((await socket.next()).opcode, 9);
    socket.send(10, '');
    assert.equal((await socket.next()).opcode, 9);
    socket.text('alive');
    assert.equal((await socket.next()).opcode, 9);
    await socket.client.all();
    assert.deepEqual(app.closed, [1006, '']);
    assert.deepEqual(app.messages, ['alive']);
  });

  const wrong: [what: string, code: number, send: (socket: RawWebSocket) => void][] = [
    ['a frame without a mask', 1002, (socket) => socket.client.send('\x81\x01a')],
    ['a reserved opcode', 1002, (socket) => socket.send(3, '')],
    ['text that is not UTF-8', 1007, (socket) => socket.text('\xc3\x28')],
    ['a message over the limit', 1009, (socket) => socket.text('x'.repeat(1001))],
    [
      'a frame that announces more than the limit',
      1009,
      (socket) => socket.client.send('\x82\xff\0\0\0\x01\0\0\0\0abcd'),
    ],
    ['a close frame with a code that must not be sent', 1002, (socket) => socket.close(1006)],
  ];
  for (const [what, code, send] of wrong) {
    it(`answers ${what} with ${code} and tells the app`, async () => {
      const app = new FakeApp();
      const made = await stage(() => app.accept(), { webSocket: { maxMessageSize: 1000 } });
      const socket = await connect(made);
      send(socket);
      assert.equal((await socket.closed())[0], code);
      await socket.client.all();
      assert.equal(app.closed?.[0], code);
    });
  }

  it('takes a message exactly at the limit', async () => {
    const app = echoed(new FakeApp());
    const made = await stage(() => app.accept(), { webSocket: { maxMessageSize: 1000 } });
    const socket = await connect(made);
    socket.text('x'.repeat(1000));
    assert.equal((await socket.next()).payload.length, 1000);
  });

  it('agrees on compression, without context takeover, and uses it for what is worth it', async () => {
    const { app, socket } = await open(['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits']);
    assert.match(
      socket.head,
      /sec-websocket-extensions: permessage-deflate; server_no_context_takeover; client_no_context/,
    );
    echoed(app);
    const text = 'compressible '.repeat(500);
    const deflated = deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4);
    socket.send(0x40 | 1, deflated.toString('latin1'));
    const echo = await socket.next();
    assert.deepEqual([app.messages, echo.isCompressed], [[text], true]);
    assert.ok(echo.payload.length < 500);
    app.send('short');
    assert.deepEqual(await socket.next(), { isFinal: true, isCompressed: false, opcode: 1, payload: 'short' });
  });

  it('reads no more from a client whose app takes nothing, and goes on when it does', async () => {
    const { app, socket } = await open();
    app.takes = false;
    const piece = 'x'.repeat(60_000);
    let sent = 0;
    while (sent < 50_000_000 && socket.client.socket.writableLength < 1_000_000) {
      socket.text(piece);
      sent += piece.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(sent < 50_000_000, 'the client could send all the time');
    app.takes = true;
    app.client?.taken(app.messages.length * (piece.length + pieceOverhead));
    await until(() => app.messages.length * piece.length === sent, 'the rest arrives');
  });

  it('decompresses no message that the app does not take', async () => {
    const { app, socket } = await open(['Sec-WebSocket-Extensions: permessage-deflate']);
    app.takes = false;
    const bomb = deflateRawSync(Buffer.alloc(1_000_000), { finishFlush: 2 }).subarray(0, -4).toString('latin1');
    socket.client.send(maskedFrame(0x40 | 2, bomb).repeat(5));
    for (let count = 1; count <= 5; count++) {
      await until(() => app.messages.length >= count, `message ${count}`);
      socket.send(9, '');
      assert.equal(app.messages.length, count);
      app.client?.taken(1_000_000 + pieceOverhead);
    }
    assert.equal((await socket.next()).opcode, 10);
  });

  it('answers compressed data with something behind its final block with 1007', async () => {
    const { app, socket } = await open(['Sec-WebSocket-Extensions: permessage-deflate']);
    const hello = deflateRawSync('hello').toString('latin1');
    socket.send(0x40 | 1, `${hello}\0`);
    await until(() => app.messages.length === 1, 'the message that ends as RFC 7692 section 7.2.3.4 says');
    socket.send(0x40 | 1, `${hello}${'x'.repeat(100)}`);
    assert.equal((await socket.closed())[0], 1007);
  });

  it('notices that a client has left although its app takes nothing', async () => {
    const app = new FakeApp();
    const made = await stage(() => app.accept(), { webSocket: { pingIntervalMs: 300, pingTimeoutMs: 300 } });
    const socket = await connect(made);
    app.takes = false;
    for (let count = 0; count < 8; count++) socket.text('x'.repeat(60_000));
    await until(() => app.messages.length > 0, 'a message');
    socket.destroy();
    await until(() => app.closed !== undefined, 'the app is told');
    assert.deepEqual(app.closed, [1006, '']);
  });

  it('takes the close frame of a client whose messages the app has not taken, once the app closes', async () => {
    const { app, socket } = await open();
    app.takes = false;
    socket.client.send(maskedFrame(1, 'x'.repeat(70_000)) + maskedFrame(1, 'more') + maskedFrame(8, '\x03\xe8'));
    await until(() => app.messages.length === 1, 'a message');
    app.client?.close(1000, '');
    assert.deepEqual(await socket.closed(), [1000, '']);
    await until(() => app.closed !== undefined, 'the app is told');
    assert.deepEqual([app.closed, app.messages.length], [[1000, ''], 1]);
  });

  it('cuts a client that reads nothing of what stands before a close frame', async () => {
    const app = new FakeApp();
    const made = await stage(() => app.accept(), { sendMs: 500, webSocket: { closeMs: 60_000 } });
    const socket = await connect(made);
    socket.client.socket.pause();
    for (let count = 0; count < 400; count++) app.send('x'.repeat(60_000));
    app.client?.close(1000, '');
    await until(() => made.records.length === 1, 'the connection is cut');
    assert.deepEqual(app.closed, [1006, '']);
  });

  it('tells the app what the client took only when it did', async () => {
    const { app, socket } = await open();
    socket.client.socket.pause();
    const piece = 'x'.repeat(60_000);
    let sent = 0;
    while (sent < 50_000_000 && sent - app.takenBytes < 1_000_000) {
      app.send(piece);
      sent += piece.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(sent < 50_000_000, 'the app was told of all');
    socket.client.socket.resume();
    await until(() => app.takenBytes >= sent, 'all is taken');
  });

  it('answers a flood of pings in order and in few writes', async () => {
    const { socket } = await open();
    const count = 2000;
    socket.client.send(Array.from({ length: count }, (_, index) => maskedFrame(9, String(index))).join(''));
    for (let index = 0; index < count; index++) {
      const { opcode, payload } = await socket.next();
      assert.deepEqual([opcode, payload], [10, String(index)]);
    }
  });

  it('is closed with 1012 at both ends when the front stops', async () => {
    const { app, socket, made } = await open();
    const closing = made.front.close(5_000);
    assert.deepEqual(await socket.closed(), [1012, '']);
    assert.deepEqual(app.closed, [1012, '']);
    socket.close(1012);
    await socket.client.all();
    assert.equal(await closing, 0);
  });

  it('is not opened where the handshake is wrong', async () => {
    const made = await stage(({ handshakeRefusal }) => handshakeRefusal ?? assert.fail('it is taken to be right'));
    const bad: [change: (text: string) => string, status: number, more: RegExp][] = [
      [(text) => text.replace('Version: 13', 'Version: 8'), 426, /\r\nsec-websocket-version: 13\r\n/],
      [(text) => text.replace('Version: 13', 'Version: 8'), 426, /\r\nupgrade: websocket\r\nconnection: upgrade\r\n/],
      [(text) => text.replace('dGhl', ''), 400, /Sec-WebSocket-Key/],
      [(text) => text.replace('GET', 'POST'), 400, /not GET/],
    ];
    for (const [change, status, more] of bad) {
      const client = await made.client();
      client.send(change(handshake('/')));
      await client.sees(/\r\n\r\n.*\n/);
      assert.match(client.received, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(client.received, more);
      client.destroy();
    }
  });

  it('is denied by any other answer, after which the connection goes on', async () => {
    const answers: Handler = ({ isWebSocket }) => reply(String(isWebSocket), [], isWebSocket ? 403 : 200);
    const made = await stage(answers);
    const socket = await connect(made);
    assert.equal(socket.status, 403);
    socket.client.send(get('/again'));
    await socket.client.sees(/false/);
    assert.match(socket.client.received, /\r\n\r\ntrueHTTP\/1\.1 200 OK/);
  });

  it('is no WebSocket without the upgrade fields or in HTTP/1.0', async () => {
    const made = await stage(({ isWebSocket }) => reply(String(isWebSocket)));
    for (const change of [
      (text: string) => text.replace('Connection: Upgrade\r\n', ''),
      (text: string) => text.replace('Upgrade: websocket\r\n', ''),
      (text: string) => text.replace('HTTP/1.1', 'HTTP/1.0'),
    ]) {
      const client = await made.client();
      client.send(change(handshake('/')));
      await client.sees(/false/);
      client.destroy();
    }
  });

  it('is given up where the client leaves before the app has accepted', async () => {
    const { promise, resolve } = Promise.withResolvers<Upgrade>();
    const app = new FakeApp();
    const aborted: string[] = [];
    const made = await stage((exchange) => {
      exchange.onAbort((reason) => aborted.push(reason));
      return promise;
    });
    const client = await made.client();
    client.send(handshake('/'));
    client.end();
    await until(() => aborted.length === 1, 'the abort');
    resolve(app.accept());
    await until(() => made.records.length === 1, 'the record');
    assert.equal(app.client, undefined);
    assert.deepEqual(aborted, ['client-closed']);
  });
});
