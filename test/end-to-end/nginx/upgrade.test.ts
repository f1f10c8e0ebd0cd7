import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type GalleyNginx, serveWithGalley } from '../../support/nginx-serving.ts';
import { RawClient } from '../../support/raw-client.ts';
import { handshake } from '../../support/raw-websocket.ts';
import { until } from '../../support/until.ts';

const heads: string[] = [];
const sockets = new Set<Socket>();

/** Agrees to every upgrade but those of `/no`, and then echoes. */
const echo = createServer((socket) => {
  let head = '';
  let isOpen = false;
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    if (isOpen) {
      socket.write(chunk);
      return;
    }
    head += chunk.toString('latin1');
    const end = head.indexOf('\r\n\r\n') + 4;
    if (end < 4) return;
    heads.push(head.slice(0, end));
    const [, protocol] = /\r\nupgrade: (.*)\r\n/i.exec(head) ?? [];
    isOpen = protocol !== undefined && !head.startsWith('GET /no');
    if (isOpen)
      socket.write(
        `HTTP/1.1 101 Fine\r\nConnection: upgrade\r\nUpgrade: ${protocol}\r\nX-More: 1\r\n\r\n${head.slice(end)}`,
      );
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno');
    head = '';
  });
});

const grpc = createHttp2Server().on('stream', (stream: ServerHttp2Stream) => {
  stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.pipe(stream);
});

async function listening(server: Pick<Server, 'listen' | 'address'>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const upgrade = (target: string, protocol = 'echo', more = ''): string =>
  `GET ${target} HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: ${protocol}\r\n${more}\r\n`;

describe('a proxied upgrade', () => {
  let galley: GalleyNginx;

  async function client(): Promise<RawClient> {
    return await RawClient.connect(galley.ports[0] ?? 0);
  }

  before(async () => {
    const [port, grpcPort] = await Promise.all([listening(echo), listening(grpc)]);
    galley = await serveWithGalley({
      http: `server {
        listen LISTEN0;
        location / {
          proxy_pass http://127.0.0.1:${port};
          proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection upgrade;
        }
        location /plain { proxy_pass http://127.0.0.1:${port}; }
        location /grpc { grpc_pass 127.0.0.1:${grpcPort}; }
        location = /state { return 200 old; }
      }`,
    });
  });

  after(async () => {
    await galley[Symbol.asyncDispose]();
    for (const socket of sockets) socket.destroy();
    echo.close();
    grpc.close();
  });

  it('becomes a tunnel, with what came right behind the request', async () => {
    const tunnel = await client();
    tunnel.send(`${upgrade('/a')}early`);
    await tunnel.sees(/\r\n\r\nearly$/);
    assert.equal(
      tunnel.received,
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nx-more: 1\r\nconnection: upgrade\r\n\r\nearly',
    );
    tunnel.end();
    await tunnel.all();
    await until(() => sockets.size === 0, 'the upstream is told');
  });

  it('is passed on as a WebSocket handshake too, be it right or wrong', async () => {
    for (const text of [handshake('/chat'), handshake('/chat').replace('Version: 13', 'Version: 8')]) {
      const tunnel = await client();
      tunnel.send(text);
      await tunnel.sees(/^HTTP\/1\.1 101 /);
      assert.match(heads.at(-1) ?? '', /\r\nupgrade: websocket\r\n/);
      tunnel.destroy();
    }
  });

  it('is an ordinary request where the upstream does not agree, and the connection goes on', async () => {
    const plain = await client();
    plain.send(upgrade('/no'));
    await plain.sees(/^HTTP\/1\.1 200 (?:.|\s)*no$/);
    plain.send(upgrade('/no/again'));
    await plain.sees(/no(?:.|\s)*200(?:.|\s)*no$/);
    plain.destroy();
  });

  it('is not passed on where the config does not say so, and never for h2c', async () => {
    for (const [target, protocol] of [
      ['/plain', 'echo'],
      ['/a', 'h2c'],
    ] as const) {
      const plain = await client();
      plain.send(upgrade(target, protocol));
      await plain.sees(/^HTTP\/1\.1 200 (?:.|\s)*no$/);
      assert.doesNotMatch(heads.at(-1) ?? '', /\r\nupgrade: /i);
      plain.destroy();
    }
  });

  it('survives a reload', async () => {
    const tunnel = await client();
    tunnel.send(upgrade('/a'));
    await tunnel.sees(/101 /);
    const text = readFileSync(galley.own.file('nginx.conf'), 'latin1');
    await galley.own.write(
      'nginx.conf',
      text.replace('return 200 old', 'return 200 new').replace('location / ', 'location /b '),
    );
    galley.galley.signal('SIGHUP');
    const state = async (): Promise<string> => (await fetch(`http://127.0.0.1:${galley.ports[0]}/state`)).text();
    await until(async () => (await state()) === 'new', 'the new config');
    tunnel.send('after the reload');
    await tunnel.sees(/after the reload$/);
    tunnel.destroy();
  });

  it('is not needed for gRPC, whose trailers arrive', async () => {
    const call = await client();
    call.send(
      'POST /grpc HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\nConnection: te\r\nContent-Length: 5\r\n\r\nabcde',
    );
    await call.sees(/\r\nabcde\r\n0\r\ngrpc-status: 0\r\n\r\n$/);
    call.destroy();
  });
});
