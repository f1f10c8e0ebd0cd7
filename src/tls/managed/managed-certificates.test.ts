import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { acmeSite } from '../../../test/support/acme-site.ts';
import { acmeIssuer, ManagedStage, managedSite } from '../../../test/support/managed-stage.ts';
import { quickClock } from '../../../test/support/quick-clock.ts';
import { until } from '../../../test/support/until.ts';
import type { ManagedSite } from '../supervision/certificate-source.ts';
import { claimText } from './folder-claim.ts';

describe('ManagedCertificates', () => {
  it('gets a certificate, and has it from the disk the next time', async () => {
    await using it = await acmeSite();
    using stage = new ManagedStage();
    const first = await stage.obtained(it.site);
    assert.equal(new X509Certificate(first.certificate).checkHost('a.test'), 'a.test');
    using again = new ManagedStage();
    assert.equal((await again.use(it.site))()?.certificate, first.certificate);
    assert.equal(it.fake.count('POST', '/newOrder'), 1);
  });

  it('lets nobody else read what is kept', async () => {
    await using it = await acmeSite();
    using stage = new ManagedStage();
    await stage.obtained(it.site);
    await until(async () => !(await readdir(it.place)).includes('lock'), 'the end of the lock');
    const entries = await readdir(it.folder.file('acme'), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const { mode } = await stat(`${entry.parentPath}/${entry.name}`);
      assert.equal((mode & 0o777).toString(8), entry.isDirectory() ? '700' : '600', entry.name);
    }
  });

  it('sends requests again whose nonces are refused', async () => {
    await using it = await acmeSite();
    let refused = 0;
    it.fake.fault = ({ method, path }) => {
      if (method !== 'POST' || path === '/directory' || refused++ % 4 === 3) return undefined;
      return { status: 400, body: { type: 'urn:ietf:params:acme:error:badNonce', detail: 'again' } };
    };
    using stage = new ManagedStage();
    await stage.obtained(it.site);
    assert.ok(refused > 9);
  });

  it('gives up where every nonce is refused, and tries again later', async () => {
    await using it = await acmeSite();
    it.fake.fault = ({ method }) => {
      return method === 'POST' ? { status: 400, body: { type: 'urn:ietf:params:acme:error:badNonce' } } : undefined;
    };
    using stage = new ManagedStage();
    await stage.use(it.site);
    await stage.said(/error certificate for a\.test: .*badNonce; it is tried again at/);
    assert.equal(it.fake.count('POST', '/newAccount'), 11);
  });

  it('does not ask before the CA wants it, where there were too many requests', async () => {
    await using it = await acmeSite();
    it.fake.fault = ({ path }) => {
      if (path !== '/newOrder') return undefined;
      const body = { type: 'urn:ietf:params:acme:error:rateLimited', detail: 'too many' };
      return { status: 429, headers: { 'retry-after': '86400' }, body };
    };
    using stage = new ManagedStage();
    await stage.use(it.site);
    const line = await stage.said(/too many \(rateLimited\); it is tried again at/);
    const [, at = ''] = /again at (\S+)/.exec(line) ?? [];
    assert.ok(Date.parse(at) - Date.now() > 86_000_000, line);
  });

  for (const [what, body] of [
    ['garbage', '<html>'],
    ['a certificate for another key', undefined],
  ] as const) {
    it(`does not use ${what} in place of a certificate`, async () => {
      await using it = await acmeSite();
      using other = new ManagedStage();
      const wrong = body ?? (await other.obtained(it.site)).certificate;
      other.certificates.close();
      it.fake.fault = ({ path }) => (path === '/certificate' ? { status: 200, body: wrong } : undefined);
      const issuer = acmeIssuer(it.folder.file('other'), {
        directory: it.fake.directory,
        trustedCertificate: it.folder.file('ca.pem'),
      });
      using stage = new ManagedStage();
      const current = await stage.use(
        managedSite([issuer], [{ issuer: 'ca', names: ['a.test'], onDemand: undefined }]),
      );
      await stage.said(/Cannot use what the CA has issued: it is (no certificate|for another key)/);
      assert.equal(current(), undefined);
    });
  }

  it('says that the terms are not accepted', async () => {
    await using it = await acmeSite();
    it.fake.fault = ({ path }) => {
      if (path !== '/directory') return undefined;
      const url = new URL('/x', it.fake.directory).href;
      return {
        status: 200,
        body: { newNonce: url, newAccount: url, newOrder: url, meta: { termsOfService: 'https://terms.test/' } },
      };
    };
    const [issuer] = it.site.issuers;
    const site = { ...it.site, issuers: [{ ...issuer, acceptsTerms: false }] } as ManagedSite;
    using stage = new ManagedStage();
    await stage.use(site);
    await stage.said(/Cannot register at .*the terms of service \(https:\/\/terms\.test\/\) are not accepted/);
  });

  it('keeps a certificate whose renewal fails, and warns', async () => {
    await using it = await acmeSite();
    using stage = new ManagedStage();
    const current = await stage.use(it.site);
    const first = await stage.until(current);
    it.fake.fault = () => ({ status: 500, body: 'gone' });
    const outcome = await stage.certificates.renew('a.test');
    assert.equal(outcome?.ok, false);
    assert.equal(current()?.certificate, first.certificate);
    await stage.said(/warn certificate for a\.test: .*the one in use ends in \d+ hours/);
  });

  it('warns louder where the certificate is about to end', async () => {
    await using it = await acmeSite();
    it.fake.days = 1.1;
    using stage = new ManagedStage();
    const current = await stage.use(it.site);
    const first = await stage.until(current);
    it.fake.fault = () => ({ status: 500, body: 'gone' });
    await stage.certificates.renew('a.test');
    await stage.said(/error certificate for a\.test: .*the one in use ends in \d hours/);
    assert.equal(current()?.certificate, first.certificate);
  });

  it('renews by itself what has lived for long enough', async () => {
    await using it = await acmeSite();
    it.fake.days = 1.1;
    using stage = new ManagedStage(quickClock(2_000));
    const current = await stage.use(it.site);
    const first = await stage.until(current);
    it.fake.days = 90;
    await stage.until(() => (current()?.certificate === first.certificate ? undefined : current()));
    await stage.said(/renewed from "ca"/);
  });

  it('neither uses a chain that OpenSSL refuses nor gives up what it has for it', async () => {
    await using it = await acmeSite();
    using stage = new ManagedStage();
    const current = await stage.use(it.site);
    const first = await stage.until(current);
    it.fake.chain = '-----BEGIN CERTIFICATE-----\nAAAAAAAA\n-----END CERTIFICATE-----\n';
    const outcome = await stage.certificates.renew('a.test');
    assert.match(outcome?.ok === false ? outcome.reason : '', /no handshake can be made with its chain/);
    assert.equal(current(), first);
    using again = new ManagedStage();
    assert.equal((await again.use(it.site))()?.certificate, first.certificate);
  });

  it('renews once what the CA wants renewed before it is there', async () => {
    await using it = await acmeSite();
    it.fake.suggests = { start: '2020-01-01T00:00:00Z', end: '2020-01-02T00:00:00Z' };
    using stage = new ManagedStage(quickClock(20_000));
    await stage.use(it.site);
    const asked = (): number => it.fake.requests.filter(({ path }) => path.startsWith('/renewalInfo')).length;
    await until(() => asked() > 4, 'several questions');
    assert.equal(it.fake.count('POST', '/newOrder'), 2);
  });

  it('does not renew all the time what lives for minutes', async () => {
    await using it = await acmeSite();
    it.fake.days = 1 + 300 / 86_400;
    const clock = quickClock(1);
    const waits: number[] = [];
    const wait: typeof clock.wait = async (ms, signal) => {
      waits.push(ms);
      await clock.wait(ms, signal);
    };
    using stage = new ManagedStage({ ...clock, wait });
    await stage.obtained(it.site);
    await until(
      () => (waits.at(-1) ?? 0) > 140_000,
      () => `a long pause: ${waits}`,
    );
    assert.equal(it.fake.count('POST', '/newOrder'), 1);
  });

  it('does not renew all the time where its clock is months ahead', async () => {
    await using it = await acmeSite();
    const clock = quickClock(40_000);
    const start = clock.steadyMs();
    using stage = new ManagedStage({ ...clock, now: () => clock.now() + 61 * 86_400_000 });
    await stage.obtained(it.site);
    await until(() => clock.steadyMs() - start > 86_400_000, 'a day');
    assert.equal(it.fake.count('POST', '/newOrder'), 1);
  });

  it('goes on where the clock is set back by years', async () => {
    await using it = await acmeSite();
    let ahead = 4 * 365 * 86_400_000;
    const clock = quickClock(1_000);
    it.fake.fault = ({ path }) => (path === '/newOrder' ? { status: 500, body: '' } : undefined);
    using stage = new ManagedStage({ ...clock, now: () => clock.now() + ahead });
    const current = await stage.use(it.site);
    await stage.said(/is tried again at/);
    ahead = 0;
    it.fake.fault = () => undefined;
    await stage.until(current);
  });

  it('asks again before the one in use has ended, whatever the CA wants', async () => {
    await using it = await acmeSite();
    it.fake.days = 1.1;
    using stage = new ManagedStage();
    await stage.obtained(it.site);
    it.fake.fault = () => ({ status: 429, headers: { 'retry-after': 'Sat, 13 Sep 275760 00:00:00 GMT' }, body: {} });
    await stage.certificates.renew('a.test');
    const [, at = ''] = /again at (\S+);/.exec(await stage.said(/is tried again/)) ?? [];
    const inHours = (Date.parse(at) - Date.now()) / 3_600_000;
    assert.ok(inHours > 0.5 && inHours < 1.5, at);
  });

  it('renews what was revoked, whatever else the CA suggests', async () => {
    await using it = await acmeSite();
    it.fake.suggests = { start: '2099-01-01T00:00:00Z', end: '2099-01-02T00:00:00Z' };
    using stage = new ManagedStage();
    const current = await stage.use(it.site);
    const first = await stage.until(current);
    it.fake.fault = ({ path }) => (path === '/newOrder' ? { status: 500, body: '' } : undefined);
    assert.equal((await stage.certificates.revoke('a.test'))?.ok, false);
    stage.certificates.close();
    it.fake.fault = () => undefined;
    using again = new ManagedStage();
    const other = await again.use(it.site);
    assert.equal(other()?.certificate, first.certificate);
    await again.until(() => (other()?.certificate === first.certificate ? undefined : other()));
  });

  it('uses a certificate that the disk does not take, and writes it when that does', async () => {
    await using it = await acmeSite();
    using stage = new ManagedStage(quickClock(3_000));
    await mkdir(`${it.place}/certificate.pem/x`, { recursive: true });
    const start = stage.use(it.site);
    await assert.rejects(start, /EISDIR/);
    await rm(`${it.place}/certificate.pem`, { recursive: true });
    it.fake.fault = ({ path }) => {
      if (path === '/certificate') mkdirSync(`${it.place}/certificate.pem/x`, { recursive: true });
      return undefined;
    };
    const { certificate } = await stage.obtained(it.site);
    await stage.said(/error certificate for a\.test cannot be kept: EISDIR/);
    await rm(`${it.place}/certificate.pem`, { recursive: true });
    const isWritten = async (): Promise<boolean> => {
      return (await readFile(`${it.place}/certificate.pem`, 'utf8').catch(() => '')).includes(certificate);
    };
    await until(isWritten, 'the certificate on the disk', 30_000);
  });

  it('waits with a certificate until it is valid, where it has one', async () => {
    await using it = await acmeSite();
    using stage = new ManagedStage(quickClock(5_000));
    const current = await stage.use(it.site);
    const first = await stage.until(current);
    it.fake.fromDay = 0.1;
    await stage.certificates.renew('a.test');
    assert.equal(current()?.certificate, first.certificate);
    const from = Date.now() + 0.1 * 86_400_000;
    await stage.until(() => (current()?.certificate === first.certificate ? undefined : current()));
    assert.ok(new X509Certificate(current()?.certificate ?? '').validFromDate.getTime() > from - 60_000);
    assert.equal(it.fake.count('POST', '/newOrder'), 2);
  });

  it('leaves an order to another process that is at it, and takes what that one gets', async () => {
    await using it = await acmeSite();
    await mkdir(it.place, { recursive: true });
    await writeFile(`${it.place}/lock`, claimText(process.ppid));
    using stage = new ManagedStage();
    const current = await stage.use(it.site);
    await until(async () => (await readdir(it.place)).length === 1, 'a look at the lock');
    assert.equal(it.fake.count('POST', '/newOrder'), 0);
    await writeFile(`${it.place}/lock`, '1 1 dead\n');
    await stage.until(current);
    assert.equal(it.fake.count('POST', '/newOrder'), 1);
    await until(async () => !(await readdir(it.place)).includes('lock'), 'the end of the lock');
  });

  it('asks for one certificate at a time, however many want it', async () => {
    await using it = await acmeSite();
    using stage = new ManagedStage();
    const coming = await stage.certificates.prepare({ ...it.site, servers: [...it.site.servers, ...it.site.servers] });
    coming.keep();
    await stage.until(() => coming.certificateOf(1));
    assert.equal(coming.certificateOf(0), coming.certificateOf(1));
    assert.equal(it.fake.count('POST', '/newOrder'), 1);
  });

  it('does not order for a site that is not used', async () => {
    await using it = await acmeSite();
    using stage = new ManagedStage();
    const coming = await stage.certificates.prepare(it.site);
    coming.drop();
    assert.equal(it.fake.requests.length, 0);
    assert.deepEqual(stage.certificates.status(), []);
  });

  it('says that a folder cannot be used', async () => {
    await using it = await acmeSite();
    await it.folder.write('file', '');
    using stage = new ManagedStage();
    const issuer = acmeIssuer(it.folder.file('file'));
    const site = managedSite([issuer], [{ issuer: 'ca', names: ['a.test'], onDemand: undefined }]);
    await assert.rejects(stage.certificates.prepare(site), /Cannot keep certificates in ".*": .*ENOTDIR/);
  });

  it('warns of a folder that others may write in', async () => {
    await using it = await acmeSite();
    await mkdir(it.folder.file('acme'));
    await chmod(it.folder.file('acme'), 0o777);
    using stage = new ManagedStage();
    await stage.certificates.prepare(it.site);
    assert.deepEqual(stage.lines, [
      `warn other users may write in "${it.folder.file('acme')}", where keys of certificates are kept`,
    ]);
  });

  it('refuses what is no host name', async () => {
    await using it = await acmeSite();
    using stage = new ManagedStage();
    const site = managedSite(it.site.issuers, [{ issuer: 'ca', names: ['../x'], onDemand: undefined }]);
    await assert.rejects(
      stage.certificates.prepare(site),
      /Cannot get a certificate for "\.\.\/x": it is no host name/,
    );
  });
});

