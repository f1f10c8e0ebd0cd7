import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listener } from '../../../../test/support/managed-stage.ts';
import { challengesFor, possibleChallenges } from './choose-challenge.ts';

const challenges = ['http-01', 'tls-alpn-01', 'dns-01'] as const;
const dnsHook = ['hook'];

describe('possibleChallenges', () => {
  for (const [what, listeners, hook, expected] of [
    ['all', [listener(80, false), listener(443, true)], dnsHook, ['http-01', 'tls-alpn-01', 'dns-01']],
    ['none of DNS without a hook', [listener(80, false), listener(443, true)], undefined, ['http-01', 'tls-alpn-01']],
    ['none of HTTP without a listener that is plain', [listener(443, true)], dnsHook, ['tls-alpn-01', 'dns-01']],
    ['none of TLS without a listener with it', [listener(80, false)], dnsHook, ['http-01', 'dns-01']],
    [
      'those last that CAs will hardly find',
      [listener(8080, false), listener(443, true)],
      undefined,
      ['tls-alpn-01', 'http-01'],
    ],
  ] as const) {
    it(`gives ${what}`, () => {
      assert.deepEqual(possibleChallenges({ challenges, dnsHook: hook }, listeners), expected);
    });
  }
});

describe('challengesFor', () => {
  it('proves a wildcard by DNS alone, and an address never', () => {
    assert.deepEqual(challengesFor('*.a.test', challenges), ['dns-01']);
    assert.deepEqual(challengesFor('127.0.0.1', challenges), ['http-01', 'tls-alpn-01']);
    assert.deepEqual(challengesFor('a.test', challenges), challenges);
  });
});
