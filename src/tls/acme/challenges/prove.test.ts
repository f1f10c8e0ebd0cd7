import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import type { AcmeChallenges } from '../../tls-material.ts';
import { ChallengeBoard } from './challenge-board.ts';
import type { DnsRecord } from './dns-hook.ts';
import { prove, reverseName } from './prove.ts';

const challenge = { name: 'a.test', token: 'token', keyAuthorization: 'token.thumb' };

describe('prove', () => {
  const told: AcmeChallenges[] = [];
  const records: string[] = [];
  const provers = {
    board: new ChallengeBoard((challenges) => told.push(challenges)),
    presentRecord: async ({ name, value }: DnsRecord) => void records.push(`+ ${name} ${value}`),
    cleanUpRecord: async ({ name, value }: DnsRecord) => void records.push(`- ${name} ${value}`),
  };

  it('shows a key authorization until it is ended', async () => {
    const end = await prove({ ...challenge, kind: 'http-01' }, provers, Date.now());
    assert.deepEqual(told.at(-1)?.http, [{ token: 'token', keyAuthorization: 'token.thumb' }]);
    await end();
    assert.deepEqual(told.at(-1), { http: [], tlsAlpn: [] });
  });

  it('shows a certificate for the name', async () => {
    const end = await prove({ ...challenge, kind: 'tls-alpn-01' }, provers, Date.now());
    const [proof] = told.at(-1)?.tlsAlpn ?? [];
    assert.equal(proof?.name, 'a.test');
    assert.equal(new X509Certificate(proof?.certificate ?? '').subjectAltName, 'DNS:a.test');
    await end();
  });

  it('sets a record', async () => {
    const end = await prove({ ...challenge, kind: 'dns-01' }, provers, Date.now());
    await end();
    const value = createHash('sha256').update('token.thumb').digest('base64url');
    assert.deepEqual(records, [`+ _acme-challenge.a.test ${value}`, `- _acme-challenge.a.test ${value}`]);
  });
});

describe('reverseName', () => {
  it('is of the reverse zones', () => {
    assert.equal(reverseName('192.0.2.7'), '7.2.0.192.in-addr.arpa');
    assert.equal(reverseName('2001:db8::1'), `1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`);
  });
});
