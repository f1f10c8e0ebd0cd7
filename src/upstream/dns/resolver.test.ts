import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DnsServer } from '../../../test/support/dns-server.ts';
import { PeerError } from '../../core/errors.ts';
import { Resolver } from './resolver.ts';

const one = { type: 'A', address: '192.0.2.1', ttl: 30 } as const;
const two = { type: 'A', address: '192.0.2.2', ttl: 30 } as const;
const unresolved = (error: unknown): boolean => error instanceof PeerError && error.code === 'upstream-unresolved';

/** A resolver whose clock the test moves. */
function resolverOf(server: DnsServer): { readonly resolver: Resolver; later(ms: number): void } & Disposable {
  let now = 1_000;
  const resolver = new Resolver(server.plan({ ipv6: false }), () => now);
  return {
    resolver,
    later: (ms) => {
      now += ms;
    },
    [Symbol.dispose]: () => resolver.close(),
  };
}

describe('Resolver', () => {
  it('keeps an answer as long as it holds', async () => {
    await using server = await DnsServer.start({ 'app.example': [one] });
    using made = resolverOf(server);
    assert.equal(made.resolver.known('app.example'), undefined);
    assert.deepEqual(await made.resolver.lookup('app.example'), ['192.0.2.1']);
    server.names.set('app.example', [two]);
    made.later(29_999);
    assert.deepEqual(made.resolver.known('App.Example'), ['192.0.2.1']);
    made.later(1);
    assert.equal(made.resolver.known('app.example'), undefined);
    assert.deepEqual(await made.resolver.lookup('app.example'), ['192.0.2.2']);
    assert.equal(server.asked.length, 2);
  });

  it('asks once for all who want to know', async () => {
    await using server = await DnsServer.start({ 'app.example': [one] });
    using made = resolverOf(server);
    await Promise.all([1, 2, 3].map(() => made.resolver.lookup('app.example')));
    assert.deepEqual(server.asked, ['A app.example']);
  });

  it('says the same of a name that cannot be looked up, then asks again', async () => {
    await using server = await DnsServer.start();
    using made = resolverOf(server);
    await assert.rejects(made.resolver.lookup('app.example'), unresolved);
    server.names.set('app.example', [one]);
    assert.throws(() => made.resolver.known('app.example'), unresolved);
    await assert.rejects(made.resolver.lookup('app.example'), unresolved);
    assert.equal(server.asked.length, 1);
    made.later(1_000);
    assert.deepEqual(await made.resolver.lookup('app.example'), ['192.0.2.1']);
  });

  it('keeps the last good answer while lookups fail, and asks less and less often', async () => {
    await using server = await DnsServer.start({ 'app.example': [one] });
    using made = resolverOf(server);
    await made.resolver.lookup('app.example');
    server.names.set('app.example', 'failure');
    made.later(30_000);
    assert.deepEqual(await made.resolver.lookup('app.example'), ['192.0.2.1']);
    made.later(999);
    assert.deepEqual(made.resolver.known('app.example'), ['192.0.2.1']);
    made.later(1);
    assert.deepEqual(await made.resolver.lookup('app.example'), ['192.0.2.1']);
    made.later(1_999);
    assert.deepEqual(made.resolver.known('app.example'), ['192.0.2.1']);
    made.later(1);
    assert.equal(made.resolver.known('app.example'), undefined);
  });

  it('forgets the addresses of a name that is gone', async () => {
    await using server = await DnsServer.start({ 'app.example': [one] });
    using made = resolverOf(server);
    await made.resolver.lookup('app.example');
    server.names.delete('app.example');
    made.later(30_000);
    await assert.rejects(made.resolver.lookup('app.example'), unresolved);
    assert.throws(() => made.resolver.known('app.example'), unresolved);
  });

  it('forgets the name that was asked for longest ago', async () => {
    await using server = await DnsServer.start({ 'app.example': [one], 'api.example': [one] });
    using made = resolverOf(server);
    await made.resolver.lookup('app.example');
    await made.resolver.lookup('api.example');
    for (let number = 0; number < 1_023; number++) {
      made.resolver.known('app.example');
      server.names.set(`n${number}.example`, [one]);
      await made.resolver.lookup(`n${number}.example`);
    }
    assert.deepEqual(made.resolver.known('app.example'), ['192.0.2.1']);
    assert.equal(made.resolver.known('api.example'), undefined);
  });

  it('looks up so many names at a time, and no more', async () => {
    await using server = await DnsServer.start({ 'app.example': [one] });
    using made = resolverOf(server);
    const asked: Promise<unknown>[] = [];
    for (let number = 0; number < 256; number++) {
      server.names.set(`n${number}.example`, [one]);
      asked.push(made.resolver.lookup(`n${number}.example`));
    }
    await assert.rejects(
      made.resolver.lookup('app.example'),
      /Cannot look up app.example: 256 names are being looked up/,
    );
    await Promise.all(asked);
    assert.deepEqual(await made.resolver.lookup('app.example'), ['192.0.2.1']);
  });

  it('asks nobody for an address', async () => {
    await using server = await DnsServer.start();
    using made = resolverOf(server);
    assert.deepEqual(made.resolver.known('2001:db8::1'), ['2001:db8::1']);
    assert.deepEqual(await made.resolver.lookup('192.0.2.9'), ['192.0.2.9']);
    assert.deepEqual(server.asked, []);
  });
});