describe('ManagedCertificates on demand', () => {
  it('gets a certificate for a name that the hook allows, once', async () => {
    await using it = await acmeSite();
    const asked: string[] = [];
    const hook = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(request.url?.endsWith('yes.test') ? 200 : 404).end();
    });
    await once(hook.listen(0, '127.0.0.1'), 'listening');
    const ask = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/ask?by=galley`;
    using stage = new ManagedStage();
    await stage.use(managedSite(it.site.issuers, [{ issuer: 'ca', names: [], onDemand: { ask } }]));
    const wanted = (name: string): ReturnType<typeof stage.certificates.wanted> => stage.certificates.wanted(0, name);
    const [one, two] = await Promise.all([wanted('yes.test'), wanted('yes.test')]);
    assert.equal(new X509Certificate(one?.certificate ?? '').checkHost('yes.test'), 'yes.test');
    assert.equal(one, two);
    assert.equal(await wanted('no.test'), undefined);
    assert.equal(await wanted('no.test'), undefined);
    assert.equal(await wanted('not a name'), undefined);
    assert.deepEqual(asked, ['/ask?by=galley&domain=yes.test', '/ask?by=galley&domain=no.test']);
    assert.equal(it.fake.count('POST', '/newOrder'), 1);
    hook.close();
  });

  it('counts orders, not those who wait for them', async () => {
    await using it = await acmeSite();
    const hook = createServer((_, response) => response.end());
    await once(hook.listen(0, '127.0.0.1'), 'listening');
    const ask = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
    using stage = new ManagedStage();
    await stage.use(managedSite(it.site.issuers, [{ issuer: 'ca', names: [], onDemand: { ask } }]));
    let isHeld = true;
    it.fake.fault = ({ path }) => (path === '/finalize' && isHeld ? { status: 500, body: '' } : undefined);
    const many = Promise.all(Array.from({ length: 30 }, () => stage.certificates.wanted(0, 'a.test')));
    await until(() => it.fake.count('POST', '/newOrder') === 1, 'the order');
    isHeld = false;
    assert.ok(await stage.certificates.wanted(0, 'b.test'));
    await many;
    assert.deepEqual(
      stage.lines.filter((line) => line.includes('too many orders')),
      [],
    );
    hook.close();
  });

  it('looks after nothing that is opened while it is closed', async () => {
    await using it = await acmeSite();
    const answers: (() => void)[] = [];
    const hook = createServer((_, response) => void answers.push(() => response.end()));
    await once(hook.listen(0, '127.0.0.1'), 'listening');
    const ask = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
    using stage = new ManagedStage();
    await stage.use(managedSite(it.site.issuers, [{ issuer: 'ca', names: [], onDemand: { ask } }]));
    const wanted = stage.certificates.wanted(0, 'a.test');
    await until(() => answers.length === 1, 'the question');
    stage.certificates.close();
    answers[0]?.();
    assert.equal(await wanted, undefined);
    assert.equal(it.fake.requests.length, 0);
    hook.close();
  });

  it('asks a hook again soon that gives no answer, and renews then', async () => {
    await using it = await acmeSite();
    it.fake.days = 1.1;
    const hook = createServer((_, response) => response.end());
    await once(hook.listen(0, '127.0.0.1'), 'listening');
    const { port } = hook.address() as AddressInfo;
    using stage = new ManagedStage(quickClock(2_000));
    const onDemand = { ask: `http://127.0.0.1:${port}/` };
    await stage.use(managedSite(it.site.issuers, [{ issuer: 'ca', names: [], onDemand }]));
    const first = await stage.certificates.wanted(0, 'a.test');
    assert.ok(first);
    await once(hook.close(), 'close');
    await stage.said(/warn Cannot ask .* about a\.test: connect ECONNREFUSED/);
    await once(hook.listen(port, '127.0.0.1'), 'listening');
    it.fake.days = 90;
    await stage.said(/certificate for a\.test: renewed/);
    assert.ok(!stage.lines.some((line) => line.includes('is not renewed')));
    hook.close();
  });

  it('tells of the name whose certificate has changed', async () => {
    await using it = await acmeSite();
    const hook = createServer((_, response) => response.end());
    await once(hook.listen(0, '127.0.0.1'), 'listening');
    const onDemand = { ask: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/` };
    using stage = new ManagedStage();
    const changes: (string | undefined)[] = [];
    stage.certificates.onChange((name) => void changes.push(name));
    await stage.use(managedSite(it.site.issuers, [{ issuer: 'ca', names: [], onDemand }]));
    const first = await stage.certificates.wanted(0, 'a.test');
    changes.length = 0;
    assert.deepEqual(await stage.certificates.revoke('a.test'), { ok: true });
    assert.deepEqual(changes, ['a.test']);
    assert.notEqual((await stage.certificates.wanted(0, 'a.test'))?.certificate, first?.certificate);
    hook.close();
  });

  it('does not ask the CA again at once where it has refused', async () => {
    await using it = await acmeSite();
    const hook = createServer((_, response) => response.end());
    await once(hook.listen(0, '127.0.0.1'), 'listening');
    const ask = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
    it.fake.fault = ({ path }) => (path === '/newOrder' ? { status: 403, body: { detail: 'no' } } : undefined);
    using stage = new ManagedStage();
    await stage.use(managedSite(it.site.issuers, [{ issuer: 'ca', names: [], onDemand: { ask } }]));
    assert.equal(await stage.certificates.wanted(0, 'a.test'), undefined);
    assert.equal(await stage.certificates.wanted(0, 'a.test'), undefined);
    assert.equal(it.fake.count('POST', '/newOrder'), 1);
    hook.close();
  });
});
