import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import { AppFolder } from '../../test/support/app-folder.ts';
import { plainRequest, plainWish, ToldAttempt, TransportStage, textOf } from '../../test/support/raw-upstream.ts';
import { requires } from '../../test/support/requirements.ts';
import { until } from '../../test/support/until.ts';
import type { ProxyTls } from '../plan/proxy-plan.ts';
import { readTlsProfile } from './tls-profile.ts';
import type { UpstreamReply } from './upstream-request.ts';

const plain: ProxyTls = {
  serverName: true,
  name: undefined,
  verify: false,
  verifyDepth: 1,
  trustedCertificate: undefined,
  crl: undefined,
  certificate: undefined,
  certificateKey: undefined,
  passwordFile: undefined,
  protocols: [],
  ciphers: undefined,
  sessionReuse: true,
};

describe('TLS towards upstreams', { skip: requires('openssl') }, () => {
  let folder: AppFolder;
  const file = (name: string): string => folder.file(name);
  const openssl = (...line: string[]): void => {
    execFileSync('openssl', line, { cwd: folder.path, stdio: 'ignore' });
  };
  /** Makes NAME.pem and NAME.key, signed by another one or by itself. */
  const issue = (name: string, subject: string, by: string | undefined, extension: string): void => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
    const signer = by === undefined ? [] : ['-CA', `${by}.pem`, '-CAkey', `${by}.key`];
    openssl('req', '-x509', ...key, ...signer, '-subj', `/CN=${subject}`, '-addext', extension, '-out', `${name}.pem`);
  };
  const isCa = 'basicConstraints=critical,CA:TRUE';

  before(async () => {
    folder = await AppFolder.with({
      passwords: 'wrong\nsecret\n',
      'wrong-passwords': 'wrong\n',
      'bad.pem': 'nothing\n',
    });
    issue('root', 'Root', undefined, 'subjectKeyIdentifier=hash');
    issue('one', 'One', 'root', isCa);
    issue('two', 'Two', 'one', isCa);
    issue('near', 'upstream.test', 'root', 'subjectAltName=DNS:upstream.test');
    issue('far', 'upstream.test', 'two', 'subjectAltName=DNS:upstream.test');
    issue('client', 'Galley', 'root', 'extendedKeyUsage=clientAuth');
    openssl('ec', '-in', 'client.key', '-aes256', '-passout', 'pass:secret', '-out', 'locked.key');
  });

  after(async () => {
    await folder[Symbol.asyncDispose]();
  });

  interface Upstream extends AsyncDisposable {
    readonly port: number;
    readonly sockets: TLSSocket[];
  }

  async function serving(names: string[], options: TlsOptions = {}): Promise<Upstream> {
    const [leaf = ''] = names;
    const cert = names.map((name) => readFileSync(file(`${name}.pem`), 'utf8')).join('');
    const sockets: TLSSocket[] = [];
    const server: Server = createServer({ cert, key: readFileSync(file(`${leaf}.key`)), ...options }, (socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
    });
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return {
      port: typeof address === 'object' ? (address?.port ?? 0) : 0,
      sockets,
      async [Symbol.asyncDispose]() {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  /** Where nobody listens. */
  async function closed(): Promise<{ readonly port: number }> {
    await using upstream = await serving(['near']);
    return { port: upstream.port };
  }

  async function ask(
    { transport }: TransportStage,
    port: number,
    settings: Partial<ProxyTls>,
    { tlsName = 'upstream.test', keeps = false, proxyProtocol = undefined as 1 | undefined } = {},
  ): Promise<string> {
    const tls = readTlsProfile({ ...plain, ...settings });
    const profile = { ...plainWish.profile, key: 'tls', tls, proxyProtocol };
    const stage = new TransportStage();
    const ask = keeps ? transport : stage.transport;
    const wish = { ...plainWish, profile, tlsName };
    const request = { ...plainRequest, keepsConnection: keeps };
    const attempt = new ToldAttempt();
    ask.send({ kind: 'tcp', host: '127.0.0.1', port }, wish, request, attempt);
    return await textOf(((await attempt.answer) as UpstreamReply).body);
  }

  it('is another one when its files have changed, and reads none that it does not need', async () => {
    const tls: ProxyTls = { ...plain, certificate: file('client.pem'), certificateKey: file('client.key') };
    const before = readTlsProfile(tls).digest;
    assert.equal(readTlsProfile(tls).digest, before);
    assert.notEqual(
      readTlsProfile({ ...tls, certificate: file('near.pem'), certificateKey: file('near.key') }).digest,
      before,
    );
    assert.equal(readTlsProfile({ ...tls, trustedCertificate: file('nowhere') }).digest, before);
  });

  it('sends the name, and does not where that is not wanted', async () => {
    await using upstream = await serving(['near']);
    using stage = new TransportStage();
    await ask(stage, upstream.port, {});
    await ask(stage, upstream.port, { serverName: false });
    await ask(stage, upstream.port, {}, { tlsName: '127.0.0.1' });
    assert.deepEqual(
      upstream.sockets.map(({ servername }) => servername),
      ['upstream.test', false, false],
    );
  });

  it('verifies the chain and the name', async () => {
    await using upstream = await serving(['near']);
    using stage = new TransportStage();
    const verify = { verify: true, trustedCertificate: file('root.pem') };
    assert.equal(await ask(stage, upstream.port, verify), 'ok');
    assert.equal(await ask(stage, upstream.port, { ...verify, serverName: false }), 'ok');
    const refused = { code: 'upstream-tls', stage: 'connect' };
    await assert.rejects(ask(stage, upstream.port, verify, { tlsName: 'other.test' }), refused);
    await assert.rejects(ask(stage, upstream.port, { verify: true }), refused);
    await assert.rejects(ask(stage, upstream.port, { verify: true, trustedCertificate: file('client.pem') }), refused);
  });

  it('counts the certificates in between', async () => {
    await using upstream = await serving(['far', 'two', 'one']);
    using stage = new TransportStage();
    const verify = { verify: true, trustedCertificate: file('root.pem') };
    assert.equal(await ask(stage, upstream.port, { ...verify, verifyDepth: 2 }), 'ok');
    await assert.rejects(ask(stage, upstream.port, { ...verify, verifyDepth: 1 }), { code: 'upstream-tls' });
  });

  it('shows a certificate, whose key may be locked', async () => {
    await using upstream = await serving(['near'], {
      requestCert: true,
      rejectUnauthorized: true,
      ca: readFileSync(file('root.pem')),
    });
    using stage = new TransportStage();
    const certificate = file('client.pem');
    assert.equal(await ask(stage, upstream.port, { certificate, certificateKey: file('client.key') }), 'ok');
    const locked = { certificate, certificateKey: file('locked.key') };
    assert.equal(await ask(stage, upstream.port, { ...locked, passwordFile: file('passwords') }), 'ok');
    assert.throws(() => readTlsProfile({ ...plain, ...locked, passwordFile: file('wrong-passwords') }), /locked\.key/);
    await assert.rejects(ask(stage, upstream.port, {}));
  });

  it('speaks only the versions that are named', async () => {
    await using upstream = await serving(['near']);
    using stage = new TransportStage();
    await ask(stage, upstream.port, { protocols: ['TLSv1.2'] });
    assert.equal(upstream.sockets[0]?.getProtocol(), 'TLSv1.2');
    await using modern = await serving(['near'], { minVersion: 'TLSv1.3' });
    const { port } = modern;
    await assert.rejects(ask(stage, port, { protocols: ['TLSv1.2'] }), { code: 'upstream-tls', stage: 'connect' });
  });

  it('takes up sessions', async () => {
    await using upstream = await serving(['near']);
    using stage = new TransportStage({ requests: 1 });
    const verify = { verify: true, trustedCertificate: file('root.pem') };
    for (let request = 0; request < 2; request++)
      assert.equal(await ask(stage, upstream.port, verify, { keeps: true }), 'ok');
    assert.deepEqual(
      upstream.sockets.map((socket) => socket.isSessionReused() === true),
      [false, true],
    );
  });

  it('tells of the client in the PROXY protocol before the handshake', async () => {
    await using upstream = await serving(['near']);
    const { port } = upstream;
    let header = '';
    const server = createTcpServer((socket: Socket) => {
      socket.once('readable', () => {
        header = String(socket.read(36) ?? '');
        const inner = connect(port, '127.0.0.1');
        socket.pipe(inner).pipe(socket);
        socket.on('close', () => inner.destroy());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(typeof address === 'object' && address);
    using stage = new TransportStage();
    assert.equal(await ask(stage, address.port, {}, { proxyProtocol: 1 }), 'ok');
    assert.equal(header, 'PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n');
    await new Promise((resolve) => server.close(resolve));
  });

  it('tells that an upstream refuses connections, with the PROXY protocol too', async () => {
    const { port } = await closed();
    using stage = new TransportStage();
    const refused = { code: 'upstream-refused', stage: 'connect' };
    await assert.rejects(ask(stage, port, {}), refused);
    await assert.rejects(ask(stage, port, {}, { proxyProtocol: 1 }), refused);
  });

  it('refuses an upstream that speaks before the handshake', async () => {
    let text = '';
    let isClosed = false;
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.on('close', () => {
        isClosed = true;
      });
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
      });
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(typeof address === 'object' && address);
    using stage = new TransportStage();
    await assert.rejects(ask(stage, address.port, {}), { code: 'upstream-tls', wasSent: false });
    await until(() => isClosed, 'the connection is closed');
    assert.ok(!text.includes('GET /'));
    await new Promise((resolve) => server.close(resolve));
  });

  it('names the file that cannot be used', () => {
    const missing = file('missing.pem');
    for (const [settings, what] of [
      [{ trustedCertificate: missing }, 'trusted certificates'],
      [{ crl: missing }, 'revocation list'],
      [{ certificate: missing, certificateKey: missing }, 'certificate'],
    ] as const) {
      assert.throws(() => readTlsProfile({ ...plain, verify: true, ...settings }), {
        message: `Cannot read the ${what} "${missing}": file does not exist`,
      });
    }
    assert.throws(
      () => readTlsProfile({ ...plain, certificate: file('bad.pem') }),
      /^TlsFileError: Cannot use the certificate ".*bad\.pem": it holds no certificate$/,
    );
    const other = { certificate: file('client.pem'), certificateKey: file('near.key') };
    assert.throws(
      () => readTlsProfile({ ...plain, ...other }),
      /^TlsFileError: Cannot use the certificate ".*client\.pem": its key ".*near\.key" is of another certificate$/,
    );
    assert.throws(
      () => readTlsProfile({ ...plain, ciphers: 'NOTHING' }),
      /^TlsFileError: Cannot use TLS towards upstreams: no cipher match$/,
    );
    assert.throws(
      () => readTlsProfile({ ...plain, verify: true, trustedCertificate: file('bad.pem') }),
      /bad\.pem": it holds no certificate$/,
    );
  });
});
