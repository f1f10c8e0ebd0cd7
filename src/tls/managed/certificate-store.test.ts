import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { createCertificate } from '../x509/certificate.ts';
import { createKey, keyPem } from '../x509/key.ts';
import type { Issued } from './certificate-issuer.ts';
import { CertificateStore, folderName, plainName } from './certificate-store.ts';

const junk = '-----BEGIN CERTIFICATE-----\nAAAAAAAA\n-----END CERTIFICATE-----\n';

async function issued(...names: string[]): Promise<Issued> {
  const key = await createKey('p256');
  return { certificate: createCertificate({ names, key, from: new Date(), days: 5 }), key: keyPem(key) };
}

const renewal = { renewsAt: 7, window: { start: 1, end: 2 }, obtainedAt: 3, isRevoked: true, followsPast: true };

describe('CertificateStore', () => {
  it('has again what was written', async () => {
    await using folder = await AppFolder.with({});
    const store = new CertificateStore(folder.file('x'), ['a.test', 'b.test']);
    const pair = await issued('a.test', 'b.test');
    assert.deepEqual(await store.read(), []);
    await store.write(pair);
    await store.writeRenewal(pair.certificate, renewal);
    assert.deepEqual(await store.read(), [{ ...pair, renewal }]);
  });

  it('keeps one that waits beside the other, until one is put in the place of both', async () => {
    await using folder = await AppFolder.with({});
    const store = new CertificateStore(folder.file('x'), ['a.test']);
    const [pair, next] = [await issued('a.test'), await issued('a.test')];
    await store.write(pair);
    await store.writeNext(next);
    const read = [pair, next].map((each) => ({ ...each, renewal: undefined }));
    assert.deepEqual(await store.read(), read);
    assert.deepEqual(await store.read([pair.certificate]), read.slice(1));
    await store.write(next);
    assert.deepEqual(await store.read(), read.slice(1));
  });

  it('has no use for a chain that OpenSSL refuses', async () => {
    await using folder = await AppFolder.with({});
    const store = new CertificateStore(folder.file('x'), ['a.test']);
    const pair = await issued('a.test');
    await store.write({ ...pair, certificate: pair.certificate + junk });
    assert.deepEqual(await store.read(), []);
  });

  it('has no use for a certificate for other names', async () => {
    await using folder = await AppFolder.with({});
    const store = new CertificateStore(folder.file('x'), ['a.test']);
    await store.write(await issued('b.test'));
    assert.deepEqual(await store.read(), []);
  });

  it('does not plan the renewal of one certificate by what was said of another', async () => {
    await using folder = await AppFolder.with({});
    const store = new CertificateStore(folder.file('x'), ['a.test']);
    const pair = await issued('a.test');
    await store.write(pair);
    await store.writeRenewal((await issued('a.test')).certificate, renewal);
    assert.deepEqual(await store.read(), [{ ...pair, renewal: undefined }]);
  });

  it('needs no plan for the renewal', async () => {
    await using folder = await AppFolder.with({});
    const store = new CertificateStore(folder.file('x'), ['a.test']);
    const pair = await issued('a.test');
    await store.write(pair);
    await mkdir(`${store.folder}/renewal.json`);
    assert.deepEqual(await store.read(), [{ ...pair, renewal: undefined }]);
  });
});

describe('folderName', () => {
  it('is the name itself where that can be', () => {
    assert.equal(folderName(['a.test']), 'a.test');
    assert.match(folderName(['a.test', 'b.test']), /^a\.test\+[0-9a-f]{12}$/);
  });

  it('is another one for each name', () => {
    const label = 'a'.repeat(63);
    const long = `${label}.${label}.${label}.${'b'.repeat(20)}`;
    const names = [`${long}.example`, `${long}.other`, '*.a.test', '_.a.test', '..', '.', '', '_', '::1', '__1'];
    assert.equal(new Set(names.map((name) => folderName([name]))).size, names.length);
    for (const name of names) assert.match(plainName(name), /^(?!\.+$)[\w.+-]{1,200}$/);
  });
});
