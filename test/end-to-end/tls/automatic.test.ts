import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { AppFolder } from '../../support/app-folder.ts';
import { Pebble } from '../../support/pebble.ts';
import { requires } from '../../support/requirements.ts';
import { ConfigStage } from '../config/config-stage.ts';

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

/** What a server on 127.0.0.1 answers for a host, over TLS where there is a CA. */
async function get(port: number, host: string, ca?: string): Promise<Answer> {
  const options = { host: '127.0.0.1', port, headers: { host }, agent: false } as const;
  const asked = ca === undefined ? plainRequest(options) : request({ ...options, servername: host, ca });
  asked.end();
  const [response] = await once(asked, 'response');
  return { status: response.statusCode, location: response.headers.location, body: await text(response) };
}

describe("tls: 'auto' (Pebble)", { skip: requires('go'), timeout: 120_000 }, () => {
  let folder: AppFolder;
  let pebble: Pebble;
  before(async () => {
    folder = await AppFolder.with({});
    pebble = await Pebble.start(folder);
  });
  after(async () => {
    await pebble?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  /** Serves a config whose only CA is Pebble. */
  async function start(servers: readonly object[], issuer: object = {}): Promise<ConfigStage> {
    const ca = folder.file('pebble-ca.pem');
    const issuers = { pebble: { directory: pebble.directory, ca, folder: './acme', ...issuer } };
    return ConfigStage.start({ 'galley.config.json': JSON.stringify({ issuers, servers }) });
  }

  it('gets a certificate by http-01 beside a redirect to https, and keeps it', async () => {
    const plain = `127.0.0.1:${pebble.httpPort}`;
    const listen = [plain, { address: `127.0.0.1:${pebble.tlsPort}`, tls: 'auto' }];
    const server = { listen, hosts: ['a.auto.test', 'b.auto.test'], redirectToHttps: true, respond: 'hello' };
    await using stage = await start([server], { challenges: ['http-01'] });
    assert.match(stage.galley.stderr(), /^ {2}TLS {6}pebble \(https:\S+\), for a\.auto\.test, b\.auto\.test$/m);
    await stage.says(/certificate for a\.auto\.test, b\.auto\.test: obtained/, 1);
    const root = await pebble.root();
    for (const host of server.hosts) assert.equal((await get(pebble.tlsPort, host, root)).body, 'hello');
    const { status, location } = await get(pebble.httpPort, 'a.auto.test');
    assert.deepEqual([status, location], [308, `https://a.auto.test:${pebble.tlsPort}/`]);
    assert.equal((await stage.command('reload')).code, 0);
    assert.equal((await get(pebble.tlsPort, 'a.auto.test', root)).body, 'hello');
    assert.equal(stage.count(/: obtained/), 1);
  });

  it('gets one by tls-alpn-01 where no address is without TLS', async () => {
    const listen = [{ address: `127.0.0.1:${pebble.tlsPort}`, tls: 'auto' }];
    await using stage = await start([{ listen, hosts: ['alpn.auto.test'], respond: 'hello' }]);
    await stage.says(/certificate for alpn\.auto\.test: obtained/, 1);
    assert.equal((await get(pebble.tlsPort, 'alpn.auto.test', await pebble.root())).body, 'hello');
  });

  it('gets one when a name is asked for that the hook allows', async () => {
    const plain = `127.0.0.1:${pebble.httpPort}`;
    const tls = { acme: { onDemand: { ask: `http://${plain}/ask` } } };
    const isOurs = { variable: 'arg_domain', equals: 'ours.auto.test' };
    const rules = [{ if: isOurs, rules: [{ return: 200 }] }, { return: 403 }];
    const listen = [plain, { address: `127.0.0.1:${pebble.tlsPort}`, tls }];
    await using stage = await start([{ listen, respond: 'hello', locations: [{ path: '= /ask', rules }] }]);
    const root = await pebble.root();
    assert.equal((await get(pebble.tlsPort, 'ours.auto.test', root)).body, 'hello');
    assert.equal(stage.count(/certificate for ours\.auto\.test: obtained/), 1);
    await assert.rejects(get(pebble.tlsPort, 'theirs.auto.test', root));
    assert.equal(stage.count(/certificate for theirs\.auto\.test: obtained/), 0);
  });
});
