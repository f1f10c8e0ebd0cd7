import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, before, describe, it } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { makeCertificate } from '../../../test/support/certificates.ts';
import { closeStages, type FrontStage, get, reply, stage } from '../../../test/support/front-stage.ts';
import { tlsMaterial } from '../../../test/support/tls-stage.ts';
import { until } from '../../../test/support/until.ts';
import type { Handler } from '../../core/handler.ts';
import { type ConnectionTimeouts, connectionTimeouts } from '../../core/limits.ts';
import type { ClientHello } from '../../protocol/tls/client-hello.ts';
import { TlsHost } from '../../tls/tls-host.ts';
import { listenerSettings } from '../listener-settings.ts';
import type { TlsChoice } from './tls-hosts.ts';

const tells: Handler = ({ connection: { scheme, tls } }) => reply(`${scheme} ${tls?.serverName} ${tls?.version}.`);

describe('a listener with TLS', () => {
  let host: TlsHost;
  const clients: TLSSocket[] = [];

  before(() => {
    host = new TlsHost(tlsMaterial({ certificates: [makeCertificate(['a.test'])] }), ['http/1.1']);
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await closeStages();
  });

  async function secured(
    choose: (hello: ClientHello) => TlsChoice | undefined | Promise<TlsChoice | undefined> = () => ({
      host,
      clients: undefined,
    }),
    timeouts: Partial<ConnectionTimeouts> = {},
    takesProxyProtocol = false,
  ): Promise<FrontStage> {
    const made = await stage(tells, { tls: { choose: (_, hello) => choose(hello) } });
    const settings = {
      ...listenerSettings,
      timeouts: { ...connectionTimeouts, ...timeouts },
      tls: true,
      takesProxyProtocol,
    };
    made.front.configure(new Map([[0, settings]]));
    return made;
  }

  function begin({ port }: FrontStage, options: ConnectionOptions = {}): TLSSocket {
    const client = connect({ port, host: '127.0.0.1', servername: 'a.test', rejectUnauthorized: false, ...options });
    clients.push(client);
    return client;
  }

  async function answer(client: TLSSocket): Promise<string> {
    let seen = '';
    client.on('data', (chunk: Buffer) => (seen += chunk.toString('latin1')));
    await until(() => seen.endsWith('.'), 'an answer');
    return seen.slice(seen.indexOf('\r\n\r\n') + 4);
  }

  it('answers requests after the handshake', async () => {
    const client = begin(await secured());
    client.write(get('/'));
    assert.equal(await answer(client), 'https a.test TLSv1.3.');
  });

  it('waits for a choice that takes its time', async () => {
    const { promise, resolve } = Promise.withResolvers<TlsChoice>();
    const names: string[] = [];
    const made = await secured(({ serverName }) => {
      names.push(serverName);
      return promise;
    });
    const client = begin(made);
    client.write(get('/'));
    await until(() => names.length > 0, 'the name');
    resolve({ host, clients: undefined });
    assert.match(await answer(client), /^https/);
    assert.deepEqual(names, ['a.test']);
  });

  it('forgets a client that leaves before the choice is made', async () => {
    const { promise, resolve } = Promise.withResolvers<TlsChoice>();
    let asked = false;
    const made = await secured(() => {
      asked = true;
      return promise;
    });
    const client = begin(made);
    client.on('error', () => {});
    await until(() => asked, 'the question');
    client.destroy();
    await until(() => made.front.counts().active === 0, 'nobody is left');
    resolve({ host, clients: undefined });
    const next = begin(made);
    next.write(get('/'));
    assert.match(await answer(next), /^https/);
  });

  it('refuses a name that nobody has by an alert, and one that breaks by another', async () => {
    for (const [choose, code] of [
      [() => undefined, 'UNRECOGNIZED_NAME'],
      [() => Promise.resolve(undefined), 'UNRECOGNIZED_NAME'],
      [() => Promise.reject(new Error('a defect')), 'INTERNAL_ERROR'],
    ] as const) {
      const made = await secured(choose);
      const [error] = (await once(begin(made), 'error')) as [NodeJS.ErrnoException];
      assert.match(String(error.code), new RegExp(code));
      await until(() => made.front.counts().active === 0, 'the connection is gone');
    }
  });

  it('lets a request without TLS through, to be answered as such', async () => {
    const made = await secured();
    const client = await made.client();
    client.send('GE');
    client.send(get('/').slice(2));
    await client.sees(/http undefined undefined\.$/);
  });

  it('closes what is no TLS, and what does not come in time', async () => {
    const made = await secured(undefined, { headMs: 300 });
    const garbage = await made.client();
    garbage.send('\x16\x03\x01\x00\x04\x02\x00\x00\x00');
    await garbage.all();
    const slow = await made.client();
    slow.send('\x16\x03');
    await slow.all();
    assert.ok(
      made.log.some((line) => line.includes('not done within 300 ms')),
      made.log.join(''),
    );
    assert.equal(made.front.counts().active, 0);
  });

  it('closes a handshake that stops in the middle', async () => {
    const made = await secured(undefined, { headMs: 300 });
    const raw = await made.client();
    const client = begin(made);
    await once(client, 'secureConnect');
    const hello = await helloBytes();
    raw.send(hello.toString('latin1'));
    await raw.all();
    assert.equal(made.front.counts().active, 1, 'the other one stays');
  });

  it('tells why a handshake has failed, and nothing of clients that leave', async () => {
    const made = await secured();
    const old = begin(made, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
    await once(old, 'error');
    await until(() => made.log.length > 0, 'a line');
    assert.match(made.log.join(''), /The TLS handshake failed: unsupported protocol.*127\.0\.0\.1/);
    const wary = begin(made, { rejectUnauthorized: true });
    await once(wary, 'error');
    const raw = await made.client();
    raw.send((await helloBytes()).toString('latin1'));
    await raw.sees(/^\x16/);
    const { length } = made.log;
    raw.socket.resetAndDestroy();
    await until(() => made.front.counts().active === 0, 'all are gone');
    assert.equal(made.log.length, length, made.log.join(''));
  });

  it('refuses where OpenSSL does not take the certificate, and goes on', async () => {
    const weak = new TlsHost(
      tlsMaterial({ certificates: [makeCertificate(['a.test'])], plan: { ciphers: 'ECDHE+AESGCM:@SECLEVEL=5' } }),
      ['http/1.1'],
    );
    for (const choice of [{ host: weak, clients: undefined }, Promise.resolve({ host: weak, clients: undefined })]) {
      const made = await secured(() => choice);
      const [error] = (await once(begin(made), 'error')) as [NodeJS.ErrnoException];
      assert.match(String(error.code), /INTERNAL_ERROR/);
      await until(() => made.front.counts().active === 0, 'the connection is gone');
      assert.match(made.log.join(''), /OpenSSL does not take the certificate with these settings: .*key too small/);
      assert.doesNotMatch(made.log.join(''), /defect/);
    }
  });

  it('ends after the handshake by which a CA finds out whose a name is', async () => {
    const proof = new TlsHost(tlsMaterial({ certificates: [makeCertificate(['a.test'])] }), ['acme-tls/1']);
    const made = await secured(() => ({ host: proof, clients: undefined, isProof: true }));
    const client = begin(made, { ALPNProtocols: ['acme-tls/1'] });
    await once(client, 'secureConnect');
    assert.equal(client.alpnProtocol, 'acme-tls/1');
    client.resume();
    await once(client, 'end');
    await until(() => made.front.counts().active === 0, 'the connection is gone');
  });

  it('comes behind the PROXY protocol', async () => {
    const made = await secured(undefined, {}, true);
    const raw = await made.client();
    raw.send('PROXY TCP4 192.0.2.1 198.51.100.10 8080 443\r\n');
    const client = begin(made, { socket: raw.socket });
    client.write(get('/'));
    assert.match(await answer(client), /^https/);
  });

  it('answers a client that has ended its side', async () => {
    const client = begin(await secured(), { allowHalfOpen: true } as ConnectionOptions);
    client.end(get('/'));
    assert.match(await answer(client), /^https/);
  });

  it('sends nothing more to a client that leaves', async () => {
    const made = await secured();
    const { socket } = await made.client();
    const client = begin(made, { socket });
    client.write(get('/'));
    await answer(client);
    const { bytesRead } = socket;
    client.end();
    await once(socket, 'close');
    assert.equal(socket.bytesRead, bytesRead);
    await until(() => made.front.counts().active === 0, 'the connection is gone');
  });

  it('is ended by a stop, and by a bound for connections', async () => {
    const made = await secured();
    const raw = await made.client();
    raw.send('\x16');
    await until(() => made.front.counts().active === 1, 'it is there');
    assert.equal(made.front.counts().waiting, 1);
    await made.front.close(5_000, 50);
    await raw.all();
  });
});

/** A ClientHello, after which nothing comes. */
async function helloBytes(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ port: (server.address() as { port: number }).port, host: '127.0.0.1' });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  client.destroy();
  server.close();
  return bytes;
}
