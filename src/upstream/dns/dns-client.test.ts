import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DnsServer } from '../../../test/support/dns-server.ts';
import type { ResolverPlan } from '../../plan/upstream-plan.ts';
import { DnsClient, LookupFailure } from './dns-client.ts';

const one = { type: 'A', address: '192.0.2.1', ttl: 30 } as const;
const two = { type: 'A', address: '192.0.2.2', ttl: 20 } as const;
const six = { type: 'AAAA', address: '2001:db8:0:0:0:0:0:1', ttl: 40 } as const;

async function refusal(asked: Promise<unknown>): Promise<string> {
  const error: unknown = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof LookupFailure, String(error));
  return error.message;
}

describe('DnsClient.addresses', () => {
  async function ask(server: DnsServer, host: string, changes: Partial<ResolverPlan> = {}): Promise<unknown> {
    const client = new DnsClient(server.plan(changes));
    try {
      return await client.addresses(host);
    } finally {
      client.close();
    }
  }

  it('gives those of both kinds, for as long as the shortest time to live', async () => {
    await using server = await DnsServer.start({ 'app.example': [one, two, six] });
    assert.deepEqual(await ask(server, 'app.example'), {
      values: ['192.0.2.1', '192.0.2.2', '2001:db8::1'],
      holdMs: 20_000,
    });
  });

  it('gives those of one kind where the other is not wanted', async () => {
    await using server = await DnsServer.start({ 'app.example': [one, six] });
    assert.deepEqual(await ask(server, 'app.example', { ipv6: false }), { values: ['192.0.2.1'], holdMs: 30_000 });
    assert.deepEqual(server.asked, ['A app.example']);
    assert.deepEqual(await ask(server, 'app.example', { ipv4: false }), { values: ['2001:db8::1'], holdMs: 40_000 });
  });

  it('is content with one kind', async () => {
    await using server = await DnsServer.start({ 'app.example': [six] });
    assert.deepEqual(await ask(server, 'app.example'), { values: ['2001:db8::1'], holdMs: 40_000 });
  });

  it('takes the validity of the config in place of the time to live', async () => {
    await using server = await DnsServer.start({ 'app.example': [one] });
    assert.deepEqual(await ask(server, 'app.example', { validMs: 5_000 }), { values: ['192.0.2.1'], holdMs: 5_000 });
  });

  it('asks again over TCP where the answer is truncated', async () => {
    await using server = await DnsServer.start({ 'app.example': { truncated: [one, two] } });
    assert.deepEqual(await ask(server, 'app.example', { ipv6: false }), {
      values: ['192.0.2.1', '192.0.2.2'],
      holdMs: 20_000,
    });
  });

  it('asks again each time: nothing is kept', async () => {
    await using server = await DnsServer.start({ 'app.example': [one] });
    const client = new DnsClient(server.plan({ ipv6: false }));
    await client.addresses('app.example');
    server.names.set('app.example', [two]);
    assert.deepEqual((await client.addresses('app.example')).values, ['192.0.2.2']);
    client.close();
  });

  for (const [said, text] of [
    ['no-such-name', 'Cannot look up app.example: there is no such name'],
    ['failure', 'Cannot look up app.example: the name server has failed'],
    [[], 'Cannot look up app.example: it has no address'],
  ] as const) {
    it(`rejects where the server says ${JSON.stringify(said)}`, async () => {
      await using server = await DnsServer.start({ 'app.example': said });
      assert.equal(await refusal(ask(server, 'app.example')), text);
    });
  }

  it('rejects when the time is over', async () => {
    await using server = await DnsServer.start({ 'app.example': 'silence' });
    const text = await refusal(ask(server, 'app.example', { timeoutMs: 50 }));
    assert.equal(text, 'Cannot look up app.example: no name server answers in time');
  });

  it('asks a server that is given by its name', async () => {
    await using server = await DnsServer.start({ 'app.example': [one] });
    const servers = server.plan().servers.map(({ port }) => ({ host: 'localhost', port }));
    assert.deepEqual(await ask(server, 'app.example', { servers, ipv6: false }), {
      values: ['192.0.2.1'],
      holdMs: 30_000,
    });
  });

  it('asks nobody for addresses', async () => {
    await using server = await DnsServer.start();
    const client = new DnsClient(server.plan());
    assert.deepEqual((await client.addresses('192.0.2.7')).values, ['192.0.2.7']);
    assert.deepEqual((await client.addresses('2001:db8::7')).values, ['2001:db8::7']);
    assert.deepEqual(server.asked, []);
    client.close();
  });

  it('asks no name server for localhost', async () => {
    await using server = await DnsServer.start({ localhost: [one] });
    const { values } = (await ask(server, 'LocalHost')) as { readonly values: readonly string[] };
    assert.ok(values.length > 0 && values.every((each) => each === '127.0.0.1' || each === '::1'), values.join());
    assert.deepEqual(server.asked, []);
    assert.match(JSON.stringify(await ask(server, 'localhost', { ipv4: false })), /"::1"/);
  });

  it('fails what is under way when it is closed', async () => {
    await using server = await DnsServer.start({ 'app.example': 'silence' });
    const client = new DnsClient(server.plan());
    const asked = refusal(client.addresses('app.example'));
    client.close();
    assert.match(await asked, /^Cannot look up app.example: /);
  });

  it('asks the system where no server is named', async () => {
    const client = new DnsClient(undefined);
    assert.match(await refusal(client.addresses('no-such-name.invalid')), /^Cannot look up no-such-name.invalid: /);
  });
});

describe('DnsClient.services', () => {
  it('gives addresses, ports, priorities and weights of all targets', async () => {
    await using server = await DnsServer.start({
      '_http._tcp.shop.example': [
        { type: 'SRV', target: 'a.shop.example', port: 8001, priority: 10, weight: 5 },
        { type: 'SRV', target: 'b.shop.example', port: 8002, priority: 20 },
        { type: 'SRV', target: 'gone.shop.example', port: 8003 },
      ],
      'a.shop.example': [one, two],
      'b.shop.example': [six],
    });
    const client = new DnsClient(server.plan());
    const { values } = await client.services('_http._tcp.shop.example');
    assert.deepEqual(
      values.toSorted((one, other) => one.host.localeCompare(other.host)),
      [
        { host: '192.0.2.1', port: 8001, priority: 10, weight: 5 },
        { host: '192.0.2.2', port: 8001, priority: 10, weight: 5 },
        { host: '2001:db8::1', port: 8002, priority: 20, weight: 0 },
      ],
    );
    client.close();
  });

  it('rejects where there is no such service, and where no target has an address', async () => {
    await using server = await DnsServer.start({
      '_a._tcp.shop.example': [{ type: 'SRV', target: 'gone.shop.example', port: 80 }],
    });
    const client = new DnsClient(server.plan());
    assert.equal(
      await refusal(client.services('_b._tcp.shop.example')),
      'Cannot look up _b._tcp.shop.example: there is no such name',
    );
    assert.equal(
      await refusal(client.services('_a._tcp.shop.example')),
      'Cannot look up _a._tcp.shop.example: none of its targets has an address',
    );
    client.close();
  });
});
