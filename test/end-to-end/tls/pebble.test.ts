import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AcmeIssuerPlan } from '../../../src/plan/tls-plan.ts';
import { AppFolder } from '../../support/app-folder.ts';
import { acmeIssuer, ChallengeServers, ManagedStage, managedSite } from '../../support/managed-stage.ts';
import { externalAccount, Pebble } from '../../support/pebble.ts';
import { recordHook } from '../../support/record-hook.ts';
import { requires } from '../../support/requirements.ts';
import { until } from '../../support/until.ts';

const skip = requires('go');

describe('certificates from a CA (Pebble)', { skip, timeout: 300_000 }, () => {
  let folder: AppFolder;
  let pebble: Pebble;
  let running: Awaited<ReturnType<typeof startStage>>;
  let stage: ManagedStage;
  let count = 0;

  /** An issuer with a folder of its own. */
  function issuer(changes: Partial<AcmeIssuerPlan> = {}): AcmeIssuerPlan {
    const { directory, dnsManagement } = pebble;
    const dnsHook = [process.execPath, folder.file('hook.mjs'), dnsManagement, folder.file('hook.log')];
    const trustedCertificate = folder.file('pebble-ca.pem');
    return acmeIssuer(folder.file(`acme-${count++}`), { directory, dnsHook, trustedCertificate, ...changes });
  }

  before(async () => {
    folder = await AppFolder.with({ 'hook.mjs': recordHook, 'hook.log': '' });
    pebble = await Pebble.start(folder, { refusedNonces: 30 });
  });

  beforeEach(async () => {
    running = await startStage(pebble);
    stage = running.stage;
  });

  afterEach(async () => {
    await running[Symbol.asyncDispose]();
  });

  after(async () => {
    await pebble?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  for (const challenge of ['http-01', 'tls-alpn-01', 'dns-01'] as const) {
    it(`issues, renews and revokes by ${challenge}`, async () => {
      const ca = issuer({ challenges: [challenge] });
      const names = [`${challenge}.test`, `www.${challenge}.test`];
      const current = await stage.use(managedSite([ca], [{ issuer: 'ca', names, onDemand: undefined }]));
      const first = await stage.until(current);
      const certificate = new X509Certificate(first.certificate);
      assert.equal(certificate.checkHost(`www.${challenge}.test`), `www.${challenge}.test`);
      assert.deepEqual(stage.challenges, { http: [], tlsAlpn: [] });

      assert.deepEqual(await stage.certificates.renew(`${challenge}.test`), { ok: true });
      const second = current();
      assert.ok(second?.certificate !== first.certificate);
      assert.equal(await pebble.statusOf(certificate.serialNumber), 'valid');

      const revoked = new X509Certificate(second?.certificate ?? '');
      assert.deepEqual(await stage.certificates.revoke(`${challenge}.test`), { ok: true });
      assert.equal(await pebble.statusOf(revoked.serialNumber), 'revoked');
      assert.ok(current()?.certificate !== second?.certificate);
    });
  }

  it('issues for a wildcard and its domain together, by two records of one name', async () => {
    const names = ['wild.test', '*.wild.test'];
    const site = managedSite([issuer({ challenges: ['dns-01'] })], [{ issuer: 'ca', names, onDemand: undefined }]);
    const { certificate } = await stage.obtained(site);
    assert.equal(new X509Certificate(certificate).checkHost('a.wild.test'), '*.wild.test');
    const lines = (await readFile(folder.file('hook.log'), 'utf8'))
      .split('\n')
      .filter((line) => line.includes('.wild.test'));
    assert.equal(lines.filter((line) => line.startsWith('present')).length, 2);
    assert.equal(lines.filter((line) => line.startsWith('cleanup')).length, 2);
  });

  it('issues for an address', async () => {
    const names = ['127.0.0.1'];
    const site = managedSite([issuer()], [{ issuer: 'ca', names, onDemand: undefined }]);
    const { certificate } = await stage.obtained(site);
    assert.equal(new X509Certificate(certificate).checkIP('127.0.0.1'), '127.0.0.1');
  });

  it('takes a profile', async () => {
    const site = managedSite(
      [issuer({ profile: 'shortlived' })],
      [{ issuer: 'ca', names: ['short.test'], onDemand: undefined }],
    );
    const { validFromDate, validToDate } = new X509Certificate((await stage.obtained(site)).certificate);
    assert.equal(Math.round((validToDate.getTime() - validFromDate.getTime()) / 86_400_000), 6);
  });

  it('says which profiles there are', async () => {
    const site = managedSite(
      [issuer({ profile: 'none' })],
      [{ issuer: 'ca', names: ['short.test'], onDemand: undefined }],
    );
    await stage.use(site);
    await stage.said(/has no certificate profile "none": it has default, shortlived/);
  });

  it('renews when the CA suggests it', async () => {
    const site = managedSite([issuer()], [{ issuer: 'ca', names: ['ari.test'], onDemand: undefined }]);
    const first = await stage.obtained(site);
    const now = Date.now();
    await pebble.suggest(first.certificate, { start: new Date(now - 2_000_000), end: new Date(now - 1_000_000) });
    await running[Symbol.asyncDispose]();
    running = await startStage(pebble);
    const other = running;
    const again = await other.stage.use(site);
    assert.ok(again()?.certificate === first.certificate);
    await other.stage.said(/certificate for ari\.test: renewed from "ca"/);
    assert.ok(again()?.certificate !== first.certificate);
  });

  it('says why the CA refuses', async () => {
    await stage.use(managedSite([issuer()], [{ issuer: 'ca', names: ['blocked.test'], onDemand: undefined }]));
    await stage.said(/error certificate for blocked\.test: .*\(rejectedIdentifier\); it is tried again at/);
  });

  it('registers an account that the CA knows from elsewhere', async () => {
    await using own = await AppFolder.with({ 'mac.key': `${externalAccount.macKey}\n`, 'wrong.key': 'AAAA' });
    await using strict = await Pebble.start(own, { externalAccountRequired: true });
    await using it = await startStage(strict);
    const plan = (changes: Partial<AcmeIssuerPlan>): ReturnType<typeof managedSite> => {
      const ca = { directory: strict.directory, trustedCertificate: own.file('pebble-ca.pem'), ...changes };
      return managedSite(
        [acmeIssuer(own.file('acme'), ca)],
        [{ issuer: 'ca', names: ['eab.test'], onDemand: undefined }],
      );
    };
    const { keyId } = externalAccount;
    await it.stage.use(plan({}));
    await it.stage.said(/the CA wants an external account/);
    await it.stage.use(plan({ externalAccount: { keyId, keyFile: own.file('wrong.key') } }));
    await it.stage.said(/127\.0\.0\.1:\d+ refuses: .*external account/);
    await it.stage.obtained(plan({ externalAccount: { keyId, keyFile: own.file('mac.key') } }));
  });

  it('goes on after a sudden end in the middle of an order, and leaves no record behind', async () => {
    const site = managedSite(
      [issuer({ challenges: ['dns-01'] })],
      [{ issuer: 'ca', names: ['killed.test'], onDemand: undefined }],
    );
    await folder.write('hook.log.wait', '');
    const killed = fork(fileURLToPath(new URL('../../support/managed-process.ts', import.meta.url)), [
      JSON.stringify(site),
    ]);
    const said = async (): Promise<readonly string[]> => {
      return (await readFile(folder.file('hook.log'), 'utf8'))
        .split('\n')
        .filter((line) => line.includes('killed.test'));
    };
    await until(async () => (await said()).length === 1, 'the hook runs');
    const ended = once(killed, 'exit');
    killed.kill('SIGKILL');
    await ended;
    await rm(folder.file('hook.log.wait'));
    using other = new ManagedStage();
    const { certificate } = await other.obtained(site);
    assert.equal(new X509Certificate(certificate).checkHost('killed.test'), 'killed.test');
    const [first = '', ...others] = await said();
    assert.ok(first.startsWith('present'));
    assert.equal(others[0], first.replace('present', 'cleanup'));
    assert.equal(others.filter((line) => line.startsWith('cleanup')).length, 2);
  });

  it('begins anew where the CA has forgotten the account and the order', async () => {
    const site = managedSite(
      [issuer({ challenges: ['dns-01'] })],
      [{ issuer: 'ca', names: ['forgotten.test'], onDemand: undefined }],
    );
    await folder.write('hook.log.wait', '');
    using other = new ManagedStage();
    const current = await other.use(site);
    await until(
      async () => (await readFile(folder.file('hook.log'), 'utf8')).includes('forgotten.test'),
      'the hook runs',
    );
    await pebble.kill();
    await rm(folder.file('hook.log.wait'));
    await other.said(/error certificate for forgotten\.test: Cannot ask .*; it is tried again at/);
    await pebble.restart();
    const { certificate } = await other.until(current);
    assert.equal(new X509Certificate(certificate).checkHost('forgotten.test'), 'forgotten.test');
  });
});

/** A stage, and servers at the ports where a CA looks. */
async function startStage(pebble: Pebble): Promise<AsyncDisposable & { readonly stage: ManagedStage }> {
  const stage = new ManagedStage();
  const servers = new ChallengeServers(() => stage.challenges);
  await servers.listen(pebble.httpPort, pebble.tlsPort);
  return {
    stage,
    [Symbol.asyncDispose]: async () => {
      stage.certificates.close();
      await servers[Symbol.asyncDispose]();
    },
  };
}
