import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type MadeCertificate, makeCertificate } from '../../test/support/certificates.ts';
import { type MaterialWish, tlsMaterial } from '../../test/support/tls-stage.ts';
import type { ConnectionFacts } from '../core/exchange.ts';
import { maxWantedCertificates, onDemandFreshMs } from '../core/limits.ts';
import type { TlsMaterial } from '../tls/tls-material.ts';
import { AcmeAnswers } from './acme-answers.ts';
import { FrontTls } from './front-tls.ts';

const end = { address: '127.0.0.1', port: 1 };
const facts: ConnectionFacts = { listener: 0, scheme: 'http', client: end, server: end };
const hello = (serverName: string, alpn: readonly string[] = []) => ({ serverName, alpn, ciphers: [], groups: [] });

describe('FrontTls', () => {
  let certificate: MadeCertificate;
  before(() => {
    certificate = makeCertificate(['a.test']);
  });

  /** Server 0 has what is given. */
  function made(wish: MaterialWish, http2 = true, rules?: TlsMaterial) {
    const wanted: string[] = [];
    let now = 0;
    let material: TlsMaterial | undefined = tlsMaterial(wish);
    const acme = new AcmeAnswers();
    const tls = new FrontTls({
      serverFor: (_, name) => (name === 'gone.test' ? undefined : { server: 0, material, rules, http2 }),
      acme,
      now: () => now,
      want: (server, name) => wanted.push(`${server} ${name}`),
    });
    tls.use([material], true);
    const use = (next: TlsMaterial | undefined, isNew: boolean): void => {
      material = next;
      tls.use([next], isNew);
    };
    const wait = (milliseconds: number): void => {
      now += milliseconds;
    };
    return { tls, wanted, acme, use, wait };
  }

  it('has one context for a material as long as it is in use', () => {
    const { tls, use } = made({ certificates: [certificate] });
    const first = tls.choose(facts, hello('a.test'));
    assert.ok(first && !(first instanceof Promise));
    const host = () => (tls.choose(facts, hello('b.test')) as typeof first).host;
    assert.equal(host(), first.host);
    use(tlsMaterial({ certificates: [certificate] }), false);
    assert.equal(host(), first.host, 'an equal material is the same');
    use(tlsMaterial({ certificates: [makeCertificate(['a.test'])] }), false);
    assert.notEqual(host(), first.host);
  });

  it('refuses where the server wants that, has no certificate, or is gone', () => {
    const rejecting = made({ certificates: [certificate], plan: { rejectsHandshake: true } });
    assert.equal(rejecting.tls.choose(facts, hello('a.test')), undefined);
    assert.equal(made({}).tls.choose(facts, hello('a.test')), undefined);
    assert.equal(made({ certificates: [certificate] }).tls.choose(facts, hello('gone.test')), undefined);
    const { tls, use } = made({ certificates: [certificate] });
    use(undefined, true);
    assert.equal(tls.choose(facts, hello('a.test')), undefined);
  });

  it('has the rules for clients of a server with the certificate of another one', async () => {
    const clients = { verify: 'required', depth: 1, trusted: certificate.certificate, crl: undefined } as const;
    const rules = tlsMaterial({
      clients: { ...clients, digest: 'd' },
      ticketKey: new Uint8Array(48).fill(1),
      plan: { versions: ['TLSv1.3'] },
    });
    for (const isOnDemand of [false, true]) {
      const { tls } = made({ certificates: isOnDemand ? [] : [certificate], isOnDemand }, true, rules);
      const choosing = tls.choose(facts, hello('a.test'));
      const given = tlsMaterial({ certificates: [certificate], isOnDemand });
      tls.setCertificate(0, 'a.test', given);
      const choice = await choosing;
      assert.ok(choice);
      assert.equal(choice.clients, rules.clients);
      const { clients: asked, ticketKey, certificates, plan } = choice.host.material;
      assert.deepEqual([asked, ticketKey], [rules.clients, rules.ticketKey]);
      assert.deepEqual([certificates, plan], [given.certificates, given.plan]);
      assert.equal((await tls.choose(facts, hello('a.test')))?.host, choice.host);
    }
  });

  it('asks for a certificate on demand once, however many wait for it', async () => {
    const { tls, wanted } = made({ isOnDemand: true });
    const waiting = [1, 2].map(() => tls.choose(facts, hello('new.test')));
    assert.deepEqual(wanted, ['0 new.test']);
    tls.setCertificate(0, 'new.test', tlsMaterial({ certificates: [certificate], isOnDemand: true }));
    const [one, two] = await Promise.all(waiting);
    assert.ok(one && one.host === two?.host);
    const next = tls.choose(facts, hello('new.test'));
    assert.ok(next && !(next instanceof Promise) && next.host === one.host);
    assert.equal(wanted.length, 1);
  });

  it('asks again after a while, since such a certificate is renewed too', () => {
    const { tls, wanted, wait } = made({ isOnDemand: true });
    void tls.choose(facts, hello('new.test'));
    tls.setCertificate(0, 'new.test', tlsMaterial({ certificates: [certificate], isOnDemand: true }));
    wait(onDemandFreshMs - 1);
    assert.ok(!(tls.choose(facts, hello('new.test')) instanceof Promise));
    wait(1);
    assert.ok(tls.choose(facts, hello('new.test')) instanceof Promise);
    assert.equal(wanted.length, 2);
  });

  it('asks again at once for a name whose certificate has changed', () => {
    const { tls, wanted } = made({ isOnDemand: true });
    for (const name of ['a.test', 'b.a.test']) {
      void tls.choose(facts, hello(name));
      tls.setCertificate(0, name, tlsMaterial({ certificates: [certificate], isOnDemand: true }));
    }
    tls.forget('a.test');
    assert.ok(tls.choose(facts, hello('a.test')) instanceof Promise);
    assert.ok(!(tls.choose(facts, hello('b.a.test')) instanceof Promise));
    assert.deepEqual(wanted, ['0 a.test', '0 b.a.test', '0 a.test']);
  });

  it('refuses a name that there is to be no certificate for, and asks again for the next client', async () => {
    const { tls, wanted } = made({ isOnDemand: true });
    const waiting = tls.choose(facts, hello('no.test'));
    tls.setCertificate(0, 'no.test', undefined);
    assert.equal(await waiting, undefined);
    void tls.choose(facts, hello('no.test'));
    assert.equal(wanted.length, 2);
    assert.equal(tls.choose(facts, hello('')), undefined, 'no name, nothing to ask for');
    assert.equal(wanted.length, 2);
  });

  it('refuses who waits when another site comes, and asks anew for what it knew when keys change', async () => {
    const { tls, wanted, use } = made({ isOnDemand: true });
    const waiting = tls.choose(facts, hello('new.test'));
    use(tlsMaterial({ isOnDemand: true }), true);
    assert.equal(await waiting, undefined);
    void tls.choose(facts, hello('new.test'));
    tls.setCertificate(0, 'new.test', tlsMaterial({ certificates: [certificate] }));
    use(tlsMaterial({ isOnDemand: true }), false);
    assert.ok(tls.choose(facts, hello('new.test')) instanceof Promise);
    assert.equal(wanted.length, 3);
  });

  it('asks for no more names at a time than are bounded', () => {
    const { tls, wanted } = made({ isOnDemand: true });
    for (let at = 0; at < maxWantedCertificates; at++) void tls.choose(facts, hello(`${at}.test`));
    assert.equal(tls.choose(facts, hello('more.test')), undefined);
    assert.equal(wanted.length, maxWantedCertificates);
  });

  it('gives the certificate of a challenge to whoever asks by its protocol', async () => {
    const { tls, acme } = made({ certificates: [certificate] });
    const chosen = async (name: string, ...alpn: readonly string[]) => await tls.choose(facts, hello(name, alpn));
    const usual = (await chosen('a.test', 'http/1.1'))?.host;
    assert.ok(usual);
    assert.equal((await chosen('a.test', 'acme-tls/1'))?.host, usual, 'nobody waits for a CA');
    acme.set({ http: [], tlsAlpn: [{ name: 'a.test', ...certificate }] });
    const choice = await chosen('a.test', 'acme-tls/1');
    assert.ok(choice?.isProof && choice.host === acme.host('a.test'));
    assert.equal((await chosen('a.test', 'acme-tls/1', 'http/1.1'))?.host, usual, 'a CA offers that protocol alone');
    assert.equal((await chosen('b.test', 'acme-tls/1'))?.host, usual);
  });
});
