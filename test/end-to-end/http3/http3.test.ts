import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { findQuic } from '../../../src/tls/quic.ts';
import { AppFolder } from '../../support/app-folder.ts';
import { bunPath, noBun } from '../../support/bun.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { freePorts } from '../../support/free-ports.ts';
import { Galley } from '../../support/galley.ts';
import { askByHttp3 } from '../../support/http3-client.ts';
import { testPython } from '../../support/python.ts';
import { until } from '../../support/until.ts';

const app = `
import asyncio, json
async def app(scope, receive, send):
    if scope['type'] != 'http': return
    path = scope['path']
    if path == '/scope':
        facts = {key: scope[key] for key in ('http_version', 'scheme', 'method', 'query_string')}
        facts['query_string'] = facts['query_string'].decode()
        facts['headers'] = [[n.decode('latin-1'), v.decode('latin-1')] for n, v in scope['headers']]
        facts['client'] = scope['client'][0]
        body = json.dumps(facts).encode()
    elif path == '/upload':
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message.get('body', b''))
            more = message.get('more_body', False)
        body = str(size).encode()
    elif path == '/trailers':
        await send({'type': 'http.response.early_hint', 'links': [b'</a.css>; rel=preload']})
        await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'x-a', b'1'), (b'x-a', b'2')], 'trailers': True})
        await send({'type': 'http.response.body', 'body': b'abc'})
        await send({'type': 'http.response.trailers', 'headers': [(b'x-sum', b'6')]})
        return
    elif path == '/endless':
        await send({'type': 'http.response.start', 'status': 200, 'headers': []})
        try:
            while True:
                await send({'type': 'http.response.body', 'body': b'x' * 65536, 'more_body': True})
        finally:
            print('the client has left', flush=True)
    elif path == '/break':
        await send({'type': 'http.response.start', 'status': 200, 'headers': []})
        await send({'type': 'http.response.body', 'body': b'half', 'more_body': True})
        raise RuntimeError('it breaks')
    elif path == '/slow':
        print('it has begun', flush=True)
        await asyncio.sleep(0.5)
        body = b'late'
    else:
        body = b'hello'
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-length', str(len(body)).encode())]})
    await send({'type': 'http.response.body', 'body': body})
`;

const config = (port: number): string => `
  import { defineConfig } from 'galley';
  const listen = [{ address: '127.0.0.1:${port}', tls: true, http3: true }];
  export default defineConfig({
    // More than Bun takes.
    defaults: { connection: { headTimeout: '60s', keepAlive: '20m' } },
    apps: { app: { python: 'main:app', interpreter: ${JSON.stringify(testPython())} } },
    servers: [
      { listen, hosts: ['site.test'], app: 'app', tls: { certificate: 'site.pem', key: 'site.key' } },
      { listen, hosts: ['closed.test'], respond: 'no', tls: {
        certificate: 'site.pem', key: 'site.key', clientCertificates: { verify: 'required', ca: 'site.pem' } } },
    ],
  });
`;

/** The headers of an answer by HTTP/1.1. */
async function headersByTcp(port: number): Promise<NodeJS.Dict<string | string[]>> {
  return new Promise((resolve, reject) => {
    const asked = request({
      port,
      host: '127.0.0.1',
      servername: 'site.test',
      rejectUnauthorized: false,
      agent: false,
    });
    asked.on('error', reject).on('response', (response) => resolve(response.resume().headers));
    asked.setHeader('host', 'site.test');
    asked.end();
  });
}

async function folderFor(port: number): Promise<AppFolder> {
  const { certificate, key } = makeCertificate(['site.test']);
  return AppFolder.with({
    'main.py': app,
    'galley.config.ts': config(port),
    'site.pem': certificate,
    'site.key': key,
  });
}

