import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { AppFolder } from '../../support/app-folder.ts';
import { freePorts } from '../../support/free-ports.ts';
import { type GalleyNginx, serveWithGalley } from '../../support/nginx-serving.ts';
import { RawClient } from '../../support/raw-client.ts';
import { requires } from '../../support/requirements.ts';
import { selfSigned } from '../../support/self-signed.ts';
import { ConfigStage } from '../config/config-stage.ts';
import { ok } from './fault-stage.ts';
import { listening } from './listening.ts';

/** Begins a header of version 2. */
const signature = '\r\n\r\n\x00\r\nQUIT\n';

/** Answers calls with their fields and body, and a status in the trailers. */
function answerCalls(server: Http2Server, sessions: Set<ServerHttp2Session>): void {
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream: ServerHttp2Stream, fields) => {
    let body = '';
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1');
    });
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'well done' }));
      stream.end(`${fields[':method']} ${fields[':path']} ${fields['te']} ${body}`);
    });
  });
}

/** A call as a gRPC client makes it, over HTTP/1.1. */
async function call(port: number, path: string): Promise<string> {
  const client = await RawClient.connect(port);
  const fields = ['host: a', 'te: trailers', 'content-type: application/grpc', 'connection: close'];
  client.send(`POST ${path} HTTP/1.1\r\n${fields.join('\r\n')}\r\ncontent-length: 5\r\n\r\nhello`);
  return await client.all();
}

