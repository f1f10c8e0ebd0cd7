import assert from 'node:assert/strict';
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import { createKey } from '../x509/key.ts';
import { externalAccountBinding, jwkOf, signedRequest, thumbprint } from './jws.ts';

function decoded(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}

describe('signedRequest', () => {
  it('is signed by the key (RFC 8555 §6.2)', async () => {
    const key = await createKey('p256');
    const url = 'https://ca.test/order';
    const text = signedRequest(key, { kid: 'https://ca.test/account/1' }, { url, nonce: 'n', payload: { a: 1 } });
    const { protected: head, payload, signature } = JSON.parse(text) as Record<string, string>;
    assert.deepEqual(decoded(head ?? ''), { alg: 'ES256', kid: 'https://ca.test/account/1', nonce: 'n', url });
    assert.deepEqual(decoded(payload ?? ''), { a: 1 });
    const publicKey = { key: createPublicKey(key), dsaEncoding: 'ieee-p1363' } as const;
    assert.ok(
      verify('sha256', Buffer.from(`${head}.${payload}`), publicKey, Buffer.from(signature ?? '', 'base64url')),
    );
  });

  it('has an empty payload where there is none', async () => {
    const key = await createKey('p256');
    const text = signedRequest(key, { jwk: jwkOf(key) }, { url: 'https://ca.test/', nonce: 'n', payload: undefined });
    assert.equal(JSON.parse(text).payload, '');
  });
});

describe('externalAccountBinding', () => {
  it('is signed by the key of the other account (RFC 8555 §7.3.4)', async () => {
    const jwk = jwkOf(await createKey('p256'));
    const bound = externalAccountBinding(
      jwk,
      'https://ca.test/new',
      'kid',
      `${Buffer.from('secret').toString('base64url')}\n`,
    );
    const { protected: head, payload, signature } = bound as Record<string, string>;
    assert.deepEqual(decoded(head ?? ''), { alg: 'HS256', kid: 'kid', url: 'https://ca.test/new' });
    assert.deepEqual(decoded(payload ?? ''), jwk);
    assert.equal(signature, createHmac('sha256', 'secret').update(`${head}.${payload}`).digest('base64url'));
  });
});

describe('thumbprint', () => {
  it('does not go by the order of members (RFC 7638 §3)', () => {
    const [one, other] = [
      { crv: 'P-256', kty: 'EC', x: 'a', y: 'b' },
      { y: 'b', x: 'a', kty: 'EC', crv: 'P-256' },
    ];
    assert.equal(thumbprint(one), thumbprint(other));
  });
});
