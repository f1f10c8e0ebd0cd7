import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { AppFolder } from '../../support/app-folder.ts';
import { type GalleyNginx, serveWithGalley } from '../../support/nginx-serving.ts';
import { openFiles } from '../../support/processes.ts';
import { requires } from '../../support/requirements.ts';
import { selfSigned } from '../../support/self-signed.ts';
import { until } from '../../support/until.ts';
import { ask } from '../config/config-stage.ts';
import { ok } from './fault-stage.ts';
import { listening } from './listening.ts';

/** What a server of TLS saw of a connection. */
interface Seen {
  readonly name: unknown;
  readonly isResumed: boolean;
  readonly isAuthorized: boolean;
}

/** Answers each request with a number of its own, which tells connections apart. */
function answerEach(socket: TLSSocket, seen: Seen[]): void {
  socket.on('error', () => {});
  socket.on('data', () => {
    seen.push({ name: socket.servername, isResumed: socket.isSessionReused(), isAuthorized: socket.authorized });
    socket.write(ok(String(seen.length)));
  });
}

describe('A proxy to an upstream that speaks TLS', { skip: requires('openssl') }, () => {
  const seen: Seen[] = [];
  let servers: readonly Server[] = [];
  let folder: AppFolder;
  let serving: GalleyNginx;
  before(async () => {
    const [identity, other, client] = await Promise.all([selfSigned(), selfSigned(), selfSigned()]);
    folder = await AppFolder.with({
      'ca.pem': identity.cert,
      'other.pem': other.cert,
      'client.pem': client.cert,
      'client.key': client.key,
    });
    const plainText = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(ok('poison'));
      socket.resume();
    });
    const secure = createTlsServer(identity, (socket) => answerEach(socket, seen));
    const wary = createTlsServer({ ...identity, requestCert: true, ca: client.cert }, (socket) =>
      answerEach(socket, seen),
    );
    for (const server of [secure, wary]) server.on('tlsClientError', () => {});
    servers = [plainText, secure, wary];
    const [poison, port, waryPort] = await Promise.all(servers.map(listening));
    serving = await serveWithGalley({
      folder: folder.path,
      http: `
        proxy_ssl_server_name on; proxy_ssl_name peer.test;
        proxy_ssl_verify on; proxy_ssl_trusted_certificate FOLDER/ca.pem;
        upstream kept { server 127.0.0.1:${port}; keepalive 4; }
        server {
          listen LISTEN0;
          location / { proxy_pass https://127.0.0.1:${port}; }
          location /nameless { proxy_pass https://127.0.0.1:${port}; proxy_ssl_server_name off; }
          location /kept { proxy_pass https://kept; proxy_http_version 1.1; proxy_set_header Connection ""; }
          location /no-session { proxy_pass https://127.0.0.1:${port}; proxy_ssl_session_reuse off; }
          location /wrong-name { proxy_pass https://127.0.0.1:${port}; proxy_ssl_name other.test; }
          location /untrusted { proxy_pass https://127.0.0.1:${port}; proxy_ssl_trusted_certificate FOLDER/other.pem; }
          location /unverified {
            proxy_pass https://127.0.0.1:${port};
            proxy_ssl_trusted_certificate FOLDER/other.pem; proxy_ssl_verify off;
          }
          location /no-certificate { proxy_pass https://127.0.0.1:${waryPort}; }
          location /certificate {
            proxy_pass https://127.0.0.1:${waryPort};
            proxy_ssl_certificate FOLDER/client.pem; proxy_ssl_certificate_key FOLDER/client.key;
          }
          location /poison { proxy_pass https://127.0.0.1:${poison}; }
        }`,
    });
  });
  after(async () => {
    await serving[Symbol.asyncDispose]();
    for (const server of servers) server.close();
    await folder[Symbol.asyncDispose]();
  });

  const port = (): number => serving.ports[0] ?? 0;
  const status = async (path: string): Promise<number> => (await ask(port(), path)).status;
  const last = (): Seen | undefined => seen.at(-1);

  it('tells the name, verifies the certificate and uses sessions again', async () => {
    assert.equal(await status('/'), 200);
    assert.deepEqual(last(), { name: 'peer.test', isResumed: false, isAuthorized: false });
    await until(async () => (await status('/')) === 200 && last()?.isResumed === true, 'a session that is resumed');
    assert.equal(await status('/no-session'), 200);
    assert.equal(last()?.isResumed, false);
    assert.equal(await status('/nameless'), 200);
    assert.equal(last()?.name, false);
  });

  it('keeps connections', async () => {
    const before = openFiles(serving.galley.pid);
    for (let round = 0; round < 5; round++) assert.equal(await status('/kept'), 200);
    await until(
      () => openFiles(serving.galley.pid) <= before + 1,
      () => `${openFiles(serving.galley.pid)} descriptors, there were ${before}`,
    );
  });

  it('answers 502 for a certificate of another name, or that nobody vouches for', async () => {
    const before = seen.length;
    assert.equal(await status('/wrong-name'), 502);
    assert.equal(await status('/untrusted'), 502);
    assert.equal(seen.length, before);
    assert.equal(await status('/unverified'), 200);
  });

  it('shows its certificate to an upstream that wants one', async () => {
    assert.equal(await status('/no-certificate'), 502);
    assert.equal(await status('/certificate'), 200);
    assert.equal(last()?.isAuthorized, true);
  });

  it('answers 502 where plain text comes before the handshake (225)', async () => {
    const answer = await ask(port(), '/poison');
    assert.equal(answer.status, 502);
    assert.doesNotMatch(answer.body, /poison/);
  });
});
