import assert from 'node:assert/strict';
import { chmod, rename } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { makeCertificate } from '../../../test/support/certificates.ts';
import { defaultTls } from '../../../test/support/default-settings.ts';
import { planOf } from '../../../test/support/site-stage.ts';
import { TlsStage } from '../../../test/support/tls-stage.ts';
import type { SitePlan } from '../../plan/site-plan.ts';
import type { ClientCertificatePlan, StaplingPlan, TlsPlan } from '../../plan/tls-plan.ts';
import { TlsFileError } from '../tls-file-error.ts';
import { TlsHost } from '../tls-host.ts';
import type { CertificateMaterial, TlsMaterial } from '../tls-material.ts';
import type { CertificateSource, Stapler } from './certificate-source.ts';
import { TlsSupervisor } from './tls-supervisor.ts';

type Materials = readonly (TlsMaterial | undefined)[];

/** An issuer that gives what it is told to. */
class GivingSource implements CertificateSource {
  readonly given = new Map<number, CertificateMaterial>();
  readonly calls: string[] = [];
  failure: string | undefined = 'no answer';
  change: (onDemand?: string) => void = () => undefined;

  onChange(listener: (onDemand?: string) => void): void {
    this.change = listener;
  }

  async prepare(): ReturnType<CertificateSource['prepare']> {
    return {
      certificateOf: (server) => this.given.get(server),
      keep: () => this.calls.push('keep'),
      drop: () => this.calls.push('drop'),
    };
  }

  async wanted(server: number, name: string): Promise<CertificateMaterial | undefined> {
    this.calls.push(`${server} ${name}`);
    return this.given.get(server);
  }

  status(): ReturnType<CertificateSource['status']> {
    return [
      { kind: 'acme', issuer: 'ca', names: ['m.test'], validUntil: undefined, renewsAt: 0, failure: this.failure },
    ];
  }

  close(): void {
    this.calls.push('close');
  }
}

class GivingStapler implements Stapler {
  response: Uint8Array | undefined;
  kept: ReadonlySet<string> = new Set();
  change: (certificate: string) => void = () => undefined;

  onChange(listener: (certificate: string) => void): void {
    this.change = listener;
  }

  responseFor(_certificate: string, plan: StaplingPlan | undefined): Uint8Array | undefined {
    return plan && this.response;
  }

  keepOnly(certificates: ReadonlySet<string>): void {
    this.kept = certificates;
  }

  close(): void {}
}

/** A supervisor with a folder of certificates, and what it tells. */
class Stage {
  readonly folder: AppFolder;
  readonly warnings: string[] = [];
  readonly errors: string[] = [];
  readonly told: Materials[] = [];
  readonly generations: number[] = [];
  readonly changedNames: string[] = [];
  readonly source = new GivingSource();
  readonly stapler = new GivingStapler();
  readonly supervisor: TlsSupervisor;

  private constructor(folder: AppFolder) {
    this.folder = folder;
    const drop = (): void => undefined;
    this.supervisor = new TlsSupervisor({
      log: {
        error: (message) => void this.errors.push(message),
        warn: (message) => void this.warnings.push(message),
        info: drop,
        debug: drop,
      },
      issuers: this.source,
      stapler: this.stapler,
      now: () => new Date(),
      changedOnDemand: (name) => void this.changedNames.push(name),
      changed: (materials, generation) => {
        this.told.push(materials);
        this.generations.push(generation);
      },
    });
  }

  /** Folder with a pair of these names. */
  static async with(...names: readonly string[]): Promise<Stage> {
    const stage = new Stage(await AppFolder.with({}));
    for (const name of names) await stage.make(name);
    return stage;
  }

  /** Makes a new pair; its certificate. */
  async make(name: string): Promise<{ readonly certificate: string; readonly key: string }> {
    const made = makeCertificate([name]);
    await this.replace(`${name}.key`, made.key);
    await this.replace(`${name}.pem`, made.certificate);
    return made;
  }

  /** As programs that renew do it: the file is another one at once. */
  async replace(file: string, text: string): Promise<void> {
    await this.folder.write('new', text);
    await chmod(this.folder.file('new'), 0o600);
    await rename(this.folder.file('new'), this.folder.file(file));
  }