describe('HTTP/3 on Bun', { skip: noBun }, () => {
  let port: number;
  let folder: AppFolder;
  let galley: Galley;

  before(async () => {
    [port = 0] = await freePorts(1);
    folder = await folderFor(port);
    galley = new Galley(['--config', folder.file('galley.config.ts')], {
      cwd: folder.path,
      runtime: bunPath,
      namePython: false,
    });
    await galley.says(/^Ready in/m, 20_000);
  });

  after(async () => {
    await galley.stop();
    await folder[Symbol.asyncDispose]();
  });

  it('gives an app what the client sent', async () => {
    const headers = { ':path': '/scope?a=%20', 'x-a': ['1', '2'], cookie: ['a=1', 'b=2'] };
    const { answers } = await askByHttp3(port, 'site.test', { headers });
    const scope = JSON.parse(answers[0]?.body ?? '');
    assert.deepEqual(scope, {
      http_version: '3',
      scheme: 'https',
      method: 'GET',
      query_string: 'a=%20',
      headers: [
        ['host', 'site.test'],
        ['x-a', '1'],
        ['x-a', '2'],
        ['cookie', 'a=1; b=2'],
      ],
      client: '127.0.0.1',
    });
    await until(
      () => /"GET \/scope\?a=%20 HTTP\/3\.0" 200/.test(galley.stdout()),
      () => galley.stdout(),
    );
  });

  it('passes interim answers, fields of one name and trailers', async () => {
    const { answers } = await askByHttp3(port, 'site.test', { headers: { ':path': '/trailers', te: 'trailers' } });
    const [{ status, headers, interim, trailers, body } = assert.fail()] = answers;
    assert.deepEqual(
      { status, body, interim, trailers },
      {
        status: '200',
        body: 'abc',
        interim: ['103 </a.css>; rel=preload'],
        trailers: { 'x-sum': '6' },
      },
    );
    assert.deepEqual(headers?.['x-a'], ['1', '2']);
    assert.equal(headers?.['server'], 'galley');
  });

  it('takes bodies of any length, and answers HEAD without one', async () => {
    const upload = { ':path': '/upload', ':method': 'POST' };
    const { answers } = await askByHttp3(
      port,
      'site.test',
      { headers: upload, size: 10 },
      { headers: { ...upload, 'content-length': '1000000' }, size: 1_000_000 },
      { headers: upload, size: 3_000_000 },
      { headers: { ':method': 'HEAD' } },
    );
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body]),
      [
        ['200', '10'],
        ['200', '1000000'],
        ['200', '3000000'],
        ['200', ''],
      ],
    );
    assert.equal(answers[3]?.headers?.['content-length'], '5');
  });

  it('cuts an answer that breaks, so that half of it does not look whole', async () => {
    const { answers } = await askByHttp3(port, 'site.test', { headers: { ':path': '/break' } });
    assert.match(answers[0]?.error ?? '', /258/);
  });

  it('tells an app that its client has left', async () => {
    await askByHttp3(port, 'site.test', { headers: { ':path': '/endless' }, leavesAfter: 100_000 });
    await until(
      () => galley.stdout().includes('the client has left'),
      () => galley.stdout(),
    );
  });

  it('judges requests as those of HTTP/2', async () => {
    const { answers } = await askByHttp3(
      port,
      'site.test',
      { headers: { ':authority': null } },
      { headers: { host: 'other.test' } },
      { headers: { ':path': 'x' } },
      { headers: { 'x-a': 'a'.repeat(20_000) } },
      { headers: { te: 'gzip' } },
      {},
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['400', '400', '400', '431', undefined, '200'],
    );
  });

  it('tells of itself over TCP, and there alone', async () => {
    assert.equal((await headersByTcp(port))['alt-svc'], `h3=":${port}"; ma=86400`);
    const { answers } = await askByHttp3(port, 'site.test', {});
    assert.equal(answers[0]?.headers?.['alt-svc'], undefined);
  });

  it('serves no server that asks clients for certificates', async () => {
    const reached = await askByHttp3(port, 'closed.test', {}).catch(() => undefined);
    assert.deepEqual(reached?.answers.map(({ status }) => status) ?? [], reached ? [undefined] : []);
    const { answers } = await askByHttp3(port, 'site.test', { headers: { ':authority': 'closed.test' } });
    assert.equal(answers[0]?.status, '421');
  });

  it('uses a new certificate after a reload', async () => {
    const { certificate, key } = makeCertificate(['site.test']);
    await folder.write('site.key', key);
    await folder.write('site.pem', certificate);
    galley.signal('SIGHUP');
    const wanted = new X509Certificate(certificate).fingerprint256;
    await until(
      async () => (await askByHttp3(port, 'site.test', {})).certificate === wanted,
      () => galley.stderr(),
    );
  });

  it('answers what is under way when it stops', async () => {
    const asked = askByHttp3(port, 'site.test', { headers: { ':path': '/slow' } });
    await until(
      () => galley.stdout().includes('it has begun'),
      () => galley.stderr(),
    );
    assert.equal(await galley.stop(), 0);
    assert.equal((await asked).answers[0]?.body, 'late');
  });
});

describe('HTTP/3 on Node without QUIC', () => {
  it('is a warning, and TCP is served', { skip: findQuic() !== undefined && 'this Node has QUIC' }, async () => {
    const [port = 0] = await freePorts(1);
    await using folder = await folderFor(port);
    await using galley = new Galley(['--config', folder.file('galley.config.ts')], {
      cwd: folder.path,
      namePython: false,
    });
    await galley.says(/^Ready in/m);
    assert.match(galley.stderr(), /HTTP\/3 is not served: .*Bun/);
    assert.equal((await headersByTcp(port))['alt-svc'], undefined);
  });
});
