import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { after, before, describe, it } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { AppFolder } from '../../support/app-folder.ts';
import { type MadeCertificate, makeCertificate } from '../../support/certificates.ts';
import { type GalleyNginx, serveWithGalley } from '../../support/nginx-serving.ts';
import { testAppBlock } from '../config/config-stage.ts';

type Seen = Readonly<Record<string, unknown>>;

describe('apps over TLS', () => {
  let folder: AppFolder;
  let serving: GalleyNginx;
  let ours: MadeCertificate;
  let stranger: MadeCertificate;

  before(async () => {
    folder = await AppFolder.with({});
    const ca = makeCertificate([], { subject: { CN: 'ca' }, isCa: true });
    const server = makeCertificate(['app.test']);
    ours = makeCertificate([], { subject: { CN: 'ours', O: 'Gälley' }, purposes: ['client'], by: ca });
    stranger = makeCertificate([], { subject: { CN: 'stranger' }, purposes: ['client'] });
    await folder.write('server.pem', server.certificate);
    await folder.write('server.key', server.key);
    await folder.write('ca.pem', ca.certificate);
    serving = await serveWithGalley({
      folder: folder.path,
      main:
        testAppBlock('points', 'points_asgi_app:app', 'lifespan on;') + testAppBlock('flask', 'config_flask_app:app'),
      http: `server {
        listen LISTEN0 ssl http2; ssl_certificate FOLDER/server.pem; ssl_certificate_key FOLDER/server.key;
        ssl_verify_client optional_no_ca; ssl_client_certificate FOLDER/ca.pem;
        location / { app_pass points; }
        location /environ { app_pass flask; }
      }`,
    });
  });

  after(async () => {
    await serving[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const where = (): ConnectionOptions => ({
    port: serving.ports[0] ?? 0,
    host: '127.0.0.1',
    rejectUnauthorized: false,
  });

  async function ask(path: string, shown?: MadeCertificate): Promise<Seen> {
    const own = shown && { key: shown.key, cert: shown.certificate };
    const asked = request({ ...where(), path, servername: 'app.test', agent: false, ...own }).end();
    const [response] = (await once(asked, 'response')) as [AsyncIterable<Buffer>];
    return seenIn(response);
  }

  async function askByHttp2(path: string): Promise<Seen> {
    const session = connectHttp2(`https://127.0.0.1:${serving.ports[0]}`, { rejectUnauthorized: false });
    try {
      return await seenIn(session.request({ ':path': path }));
    } finally {
      session.close();
    }
  }

  const tlsOf = ({ extensions }: Seen): Seen | undefined => (extensions as Record<string, Seen>)['tls'];

  it('are told of it by the tls extension of ASGI', async () => {
    const plain = await ask('/scope');
    assert.equal(plain['scheme'], 'https');
    const none = { server_cert: null, client_cert_chain: [], client_cert_name: null, client_cert_error: null };
    assert.deepEqual(tlsOf(plain), { ...none, tls_version: 0x0304, cipher_suite: 0x1302 });
    const shown = tlsOf(await ask('/scope', ours));
    assert.equal(shown?.['client_cert_name'], 'CN=ours,O=G\\C3\\A4lley');
    assert.deepEqual(shown?.['client_cert_chain'], [ours.certificate]);
    assert.equal(shown?.['client_cert_error'], null);
    assert.equal(tlsOf(await ask('/scope', stranger))?.['client_cert_error'], 'self-signed certificate');
  });

  it('are told of it by the names that CGI has for WSGI', async () => {
    const environ = await ask('/environ', ours);
    assert.equal(environ['wsgi.url_scheme'], 'https');
    assert.equal(environ['HTTPS'], 'on');
    assert.equal(environ['SSL_PROTOCOL'], 'TLSv1.3');
    assert.equal(environ['SSL_CLIENT_VERIFY'], 'SUCCESS');
    assert.equal(environ['SSL_CLIENT_CERT'], ours.certificate);
    assert.equal((await ask('/environ'))['SSL_CLIENT_VERIFY'], undefined);
  });

  it('have HTTP/2 as their version', async () => {
    const scope = await askByHttp2('/scope');
    assert.deepEqual([scope['http_version'], scope['scheme']], ['2', 'https']);
    assert.equal(tlsOf(scope)?.['tls_version'], 0x0304);
    assert.equal((await askByHttp2('/environ'))['SERVER_PROTOCOL'], 'HTTP/2.0');
  });
});

async function seenIn(body: AsyncIterable<Buffer>): Promise<Seen> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece);
  const seen = JSON.parse(Buffer.concat(pieces).toString());
  // The environ comes with the body's length.
  return Array.isArray(seen) ? seen[0] : seen;
}
