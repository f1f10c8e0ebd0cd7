import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { requires } from '../../../test/support/requirements.ts';
import type { HealthCheckPlan } from '../../plan/upstream-plan.ts';
import { checkPeer } from './check-peer.ts';

const plan: HealthCheckPlan = {
  kind: 'http',
  intervalMs: 5_000,
  jitterMs: 0,
  timeoutMs: 5_000,
  fails: 1,
  passes: 1,
  uri: '/health?full',
  host: undefined,
  port: undefined,
  statuses: [[200, 399]],
  body: undefined,
  isMandatory: false,
};

interface Peer extends AsyncDisposable {
  readonly port: number;
  /** All that it was sent. */
  got(): string;
}

/** A peer that sends this as soon as something comes; undefined for nothing. */
async function peerOf(answer: string | undefined, path?: string): Promise<Peer> {
  let got = '';
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      got += piece;
      if (answer !== undefined) socket.end(answer);
    });
  });
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    got: () => got,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function check(port: number, changes: Partial<HealthCheckPlan> = {}): Promise<string | undefined> {
  const member = { address: { kind: 'tcp', host: '127.0.0.1', port }, name: 'app.example:80' } as const;
  return checkPeer({ plan: { ...plan, ...changes }, isOverTls: false }, member, new AbortController().signal);
}

describe('checkPeer over HTTP', () => {
  it('asks for the path with the peer’s name as host', async () => {
    await using peer = await peerOf('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    assert.equal(await check(peer.port), undefined);
    assert.match(peer.got(), /^GET \/health\?full HTTP\/1.1\r\n/);
    assert.match(peer.got(), /\r\nhost: app.example:80\r\n/i);
    assert.match(peer.got(), /\r\nconnection: close\r\n/i);
  });

  it('names the host of the plan', async () => {
    await using peer = await peerOf('HTTP/1.1 204 No Content\r\n\r\n');
    assert.equal(await check(peer.port, { host: 'check.example' }), undefined);
    assert.match(peer.got(), /\r\nhost: check.example\r\n/i);
  });

  for (const [answer, changes, expected] of [
    ['HTTP/1.1 399 Well\r\ncontent-length: 0\r\n\r\n', {}, undefined],
    ['HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n', {}, 'it answers 503'],
    [
      'HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n',
      {
        statuses: [
          [200, 200],
          [404, 410],
        ],
      },
      undefined,
    ],
    ['HTTP/1.1 200 OK\r\n\r\nall is well', { body: 'is well' }, undefined],
    ['HTTP/1.1 200 OK\r\n\r\nall is bad', { body: 'is well' }, 'its body has not the text'],
    [`HTTP/1.1 200 OK\r\n\r\n${'.'.repeat(65_530)}all is well`, { body: 'is well' }, 'its body has not the text'],
    [`HTTP/1.1 200 OK\r\n\r\n${'.'.repeat(65_000)}all is well`, { body: 'is well' }, undefined],
    ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nall', { body: 'is well' }, 'it ends the connection'],
    ['no HTTP at all\r\n\r\n', {}, 'its answer is not HTTP'],
    ['HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n', {}, 'it changes protocols'],
    ['', {}, 'it ends the connection'],
  ] as [string, Partial<HealthCheckPlan>, string | undefined][]) {
    const what = `${JSON.stringify(answer.slice(0, 60))}${JSON.stringify(changes)}`;
    it(`${expected === undefined ? 'passes' : `says that ${expected}`} for ${what}`, async () => {
      await using peer = await peerOf(answer);
      assert.equal(await check(peer.port, changes), expected);
    });
  }

  it('fails where nothing comes in time', async () => {
    await using peer = await peerOf(undefined);
    assert.equal(await check(peer.port, { timeoutMs: 50 }), 'nothing within 50 ms');
  });

  it('fails where nobody listens', async () => {
    const peer = await peerOf(undefined);
    await peer[Symbol.asyncDispose]();
    assert.equal(await check(peer.port), 'it refuses connections');
  });

  it('asks at another port', async () => {
    await using peer = await peerOf('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    assert.equal(await check(1, { port: peer.port }), undefined);
  });

  it('asks over a Unix socket', async () => {
    await using folder = await AppFolder.with({});
    const path = `${folder.path}/app.sock`;
    await using _ = await peerOf('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', path);
    const { signal } = new AbortController();
    const member = { address: { kind: 'unix', path }, name: `unix:${path}` } as const;
    assert.equal(await checkPeer({ plan, isOverTls: false }, member, signal), undefined);
    const gone = { ...member, address: { kind: 'unix', path: `${path}.gone` } } as const;
    assert.equal(await checkPeer({ plan, isOverTls: false }, gone, signal), 'its socket does not exist');
  });

  for (const [changes, expected] of [
    [{ uri: '/a b' }, /^it cannot be asked: Request path contains unescaped characters$/],
    [{ host: 'a\r\nb' }, /^it cannot be asked: Invalid character/],
    [{ port: 70_000 }, /^it cannot be asked: Port should be/],
    [{ port: 70_000, kind: 'tcp' }, /^it cannot be asked: Port should be/],
  ] as [Partial<HealthCheckPlan>, RegExp][]) {
    it(`fails where nothing can be asked with ${JSON.stringify(changes)}`, async () => {
      assert.match((await check(1, changes)) ?? '', expected);
    });
  }

  it('is over when it is given up', async () => {
    await using peer = await peerOf(undefined);
    const giveUp = new AbortController();
    const member = { address: { kind: 'tcp', host: '127.0.0.1', port: peer.port }, name: 'a' } as const;
    const checked = checkPeer({ plan, isOverTls: false }, member, giveUp.signal);
    giveUp.abort();
    assert.equal(await checked, 'the check was given up');
  });
});

describe('checkPeer over TLS', { skip: requires('openssl') }, () => {
  it('asks a peer whose certificate nobody trusts, by the name of the host', async () => {
    await using folder = await AppFolder.with({});
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem'];
    execFileSync('openssl', ['req', '-x509', ...key, '-subj', '/CN=other', '-out', 'cert.pem'], {
      cwd: folder.path,
      stdio: 'ignore',
    });
    const [keyText, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(folder.file(name)));
    let name: unknown;
    await using server = createHttpsServer({ key: keyText, cert }, (request, response) => {
      name = (request.socket as TLSSocket).servername;
      response.end('all is well');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { readonly port: number };
    const member = { address: { kind: 'tcp', host: '127.0.0.1', port }, name: 'app.example:443' } as const;
    const { signal } = new AbortController();
    const asked = { ...plan, body: 'well' };
    assert.equal(await checkPeer({ plan: asked, isOverTls: true }, member, signal), undefined);
    assert.equal(name, 'app.example');
    const problem = await checkPeer({ plan: asked, isOverTls: false }, member, signal);
    assert.equal(problem, 'it ends the connection');
    const plainMember = { ...member, name: `127.0.0.1:${port}` };
    assert.equal(await checkPeer({ plan: asked, isOverTls: true }, plainMember, signal), undefined);
    assert.equal(name, false);
  });
});

describe('checkPeer over TCP', () => {
  it('passes where a connection is taken, and fails where it is refused', async () => {
    const peer = await peerOf(undefined);
    assert.equal(await check(peer.port, { kind: 'tcp' }), undefined);
    await peer[Symbol.asyncDispose]();
    assert.equal(await check(peer.port, { kind: 'tcp' }), 'it refuses connections');
  });
});
