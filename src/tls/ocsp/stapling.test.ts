import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { type MadeCertificate, makeCertificate } from '../../../test/support/certificates.ts';
import { TlsStage, tlsMaterial } from '../../../test/support/tls-stage.ts';
import { until } from '../../../test/support/until.ts';
import { TlsHost } from '../tls-host.ts';
import type { TlsMaterial } from '../tls-material.ts';

const response = Buffer.from('3003020100', 'hex');

/** A host whose certificates all have an answer. */
function hostOf(...certificates: readonly MadeCertificate[]): TlsHost {
  const material = tlsMaterial({ certificates });
  const stapled: TlsMaterial = {
    ...material,
    certificates: material.certificates.map((each) => ({ ...each, ocspResponse: response })),
  };
  return new TlsHost(stapled, []);
}

/** What a client gets that asks for the CA's answer. */
async function answerOf(stage: TlsStage, options: ConnectionOptions = {}): Promise<Buffer | null> {
  const before = stage.results.length;
  const client = stage.begin({ requestOCSP: true, ...options });
  const [answer] = (await once(client, 'OCSPResponse')) as [Buffer | null];
  await until(() => stage.results.length > before, 'the handshake');
  client.destroy();
  return answer;
}

describe('OCSP stapling', () => {
  it('sends the answer to those that ask for it', async () => {
    await using stage = await TlsStage.with(hostOf(makeCertificate(['a.test'])));
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      assert.deepEqual(await answerOf(stage, { maxVersion }), response);
    }
    const { client } = await stage.connect({});
    client.destroy();
  });

  it('sends none where it is not known which certificate is chosen', async () => {
    const [ecdsa, rsa] = [makeCertificate(['a.test']), makeCertificate(['a.test'], { kind: 'rsa' })];
    await using stage = await TlsStage.with(hostOf(ecdsa, rsa));
    assert.equal(await answerOf(stage), null);
  });
});
