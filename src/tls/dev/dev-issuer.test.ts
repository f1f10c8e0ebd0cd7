import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { ManagedStage, managedSite } from '../../../test/support/managed-stage.ts';
import { rootPath } from './dev-issuer.ts';

describe('ManagedCertificates for development', () => {
  it('has a certificate at once, of a CA that stays', async () => {
    await using folder = await AppFolder.with({});
    const issuer = { kind: 'dev', name: 'dev', folder: folder.file('dev') } as const;
    const site = managedSite(
      [issuer],
      [{ issuer: 'dev', names: ['localhost', '127.0.0.1', '::1'], onDemand: undefined }],
    );
    using stage = new ManagedStage();
    const first = (await stage.use(site))();
    const certificate = new X509Certificate(first?.certificate ?? '');
    const root = new X509Certificate(await readFile(rootPath(issuer)));
    assert.equal(certificate.verify(root.publicKey), true);
    assert.equal(certificate.checkIP('::1'), '::1');
    assert.match(root.subject, /Galley development CA of \S+@\S+/);
    using again = new ManagedStage();
    assert.equal((await again.use(site))()?.certificate, first?.certificate);
  });

  it('has another certificate where the CA is another', async () => {
    await using folder = await AppFolder.with({});
    const issuer = { kind: 'dev', name: 'dev', folder: folder.file('dev') } as const;
    const site = managedSite([issuer], [{ issuer: 'dev', names: ['localhost'], onDemand: undefined }]);
    using stage = new ManagedStage();
    const first = (await stage.use(site))();
    await folder.write('dev/root.key', 'damaged');
    using again = new ManagedStage();
    const second = (await again.use(site))();
    assert.ok(second && second.certificate !== first?.certificate);
    await again.said(/warn the development CA in .* could not be used any more/);
  });

  it('has one CA, however many processes make it at once', async () => {
    await using folder = await AppFolder.with({});
    const issuer = { kind: 'dev', name: 'dev', folder: folder.file('dev') } as const;
    const stages = Array.from({ length: 4 }, () => new ManagedStage());
    const given = await Promise.all(
      stages.map((stage, index) => {
        const names = [`${index}.test`];
        return stage.obtained(managedSite([issuer], [{ issuer: 'dev', names, onDemand: undefined }]));
      }),
    );
    const root = new X509Certificate(await readFile(rootPath(issuer)));
    for (const { certificate } of given) assert.ok(new X509Certificate(certificate).verify(root.publicKey));
    for (const { certificates } of stages) certificates.close();
  });

  it('has the certificate for browsers again where that was lost', async () => {
    await using folder = await AppFolder.with({});
    const issuer = { kind: 'dev', name: 'dev', folder: folder.file('dev') } as const;
    const site = managedSite([issuer], [{ issuer: 'dev', names: ['localhost'], onDemand: undefined }]);
    using stage = new ManagedStage();
    const first = (await stage.use(site))();
    const root = await readFile(rootPath(issuer), 'utf8');
    await folder.write('dev/root.pem', 'damaged');
    using again = new ManagedStage();
    assert.equal((await again.use(site))()?.certificate, first?.certificate);
    assert.equal(await readFile(rootPath(issuer), 'utf8'), root);
  });
});
