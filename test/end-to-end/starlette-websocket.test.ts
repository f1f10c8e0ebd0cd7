import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Galley, startGalley } from '../support/galley.ts';
import { PythonScript } from '../support/python-script.ts';
import { until } from '../support/until.ts';
import { WebSocketClient } from '../support/websocket-client.ts';

const apps = fileURLToPath(new URL('../apps', import.meta.url));

interface Denial {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

describe('Starlette and FastAPI with WebSockets', () => {
  let galley: Galley;
  let python: PythonScript;
  const open = (path: string, protocols?: readonly string[]): Promise<WebSocketClient> =>
    WebSocketClient.open(galley.url + path, protocols);
  const denial = (path: string): Promise<Denial> => python.call<Denial>('is_denied', path);

  /** The code and the reason that the endpoint /watched/KEY was told of. */
  async function closeSeen(key: string): Promise<unknown> {
    let seen: unknown = null;
    await until(
      async () => {
        seen = await (await fetch(`${galley.url}/watched/${key}`)).json();
        return seen !== null;
      },
      () => `the app hears of the end of ${key}`,
    );
    return seen;
  }

  before(async () => {
    galley = await startGalley('starlette_websocket_app:app', { cwd: apps, args: ['--workers', '1'] });
    python = new PythonScript('starlette_client', galley.url);
  });

  describe('with the websockets client', () => {
    it('echoes text and bytes', () => python.call('echoes'));
    it('echoes JSON as text', () => python.call('echoes_json', 'text'));
    it('echoes JSON as bytes', () => python.call('echoes_json', 'binary'));
    it('keeps a thousand messages in order', () => python.call('echoes_in_order'));
    it('echoes a message of 1 MiB', () => python.call('echoes_a_megabyte'));
    it('joins the fragments of a message', () => python.call('echoes_fragments'));
    it('answers pings', () => python.call('is_answered_pings'));
    it('goes without compression where none is offered', () => python.call('goes_without_compression'));

    it('compresses where the client offers it', async () => {
      assert.match(await python.call<string>('agrees_on_compression'), /^permessage-deflate/);
    });

    it('agrees on the subprotocol that the app takes, and sends its headers', () =>
      python.call('agrees_on_a_subprotocol'));

    it('gives the app the scope of the handshake', async () => {
      assert.deepEqual(await python.call<unknown>('scope'), {
        type: 'websocket',
        scheme: 'ws',
        http_version: '1.1',
        path: '/scope/café x',
        root_path: '',
        raw_path: '/scope/caf%C3%A9%20x',
        query_string: 'q=a%20b&q=',
        x_name: ['Ana', 'Ben'],
        client: '127.0.0.1',
        state: { greeting: 'from lifespan' },
      });
    });

    it('closes with the code and the reason of the app', async () => {
      const asked = JSON.stringify({ code: 4321, reason: 'enough of žluť' });
      assert.deepEqual(await python.call<unknown>('is_closed', '/close', asked), [4321, 'enough of žluť']);
    });

    it('closes with 1000 when the app returns', async () => {
      assert.deepEqual(await python.call<unknown>('is_closed', '/return'), [1000, '']);
    });

    it('closes with 1011 when the app raises, and shows the traceback', async () => {
      const [code] = await python.call<[number, string]>('is_closed', '/fail', 'go');
      assert.equal(code, 1011);
      await galley.says(/Traceback[\s\S]*in fail\n[\s\S]*RuntimeError: the oar broke\n/);
    });

    it("gives the app the client's code and reason, and answers with the same code", async () => {
      assert.equal(await python.call<number>('closes', 'python', 4001, 'zpátky'), 4001);
      assert.deepEqual(await closeSeen('python'), [4001, 'zpátky']);
    });

    it('denies with the answer of the app', async () => {
      const { status, headers, body } = await denial('/deny');
      assert.deepEqual([status, headers['www-authenticate'], body], [401, 'Oars', '{"denied":"no oar"}']);
    });

    it('denies with an answer in pieces', async () => {
      const { status, headers, body } = await denial('/deny-in-pieces');
      assert.deepEqual([status, headers['retry-after'], body], [503, '7', 'not today']);
    });

    it('denies with the status of an HTTPException', async () => {
      const { status, body } = await denial('/http-exception');
      assert.deepEqual([status, body], [418, 'this is a teapot']);
    });

    it('answers 403 where the app closes before it accepts', async () => {
      assert.equal((await denial('/refuse')).status, 403);
      assert.equal((await denial('/nowhere')).status, 403);
    });

    it('answers 500 where the app raises before it accepts', async () => {
      assert.equal((await denial('/fail-before-accept')).status, 500);
      await galley.says(/RuntimeError: the oar broke early/);
    });

    it('serves an endpoint of FastAPI with a path, a query and a header that are checked', async () => {
      assert.deepEqual(await python.call<unknown>('takes_a_typed_seat', '7?side=starboard', 'Ana'), {
        number: 7,
        name: 'Ana',
        side: 'starboard',
      });
      assert.equal((await python.call<Denial>('is_denied_a_seat', 'seven', 'Ana')).status, 403);
      assert.equal((await python.call<Denial>('is_denied_a_seat', '7', 'nobody')).status, 403);
    });

    it('closes with the code of a WebSocketException', async () => {
      assert.deepEqual(await python.call<unknown>('is_closed', '/fastapi/late'), [3000, 'too late']);
    });
  });

  describe("with Node's client", () => {
    it('echoes text and bytes', async () => {
      const client = await open('/echo');
      for (const message of ['ahoy', 'žluťoučký kůň 🐎', '', Buffer.from([0, 255]), 'x'.repeat(1 << 20)]) {
        client.send(message);
        assert.deepEqual(await client.receive(), message);
      }
      client.close();
      await client.closed();
    });

    it('agrees on a subprotocol', async () => {
      const client = await open('/subprotocol', ['chat', 'superchat']);
      assert.equal(client.protocol, 'superchat');
      assert.deepEqual(await client.closed(), { code: 1000, reason: '', wasClean: true });
    });

    it('closes with the code and the reason of the app', async () => {
      const client = await open('/close');
      client.send(JSON.stringify({ code: 3999, reason: 'land' }));
      assert.deepEqual(await client.closed(), { code: 3999, reason: 'land', wasClean: true });
    });

    it("gives the app the client's code and reason", async () => {
      const client = await open('/watched/node');
      client.close(4002, 'off');
      const { code, wasClean } = await client.closed();
      assert.deepEqual([code, wasClean], [4002, true]);
      assert.deepEqual(await closeSeen('node'), [4002, 'off']);
    });

    it('gives the app 1005 where the client names no code', async () => {
      const client = await open('/watched/silent');
      client.close();
      assert.equal((await client.closed()).wasClean, true);
      assert.deepEqual(await closeSeen('silent'), [1005, '']);
    });

    it('sends what one says to all', async () => {
      const clients = [await open('/broadcast'), await open('/broadcast'), await open('/broadcast')];
      assert.deepEqual(await Promise.all(clients.map((client) => client.receive())), ['1', '2', '3']);
      for (const client of clients) {
        client.send('ahoy');
        assert.deepEqual(await Promise.all(clients.map((each) => each.receive())), ['ahoy', 'ahoy', 'ahoy']);
      }
      for (const client of clients) client.close();
      await Promise.all(clients.map((client) => client.closed()));
    });

    it('is refused where the app denies', async () => {
      await assert.rejects(open('/deny'), /refused/);
    });
  });

  after(async () => {
    python?.[Symbol.dispose]();
    assert.equal(await galley?.stop(), 0);
    await galley?.leavesNothing();
  });
});
