import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { AppFolder } from '../support/app-folder.ts';
import { runGalley, startGalley } from '../support/galley.ts';
import { until } from '../support/until.ts';

/** What the upstream saw of a request. */
interface Seen {
  readonly url: string;
  readonly host: string;
  readonly forwarded: string;
  readonly size: number;
}

/** Answers with what it saw, and asks for what Galley itself is not to do; upgraded connections get back what they send. */
function echoServer(): Server {
  const server = createServer((incoming, response) => {
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
    });
    incoming.on('end', () => {
      const { host, 'x-forwarded-for': forwarded } = incoming.headers;
      response.setHeader('content-type', 'application/json');
      response.setHeader('x-accel-redirect', '/nowhere');
      response.end(JSON.stringify({ url: incoming.url, host, forwarded, size }));
    });
  });
  server.on('upgrade', (_, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
  return server;
}

async function seen(url: string, init: RequestInit = {}): Promise<Seen> {
  const response = await fetch(url, init);
  assert.equal(response.status, 200, url);
  return (await response.json()) as Seen;
}

describe('galley URL', () => {
  const server = echoServer();
  let upstream = '';
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    upstream = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it('is a reverse proxy that says so, and that changes nothing', async () => {
    await using galley = await startGalley(upstream);
    assert.match(galley.stderr(), new RegExp(`^ {2}Proxy {4}/ to ${upstream}$`, 'm'));
    const { host } = new URL(galley.url);
    const body = Buffer.alloc(3_000_000, 'x');
    assert.deepEqual(await seen(`${galley.url}/a//b%20c?d=e`, { method: 'POST', body }), {
      url: '/a//b%20c?d=e',
      host,
      forwarded: '127.0.0.1',
      size: body.length,
    });
    const { headers } = await fetch(galley.url, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(headers.get('content-type'), 'application/json');
    assert.equal(headers.get('content-encoding'), null);
  });

  it('lets upgraded connections through', async () => {
    await using galley = await startGalley(upstream);
    const client = request(galley.url, { headers: { connection: 'upgrade', upgrade: 'echo' } });
    client.end();
    const [, socket] = (await once(client, 'upgrade')) as [unknown, Socket];
    socket.write('hello');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.equal(answer.toString(), 'hello');
    socket.destroy();
  });

  it('says that there is nothing to load anew', async () => {
    await using galley = await startGalley(upstream);
    galley.signal('SIGHUP');
    await until(
      () => galley.stderr().includes('There is no app to load anew'),
      () => galley.stderr(),
    );
    assert.equal((await seen(galley.url)).url, '/');
  });

  it('puts the path of the URL before that of requests', async () => {
    await using galley = await startGalley(`${upstream}/v1`);
    assert.equal((await seen(`${galley.url}/x?y`)).url, '/v1/x?y');
    assert.equal((await seen(galley.url)).url, '/v1/');
  });

  it('stands beside files with --proxy, the longest path first', async () => {
    await using folder = await AppFolder.with({ 'apis.txt': 'a file' });
    const args = [
      ...['--proxy', `/api=${upstream}`],
      ...['--proxy', `/api/v2/=${upstream}/two/`],
      ...['--proxy', `/old=${upstream}/`],
    ];
    await using galley = await startGalley('.', { cwd: folder.path, args });
    assert.match(galley.stderr(), /^ {2}Folder {3}\S+\n {2}Proxy {4}\/api to /m);
    const paths = ['/api', '/api/x', '/api/v2/x', '/old', '/old/x'];
    const urls = await Promise.all(paths.map(async (path) => (await seen(galley.url + path)).url));
    assert.deepEqual(urls, ['/api', '/api/x', '/two/x', '/', '/x']);
    assert.equal(await (await fetch(`${galley.url}/apis.txt`)).text(), 'a file');
    assert.equal((await fetch(`${galley.url}/apis`)).status, 404);
  });

  it('leads to a Unix socket', async () => {
    await using folder = await AppFolder.with({});
    const local = echoServer();
    local.listen(folder.file('up.sock'));
    await once(local, 'listening');
    try {
      await using galley = await startGalley('unix:up.sock', { cwd: folder.path });
      assert.equal((await seen(`${galley.url}/x`)).url, '/x');
    } finally {
      local.closeAllConnections();
      local.close();
    }
  });

  it('answers 502 where nobody listens, and the log says where', async () => {
    const idle = createServer().listen(0, '127.0.0.1');
    await once(idle, 'listening');
    const { port } = idle.address() as AddressInfo;
    idle.close();
    await once(idle, 'close');
    await using galley = await startGalley(`http://127.0.0.1:${port}`);
    assert.equal((await fetch(galley.url)).status, 502);
    await galley.says(new RegExp(`ECONNREFUSED 127\\.0\\.0\\.1:${port}`));
  });

  it('stands beside an app, which keeps its limit of bodies', async () => {
    const main = `
async def app(scope, receive, send):
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    await send({'type': 'http.response.body', 'body': b'"the app"'})
`;
    await using folder = await AppFolder.with({ 'main.py': main });
    const args = ['--workers', '1', '--lifespan', 'off', '--proxy', `/old=${upstream}`];
    await using galley = await startGalley('main:app', { cwd: folder.path, args });
    assert.equal(await (await fetch(galley.url)).json(), 'the app');
    assert.equal((await seen(`${galley.url}/old/x`)).url, '/old/x');
    const status = (path: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = { 'content-length': String(200 * 1024 ** 2), expect: '100-continue' };
        const client = request(galley.url + path, { method: 'POST', headers });
        client.on('continue', () => resolve(100));
        client.on('response', (response) => json(response).then(undefined, () => resolve(response.statusCode ?? 0)));
        client.on('error', reject);
        client.on('continue', () => client.destroy());
        client.flushHeaders();
      });
    assert.equal(await status('/'), 413);
    assert.equal(await status('/old/x'), 100);
  });

  it('tells what is wrong with a URL, and what to write', async () => {
    const { code, stderr } = await runGalley(['localhost:3000'], { namePython: false });
    assert.equal(code, 2);
    assert.match(stderr, /for a reverse proxy, write "http:\/\/localhost:3000"/);
  });
});
