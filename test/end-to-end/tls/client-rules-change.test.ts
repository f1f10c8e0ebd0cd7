import assert from 'node:assert/strict';
import { request as askPlain, type IncomingMessage, Agent as PlainAgent } from 'node:http';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { makeCertificate } from '../../support/certificates.ts';
import { freePorts } from '../../support/free-ports.ts';
import { makeRevocationList } from '../../support/revocation-list.ts';
import { until } from '../../support/until.ts';
import { ConfigStage } from '../config/config-stage.ts';

const server = makeCertificate(['site.test']);
const clientCa = makeCertificate([], { subject: { CN: 'clients' }, isCa: true });
const client = makeCertificate([], { subject: { CN: 'client' }, purposes: ['client'], by: clientCa });

function config(port: number, tls: object | undefined): string {
  const listen = {
    address: `127.0.0.1:${port}`,
    ...(tls && { tls: { certificate: './s.pem', key: './s.key', ...tls } }),
  };
  return JSON.stringify({ defaults: { accessLog: false }, servers: [{ listen: [listen], respond: 'secret' }] });
}

const files = (first: string): Record<string, string> => ({
  'galley.config.json': first,
  's.pem': server.certificate,
  's.key': server.key,
  'ca.pem': clientCa.certificate,
  'crl.pem': makeRevocationList(clientCa, []),
});

const rules = { clientCertificates: { ca: './ca.pem', crl: './crl.pem' } };

/** Asks over one connection as long as it is kept. */
class Asker implements Disposable {
  readonly #port: number;
  readonly #agent: PlainAgent | Agent;

  constructor(port: number, isTls: boolean) {
    this.#port = port;
    const shown = { key: client.key, cert: client.certificate, rejectUnauthorized: false, servername: 'site.test' };
    const keeps = { keepAlive: true, maxSockets: 1 };
    this.#agent = isTls ? new Agent({ ...keeps, ...shown, maxCachedSessions: 0 }) : new PlainAgent(keeps);
  }

  async ask(): Promise<{ status: number; body: string; isReused: boolean; ends: boolean }> {
    const options = { port: this.#port, host: '127.0.0.1', agent: this.#agent };
    const asked = (this.#agent instanceof Agent ? request : askPlain)(options);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      asked.on('response', resolve).on('error', reject).end();
    });
    const ends = answer.headers.connection === 'close';
    return { status: answer.statusCode ?? 0, body: await text(answer), isReused: asked.reusedSocket, ends };
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

describe('rules for client certificates that change', () => {
  it('hold for connections that were opened before, in clear text', async () => {
    const [port = 0] = await freePorts(1);
    await using stage = await ConfigStage.start(files(config(port, undefined)));
    using asker = new Asker(port, false);
    assert.equal((await asker.ask()).body, 'secret');
    await stage.folder.write('galley.config.json', config(port, rules));
    await stage.command('reload', '--pid', `${stage.galley.pid}`);
    const { status, body, isReused, ends } = await asker.ask();
    assert.deepEqual([status, isReused, ends], [400, true, true]);
    assert.match(body, /The plain HTTP request was sent to HTTPS port/);
    await stage.folder.write('galley.config.json', config(port, undefined));
    await stage.command('reload', '--pid', `${stage.galley.pid}`);
    assert.equal((await asker.ask()).body, 'secret');
  });

  it('end connections of clients that are revoked', async () => {
    const [port = 0] = await freePorts(1);
    await using stage = await ConfigStage.start(files(config(port, rules)));
    using asker = new Asker(port, true);
    assert.equal((await asker.ask()).body, 'secret');
    assert.deepEqual(await asker.ask(), { status: 200, body: 'secret', isReused: true, ends: false });
    await stage.folder.write('crl.pem', makeRevocationList(clientCa, [client]));
    await stage.command('reload', '--pid', `${stage.galley.pid}`);
    const { status, isReused, ends } = await asker.ask();
    assert.deepEqual([status, isReused, ends], [421, true, true]);
    const again = await asker.ask();
    assert.deepEqual([again.status, again.isReused, again.ends], [400, false, true]);
  });

  it('end connections of clients whose CA is taken away, without a reload', async () => {
    const [port = 0] = await freePorts(1);
    await using stage = await ConfigStage.start(files(config(port, { clientCertificates: { ca: './ca.pem' } })));
    using asker = new Asker(port, true);
    assert.equal((await asker.ask()).status, 200);
    await stage.folder.write('ca.pem', makeCertificate([], { subject: { CN: 'clients' }, isCa: true }).certificate);
    let last = await asker.ask();
    await until(
      async () => {
        if (last.status === 200) last = await asker.ask();
        return last.status !== 200;
      },
      'the new CA',
      20_000,
    );
    assert.deepEqual([last.status, last.isReused, last.ends], [421, true, true]);
    assert.equal((await asker.ask()).status, 400);
  });
});
