import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCertificate } from '../x509/certificate.ts';
import { createKey } from '../x509/key.ts';
import { checkIssued } from './check-issued.ts';

const dayMs = 86_400_000;
const now = Date.now();
const junk = '-----BEGIN CERTIFICATE-----\nAAAAAAAA\n-----END CERTIFICATE-----\n';

describe('checkIssued', () => {
  it('takes what is good, also where its clock is somewhat ahead', async () => {
    const key = await createKey('p256');
    const chain = createCertificate({ names: ['a.test'], key, from: new Date(now + dayMs / 2), days: 5 });
    checkIssued(chain, key, ['a.test'], now);
  });

  it('refuses a chain that OpenSSL refuses behind a good certificate', async () => {
    const key = await createKey('p256');
    const leaf = createCertificate({ names: ['a.test'], key, from: new Date(now), days: 5 });
    assert.throws(() => checkIssued(leaf + junk, key, ['a.test'], now), /no handshake can be made with its chain/);
  });

  it('refuses what is not valid for a long time yet', async () => {
    const key = await createKey('p256');
    const chain = createCertificate({ names: ['a.test'], key, from: new Date(now + 2 * dayMs), days: 5 });
    assert.throws(() => checkIssued(chain, key, ['a.test'], now), /it is not valid before 2/);
  });

  it('refuses what is for other names', async () => {
    const key = await createKey('p256');
    const chain = createCertificate({ names: ['b.test'], key, from: new Date(now), days: 5 });
    assert.throws(() => checkIssued(chain, key, ['a.test'], now), /it is not for a\.test/);
  });
});
