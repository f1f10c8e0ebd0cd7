import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { AppFolder } from '../../support/app-folder.ts';
import { type MadeCertificate, makeCertificate } from '../../support/certificates.ts';
import { type GalleyNginx, serveWithGalley } from '../../support/nginx-serving.ts';
import { OcspResponder, ocspResponse } from '../../support/ocsp-responder.ts';
import { until } from '../../support/until.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly isResumed: boolean;
  readonly raw?: string;
}

const clientsOf = (name: string): string => `ssl_verify_client on; ssl_client_certificate FOLDER/${name}.pem;`;

describe('client certificates', () => {
  let folder: AppFolder;
  let serving: GalleyNginx;
  let responder: OcspResponder;
  let ours: MadeCertificate;
  let theirs: MadeCertificate;

  before(async () => {
    folder = await AppFolder.with({});
    const [first, second] = ['first', 'second'].map((CN) => makeCertificate([], { subject: { CN }, isCa: true }));
    const root = makeCertificate([], { subject: { CN: 'root' }, isCa: true });
    const server = makeCertificate(['open.test'], { by: root });
    ours = makeCertificate([], { subject: { CN: 'ours' }, purposes: ['client'], by: first as MadeCertificate });
    theirs = makeCertificate([], { subject: { CN: 'theirs' }, purposes: ['client'], by: second as MadeCertificate });
    responder = await OcspResponder.start((asked) =>
      ocspResponse(asked, { key: root.privateKey, until: new Date(Date.now() + 3_600_000) }),
    );
    await folder.write('server.pem', server.certificate + root.certificate);
    await folder.write('server.key', server.key);
    await folder.write('first.pem', first?.certificate ?? '');
    await folder.write('second.pem', second?.certificate ?? '');
    const own = 'ssl_certificate FOLDER/server.pem; ssl_certificate_key FOLDER/server.key;';
    const answer = '$ssl_client_verify $ssl_client_s_dn';
    serving = await serveWithGalley({
      folder: folder.path,
      ports: 2,
      http: `
        server { listen LISTEN0 ssl default_server; server_name open.test; ${own} ssl_stapling on; ssl_stapling_verify on;
          ssl_stapling_responder ${responder.url}; return 200 "open ${answer}"; }
        server { listen LISTEN0 ssl; server_name first.test; ${own} ${clientsOf('first')} return 200 "first ${answer}"; }
        server { listen LISTEN0 ssl; server_name same.test; ${own} ${clientsOf('first')} return 200 "same ${answer}"; }
        server { listen LISTEN0 ssl; server_name told.test; ${own} ${clientsOf('first')} add_header X-Raw $ssl_client_raw_cert;
          location / { proxy_pass http://LISTEN1; proxy_set_header X-Cert $ssl_client_cert; } }
        server { listen LISTEN1; return 200 $http_x_cert; }
        server { listen LISTEN0 ssl; server_name second.test; ${own} ${clientsOf('second')} return 200 "second ${answer}"; }
        server { listen LISTEN0 ssl; server_name bare.test; ${clientsOf('first')} return 200 "bare ${answer}"; }`,
    });
  });

  after(async () => {
    await serving[Symbol.asyncDispose]();
    await responder[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const where = (): ConnectionOptions => ({
    port: serving.ports[0] ?? 0,
    host: '127.0.0.1',
    rejectUnauthorized: false,
  });
  const shows = ({ key, certificate }: MadeCertificate): ConnectionOptions => ({ key, cert: certificate });

  /** What a host answers over a connection that is made for a name. */
  function ask(name: string, options: ConnectionOptions = {}, host = name): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request(
        { ...where(), servername: name, headers: { host }, agent: false, ...options },
        (response) => {
          const isResumed = (response.socket as unknown as { isSessionReused(): boolean }).isSessionReused();
          let text = '';
          response.setEncoding('latin1').on('data', (piece: string) => {
            text += piece;
          });
          const raw = response.headers['x-raw'];
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, text, isResumed, ...(typeof raw === 'string' && { raw }) });
          });
        },
      );
      asked.on('error', reject).end();
    });
  }

  /** A session that a name's server has made. */
  async function sessionOf(name: string, options: ConnectionOptions): Promise<Buffer> {
    const client = connect({ ...where(), servername: name, ...options });
    let session: Buffer | undefined;
    client.on('session', (given: Buffer) => {
      session = given;
    });
    await once(client, 'secureConnect');
    // In TLS 1.3 they come behind the handshake.
    client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    client.resume();
    await once(client, 'close');
    assert.ok(session, `a session of ${name}`);
    return session;
  }

  it('are asked for where a server wants them', async () => {
    assert.deepEqual(await ask('open.test'), { status: 200, text: 'open NONE ', isResumed: false });
    assert.equal((await ask('first.test')).status, 400);
    assert.equal((await ask('first.test', shows(ours))).text, 'first SUCCESS CN=ours');
    assert.equal((await ask('first.test', shows(theirs))).status, 400);
    assert.equal((await ask('second.test', shows(theirs))).text, 'second SUCCESS CN=theirs');
  });

  it('are of no use to hosts with other rules: 421', async () => {
    assert.equal((await ask('open.test', {}, 'first.test')).status, 421);
    assert.equal((await ask('first.test', shows(ours), 'second.test')).status, 421);
    assert.equal((await ask('first.test', shows(ours), 'same.test')).text, 'same SUCCESS CN=ours');
    assert.equal((await ask('first.test', {}, 'open.test')).status, 200);
  });

  it('are asked for with the certificate of the default server where there is no other', async () => {
    assert.equal((await ask('bare.test')).status, 400);
    assert.equal((await ask('bare.test', shows(theirs))).status, 400);
    assert.equal((await ask('bare.test', shows(ours))).text, 'bare SUCCESS CN=ours');
    assert.equal((await ask('open.test', {}, 'bare.test')).status, 421);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const session = await sessionOf('open.test', { maxVersion });
      const again = await ask('bare.test', { maxVersion, session });
      assert.deepEqual([again.status, again.isResumed], [400, false]);
    }
  });

  it('are told in fields, in one line', async () => {
    const { text, raw } = await ask('told.test', shows(ours));
    assert.equal(text, ours.certificate.trimEnd().replaceAll('\n', ' '));
    assert.equal(raw, text);
  });

  // CVE-2025-23419 of nginx.
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`are not got around by a session of another server, with ${maxVersion}`, async () => {
      const session = await sessionOf('open.test', { maxVersion });
      const again = await ask('open.test', { maxVersion, session });
      assert.deepEqual([again.status, again.isResumed], [200, true]);
      const without = await ask('first.test', { maxVersion, session });
      assert.deepEqual([without.status, without.isResumed], [400, false]);
      const host = await ask('open.test', { maxVersion, session }, 'first.test');
      assert.deepEqual([host.status, host.isResumed], [421, true]);
    });
  }

  it("leave the CA's word on the server's own certificate to those that ask for it", async () => {
    let stapled: Buffer | null = null;
    const look = async (): Promise<boolean> => {
      const client = connect({ ...where(), servername: 'open.test', requestOCSP: true });
      client.on('OCSPResponse', (given: Buffer | null) => {
        stapled = given;
      });
      await once(client, 'secureConnect');
      client.destroy();
      return stapled !== null;
    };
    await until(look, 'a stapled answer');
    assert.equal(responder.requests, 1);
  });
});
