import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { closeStages, type FrontStage, get, reply, stage } from '../../test/support/front-stage.ts';
import { until } from '../../test/support/until.ts';
import type { Handler } from '../core/handler.ts';
import { connectionTimeouts, httpLimits } from '../core/limits.ts';
import { proxyProtocolHeader } from '../protocol/proxy-protocol/write.ts';
import { listenerSettings } from './listener-settings.ts';

const line = 'PROXY TCP4 192.0.2.1 198.51.100.10 8080 443\r\n';
const told = 'tells 192.0.2.1:8080 198.51.100.10:443';

const says: Handler = ({ connection: { client, proxyProtocol } }) => {
  assert.equal(client.address, '127.0.0.1');
  if (!proxyProtocol) return reply('tells nothing');
  const { client: from, server: to } = proxyProtocol;
  return reply(`tells ${from.address}:${from.port} ${to.address}:${to.port}`);
};

/** A front whose connections begin with a header of the PROXY protocol. */
async function proxied(timeouts: Partial<typeof connectionTimeouts> = {}): Promise<FrontStage> {
  const made = await stage(says);
  const settings = {
    ...listenerSettings,
    limits: httpLimits,
    timeouts: { ...connectionTimeouts, ...timeouts },
    takesProxyProtocol: true,
  };
  made.front.configure(new Map([[0, settings]]));
  return made;
}

describe('a listener that takes the PROXY protocol', () => {
  afterEach(closeStages);

  it('knows what the header tells, for all requests of the connection', async () => {
    const made = await proxied();
    const client = await made.client();
    client.send(line + get('/'));
    await client.sees(/tells .*443$/);
    client.send(get('/'));
    await client.sees(/443HTTP(?:.|\s)*443$/);
    assert.ok(client.received.endsWith(told));
    assert.equal(made.front.counts().active, 1);
  });

  it('takes version 2, and one in single bytes', async () => {
    const made = await proxied();
    const facts = {
      scheme: 'http' as const,
      listener: 0,
      client: { address: '192.0.2.1', port: 8080 },
      server: { address: '198.51.100.10', port: 443 },
    };
    const bytes = proxyProtocolHeader(2, facts).toString('latin1') + get('/');
    const client = await made.client();
    for (const byte of bytes) {
      client.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.sees(/tells .*443$/);
  });

  it('serves a connection of which the header tells nothing', async () => {
    const made = await proxied();
    const client = await made.client();
    client.send(`PROXY UNKNOWN\r\n${get('/')}`);
    await client.sees(/tells nothing$/);
  });

  it('closes without an answer where there is none, or a wrong one, and logs it', async () => {
    const made = await proxied();
    for (const bytes of [get('/'), line.replace('TCP4', 'TCP6'), `PROXY ${'x'.repeat(200)}`, '\x16\x03\x01\x02\x00']) {
      const client = await made.client();
      made.log.length = 0;
      client.send(bytes);
      assert.equal(await client.all(), '');
      await until(() => made.log.length > 0, 'the log');
      assert.match(made.log.join(''), /info {2}Cannot read the header of the PROXY protocol: .* client=127\.0\.0\.1\n/);
    }
    assert.equal(made.front.requests, 0);
  });

  it('closes what ends inside the header with a word, and what says nothing at all without one', async () => {
    const made = await proxied();
    const part = await made.client();
    part.send('PROXY TCP4');
    part.end();
    assert.equal(await part.all(), '');
    await until(() => made.log.length === 1, 'the log');
    const silent = await made.client();
    silent.end();
    assert.equal(await silent.all(), '');
    await until(() => made.front.counts().active === 0, 'both are gone');
    assert.equal(made.log.length, 1);
  });

  it('closes one whose header comes too slowly', async () => {
    const made = await proxied({ headMs: 300 });
    const client = await made.client();
    client.send('PROXY ');
    assert.equal(await client.all(), '');
    assert.match(made.log.join(), /has not come within 300 ms/);
  });

  it('ends one that waits at a stop, after the last call', async () => {
    const made = await proxied();
    const late = await made.client();
    const silent = await made.client();
    await until(() => made.front.counts().active === 2, 'both are accepted');
    const closing = made.front.close(10_000);
    late.send(line + get('/'));
    await late.sees(/443$/);
    await silent.all();
    assert.equal(await closing, 0);
  });
});
