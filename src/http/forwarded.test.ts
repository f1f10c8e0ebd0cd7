import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, it } from 'node:test';
import type { ConnectionFacts } from '../core/exchange.ts';
import { forwardedFacts } from './forwarded.ts';

const direct: ConnectionFacts = {
  scheme: 'http',
  listener: 0,
  client: { address: '10.0.0.1', port: 5000 },
  server: { address: '10.0.0.9', port: 80 },
};

/** Trusts what begins with `10.`. */
const trust = (address: string): boolean | undefined => (isIP(address) ? address.startsWith('10.') : undefined);

/** Client and scheme as one text. */
function told(values: Readonly<Record<string, string>>, given = trust): string {
  const { scheme, client } = forwardedFacts(direct, new Map(Object.entries(values)), given);
  return `${scheme} ${client.address} ${client.port}`;
}

const own = 'http 10.0.0.1 5000';
const forwardedFor = (value: string): string => told({ 'x-forwarded-for': value });
const forwarded = (value: string): string => told({ forwarded: value });

describe('forwardedFacts', () => {
  it('takes the last address that is not trusted', () => {
    assert.equal(forwardedFor('203.0.113.7'), 'http 203.0.113.7 0');
    assert.equal(forwardedFor('1.1.1.1, 203.0.113.7'), 'http 203.0.113.7 0');
    assert.equal(forwardedFor('10.0.0.3, 1.1.1.1, 203.0.113.7:99, 10.0.0.3,10.0.0.2'), 'http 203.0.113.7 99');
    assert.equal(forwarded('for=1.1.1.1, for="203.0.113.7:99", for=10.0.0.2'), 'http 203.0.113.7 99');
    assert.equal(forwarded('for="[2001:db8::1]:4711";by=10.0.0.1'), 'http 2001:db8::1 4711');
  });

  it('takes the first address where all are trusted', () => {
    assert.equal(forwardedFor('10.0.0.4, 10.0.0.3'), 'http 10.0.0.4 0');
    assert.equal(forwarded('for=10.0.0.4, for=10.0.0.3'), 'http 10.0.0.4 0');
    assert.equal(
      told({ 'x-forwarded-for': '1.1.1.1, 2.2.2.2' }, () => true),
      'http 1.1.1.1 0',
    );
  });

  it('stays at the last believed client where a hop tells no address', () => {
    for (const hop of ['unknown', '_hidden', '1.1.1', '999.1.1.1', 'junk', '[::1', '1:2', '"', '\xff']) {
      assert.equal(forwardedFor(hop), own, hop);
      assert.equal(forwardedFor(`1.1.1.1, ${hop}`), own, hop);
      assert.equal(forwardedFor(`1.1.1.1, ${hop}, 10.0.0.2`), 'http 10.0.0.2 0', hop);
      assert.equal(forwarded(`for=1.1.1.1, for=${hop}, for=10.0.0.2`), 'http 10.0.0.2 0', hop);
    }
    assert.equal(forwarded('for=1.1.1.1, proto=http'), own);
    assert.equal(forwarded('for=1.1.1.1;for=2.2.2.2'), own);
  });

  it('believes the scheme that was told with the hop at which it stops', () => {
    for (const [hops, schemes, expected] of [
      ['203.0.113.7', 'https', 'https 203.0.113.7 0'],
      ['203.0.113.7', 'http', 'http 203.0.113.7 0'],
      ['1.1.1.1, 203.0.113.7', 'https, http', 'http 203.0.113.7 0'],
      ['1.1.1.1, 203.0.113.7, 10.0.0.2', 'http, https, http', 'https 203.0.113.7 0'],
      ['203.0.113.7, 10.0.0.3, 10.0.0.2', 'https', 'https 203.0.113.7 0'],
      ['unknown', 'https', 'https 10.0.0.1 5000'],
      ['', 'http, https', 'https 10.0.0.1 5000'],
    ] as const) {
      assert.equal(told({ 'x-forwarded-for': hops, 'x-forwarded-proto': schemes }), expected, `${hops} | ${schemes}`);
    }
    assert.equal(told({ 'x-forwarded-proto': 'http, https' }), 'https 10.0.0.1 5000');
    assert.equal(forwarded('for=1.1.1.1;proto=http, for=203.0.113.7;proto=https'), 'https 203.0.113.7 0');
    assert.equal(forwarded('for=203.0.113.7;proto=https, for=10.0.0.2;proto=http'), 'https 203.0.113.7 0');
    assert.equal(forwarded('for=203.0.113.7, for=10.0.0.2;proto=https'), 'http 203.0.113.7 0');
    assert.equal(forwarded('proto=https'), 'https 10.0.0.1 5000');
  });

  it('knows the schemes of HTTP and WebSocket in any case, and no others', () => {
    for (const scheme of ['https', 'HTTPS', 'wss', 'Wss']) {
      assert.equal(told({ 'x-forwarded-proto': scheme }), 'https 10.0.0.1 5000', scheme);
    }
    for (const scheme of ['ws', 'ftp', 'javascript', 'https:', 'https http', '"https"', '']) {
      assert.equal(told({ 'x-forwarded-proto': scheme }), own, scheme);
    }
    const secure = { ...direct, scheme: 'https' as const };
    assert.equal(forwardedFacts(secure, new Map([['x-forwarded-proto', 'http']]), trust).scheme, 'http');
    assert.equal(forwardedFacts(secure, new Map([['x-forwarded-proto', 'gopher']]), trust).scheme, 'https');
  });

  it('gives the very same facts where nothing is told', () => {
    assert.equal(forwardedFacts(direct, new Map(), trust), direct);
    assert.equal(forwardedFacts(direct, new Map([['x-real-ip', '1.1.1.1']]), trust), direct);
    assert.equal(forwardedFacts(direct, new Map([['x-forwarded-for', '']]), trust), direct);
  });

  it('keeps the server as it is', () => {
    assert.equal(forwardedFacts(direct, new Map([['x-forwarded-for', '1.1.1.1']]), trust).server, direct.server);
  });

  it('253: asks about few of 10,000 entries', () => {
    let asked = 0;
    const counted = (): boolean => ++asked > 0;
    const facts = forwardedFacts(direct, new Map([['x-forwarded-for', '10.0.0.1,'.repeat(10_000)]]), counted);
    assert.equal(facts.client.address, '10.0.0.1');
    assert.ok(asked > 0 && asked < 100, String(asked));
  });

  it('reads any text without a throw', () => {
    const pieces = [
      'for=',
      'proto=',
      '"',
      '\\',
      ',',
      ';',
      '=',
      ' ',
      '1.1.1.1',
      '[::1]',
      '10.0.0.2',
      'https',
      '\xe4',
      ':',
    ];
    let seed = 1;
    for (let round = 0; round < 3_000; round++) {
      let text = '';
      for (let count = 0; count < 12; count++) {
        seed = (seed * 48_271) % 0x7fff_ffff;
        text += pieces[seed % pieces.length];
      }
      for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-proto']) {
        const { client } = forwardedFacts(direct, new Map([[name, text]]), trust);
        assert.notEqual(isIP(client.address), 0, text);
      }
      // What a trusted hop has added counts, whatever its client wrote before.
      assert.equal(forwarded(`${text}, for="[2001:db8::7]";proto=https`), 'https 2001:db8::7 0', text);
      assert.equal(forwardedFor(`${text}, 203.0.113.7`), 'http 203.0.113.7 0', text);
    }
  });
});