  toldFirst(): Materials {
    return this.told[0] ?? [];
  }

  plan(name: string, more: Partial<TlsPlan> = {}): TlsPlan {
    const pair = { certificate: this.folder.file(`${name}.pem`), key: this.folder.file(`${name}.key`) };
    return { ...defaultTls, certificates: [{ ...pair, passwordFile: undefined }], ...more };
  }

  /** Uses a site with such servers. */
  async use(...plans: readonly (TlsPlan | undefined)[]): Promise<Materials> {
    const coming = await this.supervisor.prepare(siteOf(plans));
    const materials = coming.materials();
    coming.keep();
    return materials;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.supervisor.close();
    await this.folder[Symbol.asyncDispose]();
  }
}

function siteOf(plans: readonly (TlsPlan | undefined)[]): SitePlan {
  const site = planOf(plans.map((_, index) => `server { listen 80; server_name s${index}.test; }`).join('\n'));
  return { ...site, servers: site.servers.map((server, index) => ({ ...server, tls: plans[index] })) };
}

function keyOf(material: TlsMaterial | undefined): string {
  return Buffer.from(material?.ticketKey ?? []).toString('hex');
}

describe('TlsSupervisor', () => {
  it('has one material for servers with the same plan', async () => {
    await using stage = await Stage.with('s0.test', 's1.test');
    const [first, second, third, plain] = await stage.use(
      stage.plan('s0.test'),
      stage.plan('s0.test'),
      stage.plan('s1.test'),
      undefined,
    );
    assert.ok(first);
    assert.equal(first, second);
    assert.notEqual(first.id, third?.id);
    assert.equal(plain, undefined);
    assert.deepEqual(stage.told, []);
    // Sessions may be resumed at both: neither wants certificates of clients.
    assert.equal(keyOf(first), keyOf(third));
  });

  it('names the server whose files cannot be used, and goes on with what it has', async () => {
    await using stage = await Stage.with('s0.test');
    const before = await stage.use(stage.plan('s0.test'));
    await assert.rejects(stage.supervisor.prepare(siteOf([stage.plan('s0.test'), stage.plan('none')])), (error) => {
      assert.ok(error instanceof TlsFileError);
      assert.match(
        error.message,
        /^Cannot read the certificate ".*none\.pem": file does not exist \(server "s1\.test"\)$/,
      );
      return true;
    });
    assert.deepEqual(stage.supervisor.materials(), before);
  });

  it('reads changed files again, and tells', async () => {
    await using stage = await Stage.with('s0.test', 's1.test');
    const before = await stage.use(stage.plan('s0.test'), stage.plan('s1.test'));
    await stage.supervisor.refresh();
    assert.deepEqual(stage.told, []);
    const { certificate } = await stage.make('s0.test');
    await stage.supervisor.refresh();
    assert.equal(stage.told.length, 1);
    const [first, second] = stage.toldFirst();
    assert.equal(first?.certificates[0]?.certificate, certificate);
    assert.equal(second, before[1]);
    assert.deepEqual(stage.supervisor.materials(), [first, second]);
    await stage.supervisor.refresh();
    assert.equal(stage.told.length, 1);
  });

  it('goes on with the old pair while the new one is half-written, and warns once', async () => {
    await using stage = await Stage.with('s0.test');
    await stage.use(stage.plan('s0.test'));
    const { certificate, key } = makeCertificate(['s0.test']);
    await stage.replace('s0.test.pem', certificate);
    await stage.supervisor.refresh();
    await stage.supervisor.refresh();
    await stage.replace('s0.test.key', '');
    await stage.supervisor.refresh();
    assert.deepEqual(stage.told, []);
    assert.equal(stage.warnings.length, 1);
    assert.match(stage.warnings.join(), /is of another certificate; what was there before is used until it can be$/);
    await stage.replace('s0.test.key', key);
    await stage.supervisor.refresh();
    assert.equal(stage.toldFirst()[0]?.certificates[0]?.certificate, certificate);
    assert.equal(stage.warnings.length, 1);
  });

  it('reads changed files for a site that is to be used, and says where they cannot be', async () => {
    await using stage = await Stage.with('s0.test');
    await stage.use(stage.plan('s0.test'));
    const { certificate } = await stage.make('s0.test');
    const [material] = await stage.use(stage.plan('s0.test'));
    assert.equal(material?.certificates[0]?.certificate, certificate);
    await stage.replace('s0.test.key', '');
    await assert.rejects(stage.use(stage.plan('s0.test')), /holds no private key \(server "s0\.test"\)$/);
    assert.equal(stage.supervisor.materials()[0], material);
  });

  it('has other ticket keys for other rules about clients, and new ones from time to time', async () => {
    await using stage = await Stage.with('s0.test');
    const clients: ClientCertificatePlan = {
      verify: 'required',
      depth: 1,
      trustedCertificate: stage.folder.file('s0.test.pem'),
      crl: undefined,
    };
    const [open, closed] = await stage.use(stage.plan('s0.test'), stage.plan('s0.test', { clients }));
    assert.notEqual(keyOf(open), keyOf(closed));
    stage.supervisor.rotateTicketKeys();
    const [opened, stillClosed] = stage.toldFirst();
    assert.equal(new Set([open, closed, opened, stillClosed].map(keyOf)).size, 4);
  });

  it('costs a full handshake after new ticket keys, and no more', async () => {
    await using stage = await Stage.with('s0.test');
    const [material] = await stage.use(stage.plan('s0.test'));
    await using server = await TlsStage.with(new TlsHost(material as TlsMaterial, []));
    const { client } = await server.connect({ maxVersion: 'TLSv1.2' });
    const session = client.getSession() as Buffer;
    const again = await server.connect({ maxVersion: 'TLSv1.2', session });
    assert.equal(again.client.isSessionReused(), true);
    stage.supervisor.rotateTicketKeys();
    server.host = new TlsHost(stage.toldFirst()[0] as TlsMaterial, []);
    const later = await server.connect({ maxVersion: 'TLSv1.2', session });
    assert.equal(later.client.isSessionReused(), false);
    for (const each of [client, again.client, later.client]) each.destroy();
  });

  it('keeps the keys of files', async () => {
    await using stage = await Stage.with('s0.test');
    await stage.replace('tickets', 'x'.repeat(48));
    await stage.use(stage.plan('s0.test', { ticketKeyFiles: [stage.folder.file('tickets')] }));
    stage.supervisor.rotateTicketKeys();
    assert.deepEqual(stage.told, []);
    await stage.replace('tickets', 'y'.repeat(48));
    await stage.supervisor.refresh();
    assert.equal(keyOf(stage.toldFirst()[0]), '79'.repeat(48));
  });

  it('joins what issuers give, when they give it', async () => {
    await using stage = await Stage.with();
    const managed = { issuer: 'ca', names: ['s0.test'], onDemand: undefined };
    const plan = { ...defaultTls, managed };
    const [none] = await stage.use(plan);
    assert.deepEqual(none?.certificates, []);
    assert.deepEqual(stage.source.calls, ['keep']);
    const { certificate, key } = makeCertificate(['s0.test']);
    const material = { certificate, key, ocspResponse: undefined };
    stage.source.given.set(0, material);
    stage.source.change();
    stage.source.change();
    assert.deepEqual(
      stage.told.map(([first]) => first?.certificates),
      [[material]],
    );
    const coming = await stage.supervisor.prepare(siteOf([plan]));
    coming.drop();
    assert.deepEqual(stage.source.calls, ['keep', 'drop']);
  });

  it('asks the issuer for names that are got on demand, and for no others', async () => {
    await using stage = await Stage.with('s1.test');
    const onDemand = { issuer: 'ca', names: [], onDemand: { ask: 'http://127.0.0.1/' } };
    const [material] = await stage.use({ ...defaultTls, managed: onDemand }, stage.plan('s1.test'));
    assert.equal(material?.isOnDemand, true);
    assert.equal(await stage.supervisor.wanted({ generation: 1, server: 0, name: 'x.test' }), undefined);
    assert.equal(await stage.supervisor.wanted({ generation: 1, server: 1, name: 'x.test' }), undefined);
    assert.equal(await stage.supervisor.wanted({ generation: 1, server: 7, name: 'x.test' }), undefined);
    const { certificate, key } = makeCertificate(['x.test']);
    stage.source.given.set(0, { certificate, key, ocspResponse: undefined });
    const wanted = await stage.supervisor.wanted({ generation: 1, server: 0, name: 'x.test' });
    assert.equal(wanted?.certificates[0]?.certificate, certificate);
    assert.deepEqual(stage.source.calls, ['keep', '0 x.test', '0 x.test']);
    assert.deepEqual(stage.told, []);
  });

  it('says which site a change is of, while another one is about to be used', async () => {
    await using stage = await Stage.with('s0.test', 's1.test');
    await stage.use(stage.plan('s0.test'));
    const coming = await stage.supervisor.prepare(siteOf([stage.plan('s1.test'), stage.plan('s0.test')]));
    const [first] = coming.materials();
    stage.supervisor.rotateTicketKeys();
    assert.deepEqual([stage.generations, stage.told[0]?.length], [[1], 1]);
    coming.keep();
    assert.deepEqual([coming.generation, stage.generations, stage.told[1]?.length], [2, [1, 2], 2]);
    assert.notEqual(keyOf(stage.told[1]?.[0]), keyOf(first));
    const dropped = await stage.supervisor.prepare(siteOf([]));
    dropped.materials();
    stage.supervisor.rotateTicketKeys();
    dropped.drop();
    assert.deepEqual(stage.generations, [1, 2, 2]);
    assert.deepEqual(stage.supervisor.materials(), stage.told[2]);
  });

  it('lets names that are wanted wait until it is known which site is used', async () => {
    await using stage = await Stage.with('s0.test');
    await stage.use(stage.plan('s0.test'));
    const { certificate, key } = makeCertificate(['x.test']);
    stage.source.given.set(0, { certificate, key, ocspResponse: undefined });
    const plan = { ...defaultTls, managed: { issuer: 'ca', names: [], onDemand: { ask: 'http://127.0.0.1/' } } };
    for (const isKept of [false, true]) {
      const coming = await stage.supervisor.prepare(siteOf([plan]));
      coming.materials();
      const { generation } = coming;
      const wanted = stage.supervisor.wanted({ generation, server: 0, name: 'x.test' });
      if (isKept) coming.keep();
      else coming.drop();
      assert.equal((await wanted)?.certificates[0]?.certificate, isKept ? certificate : undefined);
      const late = await stage.supervisor.wanted({ generation: generation - 1, server: 0, name: 'x.test' });
      assert.equal(late, undefined);
    }
  });

  it('staples what the stapler has, and tells it whose answers are wanted', async () => {
    await using stage = await Stage.with('s0.test', 's1.test');
    const stapling = { file: undefined, responder: undefined, verifies: false };
    const materials = await stage.use(stage.plan('s0.test', { stapling }), stage.plan('s1.test'));
    const certificates = materials.map((material) => material?.certificates[0]?.certificate);
    assert.deepEqual([...stage.stapler.kept], certificates);
    stage.stapler.response = Buffer.from('answer');
    stage.stapler.change(certificates[0] ?? '');
    const [first, second] = stage.toldFirst();
    assert.deepEqual(first?.certificates[0]?.ocspResponse, stage.stapler.response);
    assert.equal(second, materials[1]);
  });

  it('keeps what is stapled to certificates on demand, and tells of the names of those that have another one', async () => {
    await using stage = await Stage.with('s0.test');
    const stapling = { file: undefined, responder: undefined, verifies: false };
    const managed = { issuer: 'ca', names: [], onDemand: { ask: 'http://127.0.0.1/' } };
    const plan = { ...defaultTls, stapling, managed };
    await stage.use(plan);
    const { certificate, key } = makeCertificate(['x.test']);
    stage.source.given.set(0, { certificate, key, ocspResponse: undefined });
    await stage.supervisor.wanted({ generation: 1, server: 0, name: 'x.test' });
    stage.stapler.response = Buffer.from('answer');
    stage.stapler.change(certificate);
    assert.deepEqual([...stage.stapler.kept], [certificate]);
    stage.stapler.change('of another one');
    assert.deepEqual(stage.changedNames, ['x.test']);
    const again = await stage.supervisor.wanted({ generation: 1, server: 0, name: 'x.test' });
    assert.deepEqual(again?.certificates[0]?.ocspResponse, stage.stapler.response);
    await stage.use(plan);
    assert.deepEqual([...stage.stapler.kept], [certificate]);
    await stage.use(stage.plan('s0.test'));
    assert.equal(stage.stapler.kept.has(certificate), false);
  });

  it('goes on with the old one where OpenSSL does not take what an issuer gives', async () => {
    await using stage = await Stage.with();
    const managed = { issuer: 'ca', names: ['m.test'], onDemand: undefined };
    const plan = { ...defaultTls, ciphers: 'ECDHE+AESGCM:@SECLEVEL=3', managed };
    const { certificate: good } = await give('ecdsa');
    const [first] = await stage.use(plan);
    assert.equal(first?.certificates[0]?.certificate, good);
    await give('rsa');
    stage.source.change();
    stage.source.change();
    assert.deepEqual(stage.told, []);
    const says =
      /^the certificate for m\.test cannot be used: OpenSSL does not take it with these settings: .*key too small$/;
    assert.equal(stage.errors.length, 1);
    assert.match(stage.errors.join(), says);
    const [again] = await stage.use(plan);
    assert.equal(again, first);
    const onDemand = { ...managed, names: [], onDemand: { ask: 'http://127.0.0.1/' } };
    const [none] = await stage.use({ ...plan, managed: onDemand });
    assert.deepEqual(none?.certificates, []);
    assert.equal(await stage.supervisor.wanted({ generation: 3, server: 0, name: 'm.test' }), undefined);
    stage.source.failure = undefined;
    assert.match(stage.supervisor.status()[0]?.failure ?? '', /does not take it/);
    const { certificate: next } = await give('ecdsa');
    const late = await stage.supervisor.wanted({ generation: 3, server: 0, name: 'm.test' });
    assert.equal(late?.certificates[0]?.certificate, next);
    assert.equal(stage.supervisor.status()[0]?.failure, undefined);

    async function give(kind: 'ecdsa' | 'rsa'): Promise<CertificateMaterial> {
      const { certificate, key } = makeCertificate(['m.test'], { kind });
      const material = { certificate, key, ocspResponse: undefined };
      stage.source.given.set(0, material);
      return material;
    }
  });

  it('tells of all certificates, and of no keys', async () => {
    await using stage = await Stage.with('s0.test');
    await stage.use(stage.plan('s0.test'), stage.plan('s0.test', { sessionTickets: false }));
    const [own, managed, ...others] = stage.supervisor.status();
    assert.deepEqual(others, []);
    assert.equal(own?.source, 'file');
    assert.equal(own?.from, stage.folder.file('s0.test.pem'));
    assert.deepEqual(own?.names, ['s0.test']);
    assert.ok(Date.parse(own?.validUntil ?? '') > Date.now());
    assert.deepEqual(
      [managed?.source, managed?.renewsAt, managed?.failure],
      ['acme', '1970-01-01T00:00:00.000Z', 'no answer'],
    );
    assert.doesNotMatch(JSON.stringify(stage.supervisor.status()), /PRIVATE|BEGIN/);
  });

  it('tells of the name whose certificate on demand is another one', async () => {
    await using stage = await Stage.with('a.test');
    await stage.use(stage.plan('a.test'));
    const { length } = stage.told;
    stage.source.change('on-demand.test');
    assert.deepEqual(stage.changedNames, ['on-demand.test']);
    assert.equal(stage.told.length, length);
  });

  it('tells nothing once it is closed', async () => {
    await using stage = await Stage.with('s0.test');
    await stage.use(stage.plan('s0.test'));
    stage.supervisor.close();
    stage.supervisor.rotateTicketKeys();
    await stage.make('s0.test');
    await stage.supervisor.refresh();
    assert.deepEqual(stage.told, []);
    assert.deepEqual(stage.source.calls, ['keep', 'close']);
  });
});
