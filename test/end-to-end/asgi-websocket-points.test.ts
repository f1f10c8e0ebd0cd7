import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';
import { RawWebSocket } from '../support/raw-websocket.ts';
import { until } from '../support/until.ts';

const folder = fileURLToPath(new URL('../apps', import.meta.url));

/** Each number is a point of the list of what ASGI servers get wrong; here each is shown over the wire. */
describe('ASGI over WebSocket', () => {
  let galley: Galley;
  const sockets: RawWebSocket[] = [];

  before(async () => {
    const args = ['--workers', '1', '--root-path', '/mounted', '--ws-max-size', '1000'];
    galley = await startGalley('points_asgi_app:app', { cwd: folder, args });
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  after(() => galley[Symbol.asyncDispose]());

  async function open(target: string, ...fields: string[]): Promise<RawWebSocket> {
    const socket = await RawWebSocket.open(galley.port, target, fields);
    sockets.push(socket);
    return socket;
  }

  /** What the app noted, at least so much. */
  async function told(least: number): Promise<unknown[]> {
    const all: unknown[] = [];
    await until(
      async () => {
        all.push(...((await (await fetch(`${galley.url}/told`)).json()) as unknown[]));
        return all.length >= least;
      },
      () => `${least} notes, there are ${JSON.stringify(all)}`,
    );
    return all;
  }

  it('1 to 3: has the path, scheme and root_path in the scope', async () => {
    const socket = await open('/sc%6Fpe?x=%20');
    assert.equal(socket.status, 101);
    assert.match(socket.head, /x-app: yes\r\n/);
    const seen = JSON.parse((await socket.next()).payload) as Record<string, unknown>;
    assert.deepEqual(seen, {
      type: 'websocket',
      scheme: 'ws',
      path: '/mounted/scope',
      raw_path: '/mounted/sc%6Fpe',
      root_path: '/mounted',
      query_string: 'x=%20',
      http_version: '1.1',
      subprotocols: [],
      asgi: { version: '3.0', spec_version: '2.5' },
      extensions: { 'websocket.http.response': {} },
      first: 'websocket.connect',
      state: ['shared'],
    });
  });

  it('19: asks the app before it answers the handshake; close before accept is 403', async () => {
    const { head } = await open('/close-first');
    assert.match(head, /^HTTP\/1\.1 403 Forbidden\r\n/);
  });

  it("19: answers what the app denies with the app's own response", async () => {
    const { head, client } = await open('/denied');
    assert.match(head, /^HTTP\/1\.1 401 Unauthorized\r\n[\s\S]*www-authenticate: Basic\r\n/);
    await client.sees(/who [\s\S]*are you\?/);
  });

  it('19: answers 500 where the app raises or returns before it accepts', async () => {
    assert.equal((await open('/raises-first')).status, 500);
    assert.equal((await open('/returns-first')).status, 500);
  });

  it('20: splits the subprotocols, and takes the answer only by its own key', async () => {
    const socket = await open('/echo', 'Sec-WebSocket-Protocol: one, two', 'Sec-WebSocket-Protocol: three');
    assert.match(socket.head, /sec-websocket-protocol: one\r\n/);
    assert.equal((await open('/own-protocol-header')).status, 500);
    assert.equal((await told(1)).length, 1);
  });

  it('21: carries text and bytes, fragments as one message, and empty messages', async () => {
    const socket = await open('/echo');
    for (const [opcode, payload] of [
      [1, 'h\xc3\xa9'],
      [2, '\x00\xff'],
      [1, ''],
      [2, ''],
    ] as const) {
      socket.send(opcode, payload);
      assert.deepEqual(await socket.next(), { isFinal: true, isCompressed: false, opcode, payload });
    }
    socket.send(1, 'in\xc3', false);
    socket.send(0, '\xa9', false);
    socket.send(0, ' pieces');
    assert.equal((await socket.next()).payload, 'in\xc3\xa9 pieces');
  });

  it('22: tells the app the code and reason, 1005 where there is none, 1006 where the connection is lost', async () => {
    for (const [leave, expected] of [
      [(socket: RawWebSocket) => socket.close(4001, 'bye'), [4001, 'bye']],
      [(socket: RawWebSocket) => socket.close(1001), [1001, '']],
      [(socket: RawWebSocket) => socket.send(8, ''), [1005, '']],
      [(socket: RawWebSocket) => socket.destroy(), [1006, '']],
    ] as const) {
      leave(await open('/noted'));
      assert.deepEqual(await told(2), Array(2).fill(['websocket.disconnect', ...expected]));
    }
  });

  it('22: closes with 1000 when the app returns, 1011 when it raises', async () => {
    assert.deepEqual(await (await open('/returns')).closed(), [1000, '']);
    assert.deepEqual(await (await open('/raises')).closed(), [1011, '']);
    await galley.says(/the app failed: GET \/raises[\s\S]*RuntimeError: after the handshake/);
  });

  it('22: completes the closing handshake that the app begins; send raises OSError then', async () => {
    const socket = await open('/closes');
    assert.deepEqual(await socket.closed(), [4321, 'enough']);
    socket.close(4321);
    assert.deepEqual(await told(2), [['disconnect', 4321], 'OSError']);
  });

  it('23: closes with 1009 what is longer than the limit, 1007 what is not UTF-8, 1002 what is no frame', async () => {
    const within = await open('/echo');
    within.text('x'.repeat(1000));
    assert.equal((await within.next()).payload.length, 1000);
    for (const [send, code] of [
      [(socket: RawWebSocket) => socket.text('x'.repeat(1001)), 1009],
      [(socket: RawWebSocket) => socket.text('\xc3\x28'), 1007],
      [(socket: RawWebSocket) => socket.send(3, ''), 1002],
    ] as const) {
      const socket = await open('/noted');
      send(socket);
      assert.equal((await socket.closed())[0], code);
      assert.deepEqual((await told(2))[0], ['websocket.disconnect', code, '']);
    }
  });
});
