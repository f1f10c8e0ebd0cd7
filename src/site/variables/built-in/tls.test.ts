import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AskOptions, type SiteStage, siteStage } from '../../../../test/support/site-stage.ts';
import type { TlsFacts } from '../../../core/tls-facts.ts';

const pem = '-----BEGIN CERTIFICATE-----\nAA+=\n-----END CERTIFICATE-----\n';

const facts: TlsFacts = {
  version: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  standardCipher: 'TLS_AES_256_GCM_SHA384',
  cipherNumber: 0x1302,
  serverName: 'a.test',
  alpn: 'h2',
  isResumed: true,
  sessionId: 'ab',
  offered: { ciphers: 'c:d', groups: 'X25519' },
  group: '',
  clientRules: '',
  clientVerify: 'SUCCESS',
  clientFault: undefined,
  client: {
    pem,
    subject: 'CN=a,C=DE',
    issuer: 'CN=ca',
    legacySubject: '/C=DE/CN=a',
    legacyIssuer: '/CN=ca',
    serial: '0A',
    fingerprint: 'ff',
    validFrom: 'Jan  1 00:00:00 2026 GMT',
    validTo: 'Jan  1 00:00:00 2027 GMT',
    remainingDays: 0,
    chain: [pem],
  },
};

/** A site that answers with these, `|` between them. */
function stageOf(...names: readonly string[]): SiteStage {
  return siteStage(`server { return 200 "${names.map((name) => `$${name}`).join('|')}"; }`);
}

async function valuesOf(
  stage: SiteStage,
  connection: NonNullable<AskOptions['connection']>,
): Promise<readonly string[]> {
  return (await stage.ask('/', { connection })).text.split('|');
}

describe('tlsVariables', () => {
  it('tell of the connection', async () => {
    const names =
      'protocol cipher ciphers curves server_name alpn_protocol session_id session_reused client_verify'.split(' ');
    const stage = stageOf(...names.map((name) => `ssl_${name}`), 'https', 'scheme');
    const told = ['TLSv1.3', facts.cipher, 'c:d', 'X25519', 'a.test', 'h2', 'ab', 'r', 'SUCCESS', 'on', 'https'];
    assert.deepEqual(await valuesOf(stage, { scheme: 'https', tls: facts }), told);
    const [, , , , name, alpn, , isReused] = await valuesOf(stage, {
      scheme: 'https',
      tls: { ...facts, serverName: '', alpn: '', isResumed: false },
    });
    assert.deepEqual([name, alpn, isReused], ['', '', '.']);
    assert.deepEqual(await valuesOf(stage, {}), [...Array(10).fill(''), 'http']);
  });

  it("tell of the client's certificate", async () => {
    const names =
      's_dn i_dn s_dn_legacy i_dn_legacy serial fingerprint v_start v_end v_remain raw_cert cert escaped_cert'.split(
        ' ',
      );
    const stage = stageOf(...names.map((name) => `ssl_client_${name}`));
    const lines = '-----BEGIN CERTIFICATE-----\n\tAA+=\n\t-----END CERTIFICATE-----';
    const escaped = '-----BEGIN%20CERTIFICATE-----%0AAA%2B%3D%0A-----END%20CERTIFICATE-----%0A';
    const dates = ['Jan  1 00:00:00 2026 GMT', 'Jan  1 00:00:00 2027 GMT', '0'];
    const told = ['CN=a,C=DE', 'CN=ca', '/C=DE/CN=a', '/CN=ca', '0A', 'ff', ...dates, pem, lines, escaped];
    assert.deepEqual(await valuesOf(stage, { tls: facts }), told);
    const without = await valuesOf(stage, { tls: { ...facts, client: undefined } });
    assert.deepEqual(without, Array(12).fill(''));
  });
});
