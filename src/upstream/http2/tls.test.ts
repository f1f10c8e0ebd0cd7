import assert from 'node:assert/strict';
import { createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:net';
import { before, describe, it } from 'node:test';
import { createSecureContext, createServer as createTlsServer } from 'node:tls';
import { cleartext, Http2Stage, textOf } from '../../../test/support/http2-stage.ts';
import { requires } from '../../../test/support/requirements.ts';
import { type SelfSigned, selfSigned } from '../../../test/support/self-signed.ts';
import { until } from '../../../test/support/until.ts';
import type { ConnectionProfile, TlsProfile } from '../transport.ts';

let identity: SelfSigned = { key: '', cert: '' };

function profile(changes: Partial<TlsProfile> = {}): ConnectionProfile {
  const tls = {
    secureContext: createSecureContext({ ca: identity.cert }),
    digest: '',
    sendsName: true,
    verify: true,
    verifyDepth: 1,
    sessionReuse: true,
  };
  return { ...cleartext, key: 'tls', tls: { ...tls, ...changes } };
}

describe('Http2Transport over TLS', { skip: requires('openssl') }, () => {
  before(async () => {
    identity = await selfSigned();
  });

  it('agrees on HTTP/2, checks the certificate and sends the name', async () => {
    const names: unknown[] = [];
    const server = createSecureServer(identity).on('secureConnection', ({ servername }) => void names.push(servername));
    await using stage = await Http2Stage.of(server, (stream, fields) => {
      stream.respond();
      stream.end(fields[':scheme']);
    });
    assert.equal(await textOf(await stage.send({}, profile()).reply()), 'https');
    const unnamed = { ...profile({ sendsName: false }), key: 'unnamed' };
    assert.equal(await textOf(await stage.send({}, unnamed).reply()), 'https');
    assert.deepEqual(names, ['peer.test', false]);
    assert.equal(stage.sessionCount, 2);
  });

  it('refuses a certificate that is of another name, or that nobody vouches for, unless it is not to be checked', async () => {
    await using stage = await Http2Stage.of(createSecureServer(identity), (stream) =>
      stream.respond({}, { endStream: true }),
    );
    const failure = { code: 'upstream-tls', stage: 'connect', wasSent: false };
    await assert.rejects(stage.send({}, profile(), { tlsName: 'other.test' }).reply(), failure);
    const unknown = profile({ secureContext: createSecureContext() });
    await assert.rejects(stage.send({}, unknown).reply(), failure);
    const unchecked = { ...profile({ secureContext: createSecureContext(), verify: false }), key: 'unchecked' };
    assert.equal((await stage.send({}, unchecked, { tlsName: 'other.test' }).reply()).status, 200);
  });

  it('refuses a peer that does not agree on HTTP/2, or does not speak TLS', async () => {
    for (const server of [createTlsServer(identity), createServer((socket) => socket.resume().end('220 hello\r\n'))]) {
      server.on('connection', (socket) => socket.on('error', () => {}));
      server.on('tlsClientError', () => {});
      server.on('secureConnection', (socket) => socket.resume().on('error', () => {}));
      await using stage = await Http2Stage.of(server);
      const { reply, attempt } = stage.send({}, profile());
      await assert.rejects(reply(), { code: 'upstream-tls', stage: 'connect', wasSent: false });
      assert.deepEqual(attempt.ends, ['failed']);
    }
  });

  it('gives up a handshake that takes too long', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).resume());
    await using stage = await Http2Stage.of(server);
    const timeouts = { connectMs: 200, sendMs: 5_000, readMs: 5_000 };
    await assert.rejects(stage.send({ timeouts }, profile()).reply(), {
      code: 'upstream-connect-timeout',
      stage: 'connect',
    });
    await until(async () => (await connectionsOf(server)) === 0, 'the connection is ended');
  });

  it('takes up the session of the connection before', async () => {
    const reused: boolean[] = [];
    const server = createSecureServer(identity).on(
      'secureConnection',
      (socket) => void reused.push(socket.isSessionReused()),
    );
    const answer = (stream: ServerHttp2Stream): void => stream.respond({}, { endStream: true });
    await using stage = await Http2Stage.of(server, answer, { idle: 0 });
    await stage.send({}, profile()).reply();
    await until(() => stage.sessions.size === 0, 'the first one is ended');
    await stage.send({}, profile()).reply();
    assert.deepEqual(reused, [false, true]);
  });

  it('tells of the client before the handshake, by the PROXY protocol', async () => {
    let first = '';
    const inner = createSecureServer(identity);
    const server = createServer((socket) => {
      socket.once('data', (chunk: Buffer) => {
        const end = chunk.indexOf('\n') + 1;
        first = chunk.toString('latin1', 0, end);
        socket.pause();
        if (end < chunk.length) socket.unshift(chunk.subarray(end));
        inner.emit('connection', socket);
      });
    });
    inner.on('stream', (stream: ServerHttp2Stream) => stream.respond({}, { endStream: true }));
    inner.on('session', (session) => server.emit('session', session));
    await using stage = await Http2Stage.of(server);
    assert.equal((await stage.send({}, { ...profile(), proxyProtocol: 1 }).reply()).status, 200);
    assert.equal(first, 'PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\n');
  });
});

function connectionsOf(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
}
