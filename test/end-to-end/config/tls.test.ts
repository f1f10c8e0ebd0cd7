import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { AppFolder } from '../../support/app-folder.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { freePorts } from '../../support/free-ports.ts';
import { runGalley, startGalley } from '../../support/galley.ts';
import { ConfigStage } from './config-stage.ts';

const authority = makeCertificate(['ca.test'], { isCa: true });
const ecdsa = makeCertificate(['localhost', 'a.test'], { by: authority });
const rsa = makeCertificate(['a.test'], { by: authority, kind: 'rsa' });
const client = makeCertificate(['client.test'], { by: authority, purposes: ['client'] });

const files: Readonly<Record<string, string>> = {
  'index.html': 'hello',
  'ca.pem': authority.certificate,
  'ecdsa.pem': ecdsa.certificate,
  'ecdsa.key': ecdsa.key,
  'rsa.pem': rsa.certificate + rsa.key,
  'locked.key': createPrivateKey(ecdsa.key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
    .toString(),
};

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const trusting: ConnectionOptions = { ca: authority.certificate };

/** What HTTP/1.1 gets, over TLS where the URL says so. */
async function get(url: string, options: ConnectionOptions & { readonly headers?: object } = {}): Promise<Answer> {
  const asked = url.startsWith('https:')
    ? request(url, { ...trusting, agent: false, ...options } as object)
    : plainRequest(url, { agent: false, ...options } as object);
  asked.end();
  const [response] = await once(asked, 'response');
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

/** What kind of key the certificate has that a client with these signature algorithms is shown. */
async function keyKind(port: number, sigalgs: string): Promise<string | undefined> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'a.test', sigalgs, ...trusting });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw).publicKey.asymmetricKeyType;
}

describe('galley FOLDER --tls CERT:KEY', () => {
  let folder: AppFolder;
  before(async () => {
    folder = await AppFolder.with(files);
  });
  after(() => folder[Symbol.asyncDispose]());

  it('serves https, and HTTP/2 to those who know it', async () => {
    await using galley = await startGalley('.', { cwd: folder.path, args: ['--tls', 'ecdsa.pem:ecdsa.key'] });
    assert.match(galley.url, /^https:\/\/127\.0\.0\.1:\d+$/);
    const url = `https://localhost:${galley.port}`;
    assert.equal((await get(`${url}/index.html`)).body, 'hello');
    const session = connectHttp2(url, trusting);
    const stream = session.request({ ':path': '/index.html' });
    assert.equal(await text(stream), 'hello');
    session.destroy();
  });

  it('takes the options of Uvicorn, and a key with a password', async () => {
    const args = ['--ssl-certfile', 'ecdsa.pem', '--ssl-keyfile', 'locked.key', '--ssl-keyfile-password', 'secret'];
    await using galley = await startGalley('.', { cwd: folder.path, args });
    assert.equal((await get(`https://localhost:${galley.port}/index.html`)).body, 'hello');
    assert.doesNotMatch(galley.stderr(), /secret/);
  });

  it('lets nobody in without a certificate, where one is asked for', async () => {
    const args = ['--certfile', 'ecdsa.pem', '--keyfile', 'ecdsa.key', '--ca-certs', 'ca.pem', '--cert-reqs', '2'];
    await using galley = await startGalley('.', { cwd: folder.path, args });
    const url = `https://localhost:${galley.port}/index.html`;
    assert.equal((await get(url)).status, 400);
    assert.equal((await get(url, { cert: client.certificate, key: client.key })).body, 'hello');
  });

  const failures: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [['--tls', 'none.pem'], /none\.pem.*does not exist/],
    [['--tls', 'rsa.pem:ecdsa.key'], /its key "\S+ecdsa\.key" is of another certificate/],
    [['--certfile', 'ecdsa.pem', '--keyfile', 'locked.key'], /it needs a password/],
    [['--certfile', 'ecdsa.pem', '--keyfile', 'locked.key', '--keyfile-password', 'wrong'], /no password .*fits/],
  ];
  for (const [args, says] of failures) {
    it(`says what is wrong with ${args.join(' ')}`, async () => {
      const { code, stderr } = await runGalley(['.', '--port', '0', ...args], { cwd: folder.path, namePython: false });
      assert.equal(code, 1);
      assert.match(stderr, says);
    });
  }
});

