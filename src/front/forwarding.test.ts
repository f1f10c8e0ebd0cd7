import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeExchange } from '../../test/support/fake-exchange.ts';
import type { ConnectionFacts, RequestHead } from '../core/exchange.ts';
import { HeaderList } from '../core/headers.ts';
import { Forwarding } from './forwarding.ts';
import { TrustedPeers } from './trusted-peers.ts';

const { connection, request } = fakeExchange('/a?b');
const onUnixSocket: ConnectionFacts = {
  ...connection,
  client: { address: '', port: 0 },
  server: { address: '/run/a.sock', port: 0 },
};

function requestWith(...fields: readonly (readonly [string, string])[]): RequestHead {
  return { ...request, headers: HeaderList.of([['host', 'a'], ...fields]) };
}

const trusting = (list: string): Forwarding => new Forwarding(new TrustedPeers(list));
const told = requestWith(['x-forwarded-for', '203.0.113.7'], ['x-forwarded-proto', 'https']);

describe('Forwarding', () => {
  it('254: removes what an untrusted peer tells, and believes nothing of it', () => {
    for (const forwarding of [new Forwarding(undefined), trusting('10.0.0.1,unix:')]) {
      const judged = forwarding.judge(told, connection);
      assert.equal(judged.connection, connection);
      assert.deepEqual([...judged.request.headers], [['host', 'a']]);
      assert.equal(judged.request.target, told.target);
    }
  });

  it('believes a trusted peer and passes on what it tells', () => {
    const judged = trusting('127.0.0.1').judge(told, connection);
    assert.deepEqual(judged.connection, {
      scheme: 'https',
      listener: 0,
      client: { address: '203.0.113.7', port: 0 },
      server: connection.server,
      connected: connection.client,
    });
    assert.equal(judged.request, told);
  });

  it('believes peers of Unix sockets with unix: and *, not for having no address', () => {
    for (const list of ['unix:', '*']) {
      assert.equal(trusting(list).judge(told, onUnixSocket).connection.client.address, '203.0.113.7');
    }
    assert.equal(trusting('127.0.0.1').judge(told, onUnixSocket).connection, onUnixSocket);
    const withoutAddress = { ...connection, client: { address: '', port: 0 } };
    assert.equal(trusting('unix:').judge(told, withoutAddress).connection, withoutAddress);
  });

  it('gives the same facts for the same words on a connection, and others for others', () => {
    const forwarding = trusting('127.0.0.1');
    const first = forwarding.judge(told, connection).connection;
    assert.equal(forwarding.judge(told, connection).connection, first);
    for (const other of [
      requestWith(['x-forwarded-for', '203.0.113.8'], ['x-forwarded-proto', 'https']),
      requestWith(['x-forwarded-for', '203.0.113.7'], ['x-forwarded-proto', 'http']),
      requestWith(['forwarded', 'for=203.0.113.9']),
    ]) {
      assert.notDeepEqual(forwarding.judge(other, connection).connection, first);
    }
    const elsewhere = { ...connection, server: { address: '::1', port: 81 } };
    assert.equal(forwarding.judge(told, elsewhere).connection.server, elsewhere.server);
  });

  it('drops a Forwarded that the client may have written', () => {
    const both = requestWith(['forwarded', 'for=1.1.1.1'], ['x-forwarded-for', '203.0.113.7']);
    const judged = trusting('127.0.0.1').judge(both, connection);
    assert.equal(judged.connection.client.address, '203.0.113.7');
    assert.deepEqual(
      [...judged.request.headers].map(([name]) => name),
      ['host', 'x-forwarded-for'],
    );
  });
});
