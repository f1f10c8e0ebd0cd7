import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { makeCertificate } from '../test/support/certificates.ts';
import { type BenchCase, benchCases } from './cases.ts';
import { page } from './nginx/site.ts';
import { probe } from './probe.ts';

const caseNamed = (wanted: string): BenchCase => benchCases.find(({ name }) => name === wanted)!;

async function probeServer(benchCase: BenchCase, listener: RequestListener): Promise<string | undefined> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const problem = await probe(benchCase, (server.address() as AddressInfo).port);
  server.close();
  await once(server, 'close');
  return problem;
}

describe('probe', () => {
  it('finds nothing wrong with an echo of the body it sends', async () => {
    const problem = await probeServer(caseNamed('asgi-post-echo'), (request, response) => request.pipe(response));
    assert.equal(problem, undefined);
  });

  it('takes a process id for the answer to a mixed load, and nothing else', async () => {
    const mixed = caseNamed('wsgi-mixed');
    assert.equal(await probeServer(mixed, (_, response) => response.end('4711')), undefined);
    assert.equal(await probeServer(mixed, (_, response) => response.end('Hi')), 'the answer is 200 "Hi"');
  });

  it('shows an answer with another status or body', async () => {
    const bare = caseNamed('asgi-bare');
    const failing = await probeServer(bare, (_, response) => response.writeHead(500).end('Hello, world!'));
    assert.equal(failing, 'the answer is 500 "Hello, world!"');
    assert.equal(await probeServer(bare, (_, response) => response.end('Hi')), 'the answer is 200 "Hi"');
  });

  it('takes a 404 for the answer of a case that asks for what is not there', async () => {
    const missing = caseNamed('nginx-404');
    assert.equal(await probeServer(missing, (_, response) => response.writeHead(404).end('Not here')), undefined);
    assert.equal(await probeServer(missing, (_, response) => response.end('Hi')), 'the answer is 200 "Hi"');
  });

  it('unpacks what has to be compressed, and says where it is not', async () => {
    const zipped = caseNamed('gzip-100k');
    const packed: RequestListener = (_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(page));
    assert.equal(await probeServer(zipped, packed), undefined);
    const plain = await probeServer(zipped, (_, response) => response.end(page));
    assert.match(plain ?? '', /the answer is 200 in no encoding "<!doctype html>/);
  });

  it('waits for the first event of a stream, and says what came in its place', async () => {
    const streams = caseNamed('event-streams');
    assert.equal(await probeServer(streams, (_, response) => response.write('data: 1\n\n')), undefined);
    const failing = await probeServer(streams, (_, response) => response.writeHead(500).end());
    assert.match(failing ?? '', /the answer is "HTTP\/1\.1 500 /);
  });

  it('says that a server has no WebSockets', async () => {
    const problem = await probeServer(caseNamed('websocket-echo'), (_, response) => response.writeHead(404).end());
    assert.match(problem ?? '', /the answer is "HTTP\/1\.1 404 /);
  });

  it('asks over HTTP/2', async () => {
    const answering = async (answer: string): Promise<string | undefined> => {
      const server = createHttp2Server((_, response) => response.end(answer)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const problem = await probe(caseNamed('http2'), (server.address() as AddressInfo).port);
      server.close();
      await once(server, 'close');
      return problem;
    };
    assert.equal(await answering('Hello, world!'), undefined);
    assert.equal(await answering('Hi'), 'the answer is 200 "Hi"');
  });

  it('takes a session of TLS 1.3 for the answer to a handshake, and none of TLS 1.2', async () => {
    const { certificate, key } = makeCertificate(['localhost']);
    const handshake = async (options: TlsOptions): Promise<string | undefined> => {
      const server = createTlsServer({ cert: certificate, key, ...options }, (socket) => socket.on('error', () => {}));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const problem = await probe(caseNamed('tls-handshake'), (server.address() as AddressInfo).port);
      server.close();
      return problem;
    };
    assert.equal(await handshake({}), undefined);
    assert.equal(await handshake({ maxVersion: 'TLSv1.2' }), 'the handshake is of TLSv1.2');
  });

  it('says that nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    assert.match((await probe(caseNamed('asgi-bare'), port)) ?? '', /ECONNREFUSED/);
  });
});
