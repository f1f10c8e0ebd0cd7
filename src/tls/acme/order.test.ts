import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { type AcmeSite, acmeSite } from '../../../test/support/acme-site.ts';
import { ManagedStage } from '../../../test/support/managed-stage.ts';
import { quickClock } from '../../../test/support/quick-clock.ts';

/** The first order of the CA is at a URL of its own, where it says this; those after it are as usual. */
function firstOrderSays(it: AcmeSite, location: string, status: number, body: object): void {
  let isFirst = true;
  it.fake.fault = ({ path }) => {
    if (path === '/newOrder' && isFirst) {
      isFirst = false;
      return { status: 201, headers: { location }, body: { status: 'processing' } };
    }
    return path === '/first' ? { status, body } : undefined;
  };
}

describe('Order', () => {
  it('is not gone on with where what is in use came of it', async () => {
    await using it = await acmeSite();
    let progress = '';
    it.fake.fault = ({ path }) => {
      if (path === '/certificate' && progress === '') progress = readFileSync(`${it.place}/order.json`, 'utf8');
      return undefined;
    };
    using stage = new ManagedStage();
    const first = await stage.obtained(it.site);
    stage.certificates.close();
    await writeFile(`${it.place}/order.json`, progress);
    using again = new ManagedStage();
    const current = await again.use(it.site);
    assert.equal(current()?.certificate, first.certificate);
    assert.deepEqual(await again.certificates.revoke('a.test'), { ok: true });
    assert.notEqual(current()?.certificate, first.certificate);
    assert.equal(it.fake.count('POST', '/newOrder'), 2);
  });

  for (const [what, status, body] of [
    ['never comes to an end', 200, { status: 'processing' }],
    ['cannot be looked at', 500, {}],
    ['is done without a certificate', 200, { status: 'valid' }],
  ] as const) {
    it(`is given up where it ${what}`, async () => {
      await using it = await acmeSite();
      firstOrderSays(it, new URL('/first', it.fake.directory).href, status, body);
      using stage = new ManagedStage(quickClock(20_000));
      await stage.obtained(it.site);
      assert.equal(it.fake.count('POST', '/newOrder'), 2);
    });
  }

  it('counts how often it is gone on with beyond its process', async () => {
    await using it = await acmeSite();
    firstOrderSays(it, '/first', 500, {});
    using stage = new ManagedStage(quickClock(10));
    await stage.use(it.site);
    await stage.said(/is tried again at/);
    const resumptions = (): unknown => JSON.parse(readFileSync(`${it.place}/order.json`, 'utf8')).resumptions;
    assert.equal(resumptions(), 0);
    stage.certificates.close();
    using again = new ManagedStage(quickClock(10));
    await again.use(it.site);
    await again.said(/is tried again at/);
    assert.equal(resumptions(), 1);
    assert.equal(it.fake.count('POST', '/newOrder'), 1);
  });

  it('takes a place without a host as one of the CA', async () => {
    await using it = await acmeSite();
    firstOrderSays(it, '/first', 200, { status: 'invalid', error: { detail: 'no' } });
    using stage = new ManagedStage();
    await stage.use(it.site);
    await stage.said(/The order at 127\.0\.0\.1:\d+ has failed: no/);
  });

  it('is placed again where its key cannot be read', async () => {
    await using it = await acmeSite();
    await mkdir(it.place, { recursive: true });
    const url = new URL('/order', it.fake.directory).href;
    await writeFile(`${it.place}/order.json`, JSON.stringify({ url, names: ['a.test'], key: '', records: [] }));
    using stage = new ManagedStage(quickClock(1));
    await stage.obtained(it.site);
    assert.equal(it.fake.count('POST', '/newOrder'), 1);
  });
});
