import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { acmeSite } from '../../../test/support/acme-site.ts';
import { ManagedStage } from '../../../test/support/managed-stage.ts';
import { quickClock } from '../../../test/support/quick-clock.ts';
import { until } from '../../../test/support/until.ts';
import { claimText } from './folder-claim.ts';

describe('ManagedCertificate beside others', () => {
  it('waits with a certificate until it is valid, also after a start and when there is another one', async () => {
    await using it = await acmeSite();
    using stage = new ManagedStage(quickClock(1));
    const current = await stage.use(it.site);
    const first = await stage.until(current);
    it.fake.fromDay = 0.1;
    for (let count = 0; count < 2; count++) {
      assert.deepEqual(await stage.certificates.renew('a.test'), { ok: true });
      assert.equal(current()?.certificate, first.certificate);
    }
    stage.certificates.close();
    using again = new ManagedStage(quickClock(5_000));
    const later = await again.use(it.site);
    assert.equal(later()?.certificate, first.certificate);
    const next = await again.until(() => (later()?.certificate === first.certificate ? undefined : later()));
    await until(async () => !(await readdir(it.place)).includes('next.pem'), 'its place on the disk');
    again.certificates.close();
    using third = new ManagedStage(quickClock(1));
    assert.equal((await third.use(it.site))()?.certificate, next.certificate);
    assert.equal(it.fake.count('POST', '/newOrder'), 3);
  });

  it('has at a start what became valid meanwhile', async () => {
    await using it = await acmeSite();
    using stage = new ManagedStage(quickClock(1));
    const first = await stage.obtained(it.site);
    it.fake.fromDay = 0.1;
    await stage.certificates.renew('a.test');
    stage.certificates.close();
    const clock = quickClock(1);
    using again = new ManagedStage({ ...clock, now: () => clock.now() + 0.2 * 86_400_000 });
    const current = await again.use(it.site);
    assert.ok(current());
    assert.notEqual(current()?.certificate, first.certificate);
    await until(async () => !(await readdir(it.place)).includes('next.pem'), 'its place on the disk');
    assert.equal(it.fake.count('POST', '/newOrder'), 2);
  });

  it('takes within hours what another one gets', async () => {
    await using it = await acmeSite();
    using one = new ManagedStage(quickClock(3_000));
    const ours = await one.use(it.site);
    const first = await one.until(ours);
    using two = new ManagedStage(quickClock(3_000));
    const theirs = await two.use(it.site);
    assert.equal(theirs()?.certificate, first.certificate);
    assert.deepEqual(await one.certificates.revoke('a.test'), { ok: true });
    await two.said(/another process has got it/);
    assert.equal(theirs()?.certificate, ours()?.certificate);
    assert.notEqual(theirs()?.certificate, first.certificate);
    assert.equal(it.fake.count('POST', '/newOrder'), 2);
  });

  it('looks soon, at first, whether another one is done', async () => {
    await using it = await acmeSite();
    await mkdir(it.place, { recursive: true });
    await writeFile(`${it.place}/lock`, claimText(process.ppid));
    const clock = quickClock(20);
    const waits: number[] = [];
    const wait: typeof clock.wait = async (ms, signal) => {
      if (ms > 0 && !signal.aborted) waits.push(ms);
      await clock.wait(ms, signal);
    };
    using stage = new ManagedStage({ ...clock, wait });
    await stage.use(it.site);
    await until(() => waits.some((ms) => ms > 3_000), 'a longer pause');
    assert.ok(waits[0] !== undefined && waits[0] <= 1_000, `${waits}`);
  });
});
