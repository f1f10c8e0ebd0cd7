import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import type { UpstreamStatus } from '../../../src/upstream/upstream-status.ts';
import { DnsServer } from '../../support/dns-server.ts';
import { freePorts } from '../../support/free-ports.ts';
import { until } from '../../support/until.ts';
import { ConfigStage } from './config-stage.ts';

interface Backend extends AsyncDisposable {
  readonly port: number;
  /** Requests that it has had. */
  readonly requests: number;
  /** What it answers to health checks. */
  health: number;
}

/** A server that answers with its name. */
async function backend(name: string, at = 0): Promise<Backend> {
  let requests = 0;
  const server = createServer((request, response) => {
    if (request.url === '/health') {
      response.writeHead(made.health).end();
    } else {
      requests++;
      response.end(name);
    }
  });
  server.listen(at, '127.0.0.1');
  await once(server, 'listening');
  const made = {
    port: (server.address() as { readonly port: number }).port,
    health: 200,
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return made;
}

function config(port: number, upstream: string, location = '', server = ''): string {
  return `events {}
http {
  upstream app { ${upstream} }
  server { listen 127.0.0.1:${port}; ${server} location / { proxy_pass http://app; ${location} } }
}`;
}

async function bodies(stage: ConfigStage, count = 6): Promise<string> {
  let all = '';
  for (let asked = 0; asked < count; asked++) all += await stage.body('/');
  return all;
}

async function upstreams(stage: ConfigStage): Promise<readonly UpstreamStatus[]> {
  return JSON.parse((await stage.command('upstreams', '--json')).stdout);
}

async function states(stage: ConfigStage): Promise<string> {
  return (await upstreams(stage)).flatMap(({ members }) => members.map(({ state }) => state)).join();
}

async function change(stage: ConfigStage, ...words: string[]): Promise<void> {
  const { code, stderr } = await stage.command('upstreams', 'app', ...words);
  assert.deepEqual([code, stderr], [0, '']);
}

describe('Members of an upstream', () => {
  for (const threads of ['1', '2']) {
    it(`are changed while Galley runs, with ${threads} front threads`, async () => {
      await using a = await backend('a');
      await using b = await backend('b');
      await using c = await backend('c');
      const [first, second, third] = [a, b, c].map(({ port }) => `127.0.0.1:${port}`) as [string, string, string];
      const [port = 0] = await freePorts(1);
      const text = config(port, `server ${first}; server ${second};`);
      await using stage = await ConfigStage.start({ 'nginx.conf': text }, ['--front-threads', threads]);
      // Each thread has turns of its own.
      assert.deepEqual([...new Set(await bodies(stage, 20))].toSorted(), ['a', 'b']);

      await change(stage, 'drain', first);
      assert.equal(await bodies(stage), 'bbbbbb');
      await change(stage, 'add', third);
      await change(stage, 'remove', second);
      const before = b.requests;
      assert.equal(await bodies(stage), 'cccccc');
      const [{ name, members } = { name: '', members: [] }] = await upstreams(stage);
      assert.deepEqual(
        [name, ...members.map(({ address, state, requests }) => `${address} ${state} ${requests}`)],
        ['app', `${first} draining ${a.requests}`, `${third} up 6`],
      );
      assert.deepEqual((await stage.status()).upstreams, [{ name: 'app', usable: 1, members: 2 }]);

      assert.equal((await stage.command('reload')).code, 0);
      assert.equal(await bodies(stage), 'cccccc');

      await stage.folder.write('nginx.conf', config(port, `server ${first} weight=2; server ${second};`));
      assert.equal((await stage.command('reload')).code, 0);
      assert.deepEqual([...new Set(await bodies(stage, 20))].toSorted(), ['a', 'b']);
      const [after] = await upstreams(stage);
      assert.deepEqual(
        after?.members.map(({ weight, requests }) => [weight, requests]),
        // What was counted of the first goes on; the second was gone meanwhile.
        [
          [2, a.requests],
          [1, b.requests - before],
        ],
      );
    });
  }

  it('stay where a reload fails', async () => {
    await using a = await backend('a');
    const [port = 0] = await freePorts(1);
    await using stage = await ConfigStage.start({ 'nginx.conf': config(port, `server 127.0.0.1:${a.port};`) });
    // Another program listens there, which shows when all threads have the new site.
    const other = config(port, 'server 127.0.0.1:1;', '', `listen 127.0.0.1:${a.port};`);
    await stage.folder.write('nginx.conf', other);
    const { code, stderr } = await stage.command('reload');
    assert.equal(code, 1);
    assert.match(stderr, /another program listens there/);
    assert.equal(await bodies(stage, 2), 'aa');
  });

  it('are taken out while their checks fail', async () => {
    await using a = await backend('a');
    await using b = await backend('b');
    const [port = 0] = await freePorts(1);
    const text = config(
      port,
      `zone app 64k; server 127.0.0.1:${a.port}; server 127.0.0.1:${b.port};`,
      'health_check interval=100ms uri=/health;',
    );
    await using stage = await ConfigStage.start({ 'nginx.conf': text });
    assert.deepEqual([...new Set(await bodies(stage))].toSorted(), ['a', 'b']);
    a.health = 500;
    await until(async () => (await states(stage)) === 'unhealthy,up', 'the first one is unhealthy');
    assert.equal(await bodies(stage), 'bbbbbb');
    assert.match(stage.galley.stderr(), /warn {2}upstream "app": 127.0.0.1:\d+ is unhealthy: it answers 500\n/);
    a.health = 200;
    await until(async () => (await states(stage)) === 'up,up', 'the first one is healthy');
    assert.match(stage.galley.stderr(), /info {2}upstream "app": 127.0.0.1:\d+ is healthy\n/);
    assert.deepEqual([...new Set(await bodies(stage))].toSorted(), ['a', 'b']);
  });

  it('are those that the name stands for', async () => {
    await using server = await DnsServer.start();
    await using a = await backend('a');
    const [port = 0] = await freePorts(1);
    const [{ port: dns } = { port: 0 }] = server.plan().servers;
    const text = config(
      port,
      `zone app 64k; resolver 127.0.0.1:${dns} ipv6=off; server app.example:${a.port} resolve;`,
    );
    await using stage = await ConfigStage.start({ 'nginx.conf': text });
    assert.match(stage.galley.stderr(), /upstream "app": Cannot look up app.example: there is no such name/);
    assert.equal((await stage.ask('/')).status, 502);
    server.names.set('app.example', [{ type: 'A', address: '127.0.0.1' }]);
    await until(async () => (await states(stage)) === 'up', 'the name is known');
    assert.equal(await stage.body('/'), 'a');
  });
});