describe('galley FOLDER --tls dev', () => {
  it('serves this machine with a certificate of a CA that it makes once', async () => {
    await using folder = await AppFolder.with(files);
    const options = {
      cwd: folder.path,
      args: ['--tls', 'dev', '--domain', 'app.test'],
      environment: { STATE_DIRECTORY: folder.file('state') },
    };
    const root = folder.file('state/dev/root.pem');
    let first = '';
    {
      await using galley = await startGalley('.', options);
      first = readFileSync(root, 'latin1');
      assert.match(galley.url, /^https:\/\/localhost:\d+$/);
      assert.match(galley.stderr(), /^ {2}TLS {6}this machine's own CA, for app\.test, localhost, 127\.0\.0\.1, /m);
      assert.ok(galley.stderr().includes(`until they trust its CA, ${root}.`), galley.stderr());
      for (const host of ['localhost', '127.0.0.1']) {
        const { body } = await get(`https://${host}:${galley.port}/index.html`, { ca: first });
        assert.equal(body, 'hello');
      }
      const named = await get(`https://127.0.0.1:${galley.port}/index.html`, { ca: first, servername: 'app.test' });
      assert.equal(named.body, 'hello');
    }
    assert.equal(statSync(folder.file('state/dev/root.key')).mode & 0o077, 0);
    await using again = await startGalley('.', options);
    assert.equal(readFileSync(root, 'latin1'), first);
    assert.equal((await get(`${again.url}/index.html`, { ca: first })).body, 'hello');
  });
});

describe('TLS of a galley.config', () => {
  let stage: ConfigStage;
  let plain = 0;
  let secure = 0;

  before(async () => {
    const [one = 0, other = 0] = await freePorts(2);
    [plain, secure] = [one, other];
    const listen = [`127.0.0.1:${plain}`, { address: `127.0.0.1:${secure}`, tls: true }];
    const config = {
      servers: [
        {
          listen,
          hosts: ['a.test'],
          tls: {
            certificates: [
              { certificate: 'ecdsa.pem', key: 'ecdsa.key' },
              { certificate: 'rsa.pem', key: 'rsa.pem' },
            ],
          },
          hsts: { maxAge: '1y', includeSubDomains: true },
          redirectToHttps: true,
          locations: [
            { path: '/', respond: 'a' },
            { path: '/.well-known/', respond: 'challenge' },
          ],
        },
        { listen: [{ address: `127.0.0.1:${secure}`, tls: true, default: true }], tls: { rejectHandshake: true } },
      ],
    };
    stage = await ConfigStage.start({ 'galley.config.json': JSON.stringify(config), ...files });
  });
  after(() => stage?.[Symbol.asyncDispose]());

  it('shows the certificate that a client knows', async () => {
    assert.equal(await keyKind(secure, 'ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256'), 'ec');
    assert.equal(await keyKind(secure, 'rsa_pss_rsae_sha256'), 'rsa');
  });

  it('tells browsers to come over TLS alone, there alone', async () => {
    const headers = { host: 'a.test' };
    const { body, headers: told } = await get(`https://127.0.0.1:${secure}/`, { servername: 'a.test', headers });
    assert.deepEqual([body, told['strict-transport-security']], ['a', 'max-age=31536000; includeSubDomains']);
    const other = await get(`http://127.0.0.1:${plain}/.well-known/acme-challenge/x`, { headers });
    assert.deepEqual([other.body, other.headers['strict-transport-security']], ['challenge', undefined]);
  });

  it('sends those who come without it to the address that has it', async () => {
    const { status, headers } = await get(`http://127.0.0.1:${plain}/x?y`, { headers: { host: `a.test:${plain}` } });
    assert.deepEqual([status, headers['location']], [308, `https://a.test:${secure}/x?y`]);
  });

  it('lets nobody in who asks for another name', async () => {
    await assert.rejects(get(`https://127.0.0.1:${secure}/`, { servername: 'b.test' }), /unrecognized name/i);
  });

  it('finds out at the start what files there are not', async () => {
    await using folder = await AppFolder.with({
      'a.config.json': `{ "servers": [{ "listen": [{ "address": "127.0.0.1:0", "tls": true }],
  "tls": { "certificate": "no.pem", "key": "no.key" } }] }`,
    });
    const { code, stderr } = await runGalley(['-c', 'a.config.json'], { cwd: folder.path, namePython: false });
    assert.equal(code, 1);
    assert.match(stderr, /a\.config\.json:2:\d+: error: There is no file "\S+\/no\.pem"/);
  });
});

describe('clientCertificates of a server without a certificate', () => {
  it('hold, with the certificate of the default server', async () => {
    const [port = 0] = await freePorts(1);
    const listen = [{ address: `127.0.0.1:${port}`, tls: true }];
    const own = { certificate: 'ecdsa.pem', key: 'ecdsa.key' };
    const config = {
      servers: [
        { listen, hosts: ['a.test'], tls: own, respond: 'open' },
        { listen, hosts: ['localhost'], tls: { clientCertificates: { ca: 'ca.pem' } }, respond: 'closed' },
      ],
    };
    await using _ = await ConfigStage.start({ 'galley.config.json': JSON.stringify(config), ...files });
    const url = `https://localhost:${port}/`;
    assert.equal((await get(url)).status, 400);
    assert.equal((await get(url, { cert: client.certificate, key: client.key })).body, 'closed');
    const other = await get(url, { servername: 'a.test', headers: { host: 'localhost' } });
    assert.equal(other.status, 421);
  });
});
