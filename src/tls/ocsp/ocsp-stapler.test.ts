import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { OcspResponder, ocspError, ocspResponse } from '../../../test/support/ocsp-responder.ts';
import { until } from '../../../test/support/until.ts';
import { createLog } from '../../observe/log.ts';
import type { StaplingPlan } from '../../plan/tls-plan.ts';
import { createCertificate } from '../x509/certificate.ts';
import { type CertificateExtension, mustStaple, ocspResponder } from '../x509/extensions.ts';
import { createKey } from '../x509/key.ts';
import { ocspQuestion, revocationHints } from './ocsp-question.ts';
import { OcspStapler } from './ocsp-stapler.ts';

interface Authority {
  readonly certificate: string;
  readonly key: KeyObject;
}

const asks: StaplingPlan = { file: undefined, responder: undefined, verifies: true };
const from = new Date(Date.now() - 3_600_000);
const inAnHour = (): Date => new Date(Date.now() + 3_600_000);

async function authority(name: string): Promise<Authority> {
  const key = await createKey('p256');
  return { certificate: createCertificate({ names: [], subject: { CN: name }, key, from, days: 9, isCa: true }), key };
}

describe('OcspStapler', () => {
  let ca: Authority;

  before(async () => {
    ca = await authority('ca');
  });

  async function chainOf(...extensions: readonly CertificateExtension[]): Promise<string> {
    const key = await createKey('p256');
    return createCertificate({ names: ['stapled.test'], key, from, days: 5, issuer: ca, extensions }) + ca.certificate;
  }

  interface Stage extends Disposable {
    readonly stapler: OcspStapler;
    readonly changes: () => number;
    readonly log: () => string;
  }

  function stageOf(): Stage {
    let logged = '';
    let changes = 0;
    const write = (text: string): void => {
      logged += text;
    };
    const log = createLog({ level: 'info' }, write, () => new Date());
    const stapler = new OcspStapler({ log, now: Date.now, random: () => 0.5 });
    stapler.onChange(() => {
      changes++;
    });
    return { stapler, changes: () => changes, log: () => logged, [Symbol.dispose]: () => stapler.close() };
  }

  it('asks the responder that a certificate names, and keeps its answer', async () => {
    await using responder = await OcspResponder.start((request) =>
      ocspResponse(request, { key: ca.key, until: inAnHour() }),
    );
    using stage = stageOf();
    const chain = await chainOf(ocspResponder(responder.url));
    assert.equal(stage.stapler.responseFor(chain, asks), undefined);
    await until(() => stage.changes() === 1, 'an answer');
    assert.ok(stage.stapler.responseFor(chain, asks));
    assert.equal(stage.stapler.responseFor(chain, undefined), undefined);
    assert.equal(responder.requests, 1);
  });

  it('asks without a plan where the certificate asks for it', async () => {
    await using responder = await OcspResponder.start((request) =>
      ocspResponse(request, { key: ca.key, until: inAnHour() }),
    );
    using stage = stageOf();
    const chain = await chainOf(ocspResponder(responder.url), mustStaple());
    stage.stapler.responseFor(chain, undefined);
    await until(() => stage.changes() === 1, 'an answer');
    assert.ok(stage.stapler.responseFor(chain, undefined));
  });

  it('asks again before the answer ends, and keeps it when that fails, until it ends', async () => {
    let given = 0;
    await using responder = await OcspResponder.start((request) => {
      if (++given > 2) return 500;
      return ocspResponse(request, { key: ca.key, until: new Date(Date.now() + 3_000) });
    });
    using stage = stageOf();
    const chain = await chainOf(ocspResponder(responder.url));
    stage.stapler.responseFor(chain, asks);
    await until(() => stage.changes() === 2, 'a second answer');
    const second = stage.stapler.responseFor(chain, asks);
    assert.ok(second);
    await until(() => given === 3, 'a failure');
    assert.equal(stage.stapler.responseFor(chain, asks), second);
    await until(() => stage.changes() === 3, 'the end of the answer');
    assert.equal(stage.stapler.responseFor(chain, asks), undefined);
    assert.match(stage.log(), /No OCSP answer for "stapled\.test": http:.*status 500/);
  });

  it("takes the plan's responder, and an answer of whom the issuer has named", async () => {
    const key = await createKey('p256');
    const delegate = createCertificate({ names: ['ocsp'], key, from, days: 2, issuer: ca, purposes: ['ocsp'] });
    await using responder = await OcspResponder.start((request) =>
      ocspResponse(request, { key, certificates: [delegate], until: inAnHour() }),
    );
    using stage = stageOf();
    const plan = { ...asks, responder: responder.url };
    const chain = await chainOf();
    stage.stapler.responseFor(chain, plan);
    await until(() => stage.changes() === 1, 'an answer');
    assert.ok(stage.stapler.responseFor(chain, plan));
  });

  it('staples nothing that is wrong, and says why', async () => {
    const stranger = await authority('stranger');
    const another = ocspQuestion(await chainOf()).request;
    const delegate = createCertificate({ names: ['web'], key: stranger.key, from, days: 2, issuer: ca });
    const past = new Date(Date.now() - 1_000);
    const cases: readonly [answer: (request: Buffer) => Buffer | number, reason: RegExp][] = [
      [(request) => ocspResponse(request, { key: stranger.key, until: inAnHour() }), /not signed by the issuer/],
      [
        (request) => ocspResponse(request, { key: stranger.key, certificates: [stranger.certificate] }),
        /not signed by the issuer/,
      ],
      [(request) => ocspResponse(request, { key: stranger.key, certificates: [delegate] }), /not signed by the issuer/],
      [(request) => ocspResponse(request, { key: ca.key, status: 'revoked' }), /certificate is revoked/],
      [(request) => ocspResponse(request, { key: ca.key, status: 'unknown' }), /not known to the responder/],
      [() => ocspResponse(another, { key: ca.key }), /for another certificate/],
      [(request) => ocspResponse(request, { key: ca.key, from, until: past }), /has expired/],
      [(request) => ocspResponse(request, { key: ca.key, from: inAnHour() }), /of the future/],
      [() => ocspError(3), /try again later/],
      [() => Buffer.from('no DER'), /No OCSP answer/],
      [() => Buffer.alloc(100_000), /more than 65536 bytes/],
      [() => 404, /status 404/],
    ];
    const chain = await chainOf();
    for (const [answer, reason] of cases) {
      await using responder = await OcspResponder.start(answer);
      using stage = stageOf();
      const plan = { ...asks, responder: responder.url };
      stage.stapler.responseFor(chain, plan);
      await until(() => stage.log() !== '', `a word on ${reason}`);
      assert.match(stage.log(), reason);
      assert.equal(stage.stapler.responseFor(chain, plan), undefined);
    }
  });

  it('believes an answer that it is told not to verify', async () => {
    const stranger = await authority('stranger');
    await using responder = await OcspResponder.start((request) => ocspResponse(request, { key: stranger.key }));
    using stage = stageOf();
    const chain = await chainOf();
    const plan = { ...asks, responder: responder.url, verifies: false };
    stage.stapler.responseFor(chain, plan);
    await until(() => stage.changes() === 1, 'an answer');
    assert.ok(stage.stapler.responseFor(chain, plan));
  });

  it('says what cannot be asked', async () => {
    using stage = stageOf();
    const chain = await chainOf();
    const [leaf = ''] = chain.split(/(?<=-----END CERTIFICATE-----\n)/);
    stage.stapler.responseFor(chain, asks);
    assert.match(stage.log(), /No OCSP answer for "stapled\.test": it names no OCSP responder/);
    stage.stapler.responseFor(leaf, asks);
    assert.match(stage.log(), /its file does not hold the certificate of its issuer/);
  });

  it('staples what is in a file, at once', async () => {
    await using folder = await AppFolder.with({});
    const chain = await chainOf();
    const { request } = ocspQuestion(chain);
    const file = folder.file('answer.der');
    const plan = { ...asks, file };
    using stage = stageOf();
    stage.stapler.responseFor(chain, plan);
    assert.match(stage.log(), /cannot use ".*answer\.der"/);
    writeFileSync(file, ocspResponse(request, { key: ca.key, until: inAnHour() }));
    await until(() => stage.changes() === 1, 'the file');
    assert.ok(stage.stapler.responseFor(chain, plan));
  });

  it('forgets what is not wanted any more', async () => {
    await using responder = await OcspResponder.start((request) =>
      ocspResponse(request, { key: ca.key, until: inAnHour() }),
    );
    using stage = stageOf();
    const chain = await chainOf(ocspResponder(responder.url));
    stage.stapler.responseFor(chain, asks);
    await until(() => stage.changes() === 1, 'an answer');
    stage.stapler.keepOnly(new Set([chain]));
    assert.ok(stage.stapler.responseFor(chain, asks));
    stage.stapler.keepOnly(new Set());
    assert.equal(stage.stapler.responseFor(chain, asks), undefined);
    await until(() => responder.requests === 2, 'that it is asked anew');
  });
});

describe('revocationHints', () => {
  it('reads where a CA is asked, and whether it must be', async () => {
    const key = await createKey('p256');
    const options = { names: ['a.test'], key, from, days: 1 };
    const plain = createCertificate(options);
    assert.deepEqual(revocationHints(plain), { name: 'a.test', responder: undefined, mustStaple: false });
    const asking = createCertificate({ ...options, extensions: [ocspResponder('http://o.test/'), mustStaple()] });
    assert.deepEqual(revocationHints(asking), { name: 'a.test', responder: 'http://o.test/', mustStaple: true });
  });
});