describe('A proxy', { skip: requires('openssl') }, () => {
  const sessions: Set<ServerHttp2Session> = new Set();
  let folder: AppFolder;
  let serving: GalleyNginx;
  let typed: ConfigStage;
  let ends: (() => void)[] = [];
  let heads: string[] = [];
  let told = 0;
  before(async () => {
    const identity = await selfSigned();
    folder = await AppFolder.with({ 'ca.pem': identity.cert });
    const clear = createHttp2Server();
    const secure = createSecureServer(identity);
    const local = createHttpServer((request, response) => response.end(`${request.headers.host} ${request.url}`));
    const raw = createServer((socket: Socket) => {
      let head = '';
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        head += chunk.toString('latin1');
        if (!/ HTTP\/1\.[01]\r\n.*\r\n\r\n$/s.test(head)) return;
        heads.push(head);
        socket.write(ok('seen'));
        head = '';
      });
    });
    answerCalls(clear, sessions);
    answerCalls(secure as unknown as Http2Server, sessions);
    const [clearPort, securePort, rawPort] = await Promise.all(
      [clear, secure as unknown as Http2Server, raw].map(listening),
    );
    await new Promise<void>((resolve) => local.listen(folder.file('up.sock'), resolve));
    ends = [clear, secure, local, raw].map((server) => () => server.close());
    serving = await serveWithGalley({
      folder: folder.path,
      ports: 2,
      http: `
        server {
          listen LISTEN0;
          location /clear { grpc_pass grpc://127.0.0.1:${clearPort}; }
          location /secure {
            grpc_pass grpcs://127.0.0.1:${securePort};
            grpc_ssl_name peer.test; grpc_ssl_verify on; grpc_ssl_trusted_certificate FOLDER/ca.pem;
          }
          location /unix { proxy_pass http://unix:FOLDER/up.sock:/base; }
        }
        server {
          listen LISTEN1 proxy_protocol;
          set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;
          location / { return 200 "$remote_addr $proxy_protocol_addr $proxy_protocol_port"; }
          location /on { proxy_pass http://127.0.0.1:${rawPort}; proxy_set_header X-Real $remote_addr; }
        }`,
    });
    const [front = 0, toldPort = 0] = await freePorts(2);
    told = toldPort;
    typed = await ConfigStage.start({
      'galley.config.ts': `export default {
        servers: [{
          listen: ['127.0.0.1:${front}', { address: '127.0.0.1:${told}', proxyProtocol: true }],
          realIp: { from: ['127.0.0.1'], header: 'proxy_protocol' },
          locations: [
            { path: '/v1', proxy: { to: 'http://127.0.0.1:${rawPort}', proxyProtocol: 1 } },
            { path: '/v2', proxy: { to: 'http://127.0.0.1:${rawPort}', proxyProtocol: 2 } },
            { path: '/http2', proxy: { to: 'http://127.0.0.1:${clearPort}', version: '2' } },
          ],
        }],
      }`,
    });
  });
  after(async () => {
    await typed[Symbol.asyncDispose]();
    await serving[Symbol.asyncDispose]();
    for (const session of sessions) session.destroy();
    for (const end of ends) end();
    await folder[Symbol.asyncDispose]();
  });

  const port = (): number => serving.ports[0] ?? 0;

  for (const [what, path, ask] of [
    ['HTTP/2', '/clear', () => call(port(), '/clear/x?y')],
    ['HTTP/2 over TLS', '/secure', () => call(port(), '/secure/x?y')],
    ['HTTP/2 as a version of a proxy', '/http2', () => call(typed.galley.port, '/http2/x?y')],
  ] as const) {
    it(`speaks ${what} to an upstream, and passes the status of a call on in trailers`, async () => {
      const answer = await ask();
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
      assert.match(answer, /\r\ncontent-type: application\/grpc\r\n/);
      assert.ok(answer.includes(`POST ${path}/x?y trailers hello`), answer);
      assert.match(answer, /\r\n0\r\ngrpc-status: 0\r\ngrpc-message: well done\r\n\r\n$/);
    });
  }

  it('leads to a Unix socket', async () => {
    const client = await RawClient.connect(port());
    client.send('GET /unix/x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    assert.match(await client.all(), /\r\nlocalhost \/base\/x\r\n/);
  });

  it('believes what a PROXY header of either version tells of the client', async () => {
    const first = await RawClient.connect(serving.ports[1] ?? 0);
    const get = 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';
    first.send(`PROXY TCP4 192.0.2.7 192.0.2.1 4000 80\r\n${get}`);
    assert.match(await first.all(), /\r\n\r\n192\.0\.2\.7 192\.0\.2\.7 4000$/);
    const second = await RawClient.connect(serving.ports[1] ?? 0);
    const addresses = '\xc0\x00\x02\x08\xc0\x00\x02\x01\x0f\xa1\x00\x50';
    second.send(`${signature}\x21\x11\x00\x0c${addresses}${get}`);
    assert.match(await second.all(), /\r\n\r\n192\.0\.2\.8 192\.0\.2\.8 4001$/);
    const none = await RawClient.connect(serving.ports[1] ?? 0);
    none.send(get);
    assert.equal(await none.all(), '');
  });

  it('passes the client of a PROXY header on in a field', async () => {
    const client = await RawClient.connect(serving.ports[1] ?? 0);
    client.send('PROXY TCP4 192.0.2.9 192.0.2.1 4000 80\r\nGET /on HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    assert.match(await client.all(), /seen$/);
    assert.match(heads.at(-1) ?? '', /\r\nx-real: 192\.0\.2\.9\r\n/i);
  });

  it('tells an upstream of its client by a PROXY header of either version, on a connection of its own', async () => {
    heads = [];
    const client = await RawClient.connect(typed.galley.port);
    const { localPort } = client.socket;
    for (const path of ['/v1', '/v1', '/v2']) {
      client.send(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
      const count = heads.length + 1;
      await client.sees(new RegExp(`^(?:.*?seen){${count}}$`, 's'));
    }
    client.destroy();
    const front = typed.galley.port;
    const [first = '', second = '', third = ''] = heads;
    assert.ok(first.startsWith(`PROXY TCP4 127.0.0.1 127.0.0.1 ${localPort} ${front}\r\nGET /v1 `), first);
    assert.ok(second.startsWith(`PROXY TCP4 127.0.0.1 127.0.0.1 ${localPort} ${front}\r\nGET /v1 `), second);
    assert.ok(third.startsWith(`${signature}\x21\x11\x00\x0c\x7f\x00\x00\x01\x7f\x00\x00\x01`), third);
    assert.equal(third.charCodeAt(24) * 256 + third.charCodeAt(25), localPort);
    assert.match(third.slice(28), /^GET \/v2 HTTP\/1\.1\r\n/);
  });

  it('tells of the client that it was told of itself', async () => {
    heads = [];
    const client = await RawClient.connect(told);
    const lie = 'x-forwarded-for: 203.0.113.1\r\nx-forwarded-proto: https\r\nx-forwarded-host: evil.test\r\n';
    client.send(
      `PROXY TCP4 192.0.2.7 192.0.2.1 4000 80\r\nGET /v1 HTTP/1.1\r\nhost: a\r\n${lie}connection: close\r\n\r\n`,
    );
    assert.match(await client.all(), /seen$/);
    assert.equal(heads[0]?.split('\r\n')[0], `PROXY TCP4 192.0.2.7 127.0.0.1 4000 ${told}`);
    // Who passes bytes on has seen no field: what stands there is the client's own claim (254).
    assert.match(
      heads[0] ?? '',
      /\r\nx-forwarded-for: 192\.0\.2\.7\r\nx-forwarded-proto: http\r\nx-forwarded-host: a\r\n/,
    );
    assert.doesNotMatch(heads[0] ?? '', /203\.0\.113\.1|evil/);
  });
});
