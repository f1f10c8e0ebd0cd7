import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { makeCertificate } from '../../test/support/certificates.ts';
import { fakeExchange } from '../../test/support/fake-exchange.ts';
import { TlsStage } from '../../test/support/tls-stage.ts';
import { AcmeAnswers, acmeProtocol } from './acme-answers.ts';

const path = '/.well-known/acme-challenge/';

function answers(): AcmeAnswers {
  const made = new AcmeAnswers();
  const tlsAlpn = [{ name: 'a.test', ...makeCertificate(['a.test']) }];
  made.set({ http: [{ token: 'one', keyAuthorization: 'one.thumb' }], tlsAlpn });
  return made;
}

describe('AcmeAnswers', () => {
  it('answers for the tokens that it has, and for nothing else', () => {
    const made = answers();
    const reply = made.reply(fakeExchange(`${path}one`));
    assert.equal(reply?.status, 200);
    assert.equal(Buffer.from(reply?.body as Uint8Array).toString(), 'one.thumb');
    for (const target of [`${path}two`, `${path}`, `${path}one/`, '/one', `${path}toString`]) {
      assert.equal(made.reply(fakeExchange(target)), undefined, target);
    }
  });

  it('forgets what is no longer looked for', () => {
    const made = answers();
    made.set({ http: [], tlsAlpn: [] });
    assert.equal(made.reply(fakeExchange(`${path}one`)), undefined);
    assert.equal(made.host('a.test'), undefined);
  });

  it('shows the certificate of a challenge over the protocol that it is for', async () => {
    const host = answers().host('a.test');
    assert.ok(host);
    await using stage = await TlsStage.with(host);
    const { client } = await stage.connect({ ALPNProtocols: [acmeProtocol], servername: 'a.test' });
    assert.equal(client.alpnProtocol, acmeProtocol);
    client.destroy();
    const other = stage.begin({ ALPNProtocols: ['h2'], servername: 'a.test' });
    const [error] = (await once(other, 'error')) as [NodeJS.ErrnoException];
    assert.match(String(error.code), /NO_APPLICATION_PROTOCOL/);
  });
});
