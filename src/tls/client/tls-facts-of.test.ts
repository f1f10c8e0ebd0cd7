import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { before, describe, it } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { TlsFacts } from '../../core/tls-facts.ts';
import { TlsHost } from '../tls-host.ts';
import type { ClientCertificateMaterial, TlsMaterial } from '../tls-material.ts';
import { createCertificate } from '../x509/certificate.ts';
import { createKey, keyPem } from '../x509/key.ts';
import { tlsFactsOf } from './tls-facts-of.ts';

interface Identity {
  readonly certificate: string;
  readonly key: KeyObject;
}

const dayMs = 86_400_000;
const hello = { serverName: 'here.test', ciphers: [0x1301, 0xc02b, 0xfafb], groups: [0x1d, 0x11ec, 0x6399] };

async function identity(name: string, issuer?: Identity, isCa = false, from = Date.now() - dayMs): Promise<Identity> {
  const key = await createKey('p256');
  const options = {
    names: isCa ? [] : [name],
    subject: { CN: name, C: 'DE' },
    key,
    from: new Date(from),
    days: 10,
    isCa,
  };
  const purposes = { purposes: ['server', 'client'] } as const;
  return { certificate: createCertificate({ ...options, ...purposes, ...(issuer && { issuer }) }), key };
}

describe('tlsFactsOf', () => {
  let root: Identity;
  let first: Identity;
  let second: Identity;
  let server: Identity;

  before(async () => {
    root = await identity('root', undefined, true);
    first = await identity('first', root, true);
    second = await identity('second', first, true);
    server = await identity('here.test');
  });

  function materialOf(clients: Partial<ClientCertificateMaterial> | undefined): TlsMaterial {
    const rules = {
      verify: 'optional',
      depth: 1,
      trusted: root.certificate,
      crl: undefined,
      digest: 'digest',
    } as const;
    return {
      id: 'test',
      plan: {
        rejectsHandshake: false,
        versions: ['TLSv1.2', 'TLSv1.3'],
        ciphers: undefined,
        prefersServerCiphers: false,
        groups: undefined,
        sessionTickets: true,
        sessionTimeoutMs: 60_000,
      },
      certificates: [{ certificate: server.certificate, key: keyPem(server.key), ocspResponse: undefined }],
      dhParameters: undefined,
      ticketKey: new Uint8Array(48).fill(7),
      clients: clients && { ...rules, ...clients },
      isOnDemand: false,
    };
  }

  /** The facts of so many connections of a client, which resumes its session where it can. */
  async function factsOf(
    clients: Partial<ClientCertificateMaterial> | undefined,
    shown: readonly Identity[] = [],
    options: ConnectionOptions = {},
    count = 1,
  ): Promise<readonly TlsFacts[]> {
    const material = materialOf(clients);
    const host = new TlsHost(material, ['http/1.1']);
    const facts: TlsFacts[] = [];
    const listener = createServer((socket) => {
      host.handshake(socket, (result) => {
        if (result instanceof Error) return;
        facts.push(tlsFactsOf(result, hello, material.clients));
        result.on('error', () => {}).end('done');
      });
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const [own] = shown;
    let session: Buffer | undefined;
    for (let at = 0; at < count; at++) {
      const client: TLSSocket = connect({
        port: (listener.address() as AddressInfo).port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        servername: 'here.test',
        ALPNProtocols: ['http/1.1'],
        ...(own && { key: keyPem(own.key), cert: shown.map(({ certificate }) => certificate).join('') }),
        ...options,
        ...(session && { session }),
      });
      client.on('session', (given) => {
        session = given;
      });
      client.resume();
      await once(client, 'close');
    }
    listener.close();
    assert.equal(facts.length, count);
    return facts;
  }

  async function verdict(
    clients: Partial<ClientCertificateMaterial>,
    ...shown: readonly Identity[]
  ): Promise<unknown[]> {
    const [facts] = await factsOf(clients, shown);
    return [facts?.clientVerify, facts?.clientFault];
  }

  it('knows the connection', async () => {
    const [facts] = await factsOf(undefined);
    assert.ok(facts);
    assert.equal(facts.version, 'TLSv1.3');
    assert.match(facts.cipher, /^TLS_/);
    assert.equal(facts.cipherNumber, 0x1302);
    assert.deepEqual([facts.serverName, facts.alpn, facts.isResumed], ['here.test', 'http/1.1', false]);
    assert.deepEqual([facts.clientRules, facts.clientVerify, facts.client], ['', 'NONE', undefined]);
    assert.equal(facts.offered.ciphers, 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:0xfafb');
    assert.equal(facts.offered.groups, 'X25519:X25519MLKEM768:0x6399');
  });

  it('says of a certificate what nginx says', async () => {
    const leaf = await identity('leaf', first);
    assert.deepEqual(await verdict({ verify: 'required' }, leaf, first), ['SUCCESS', undefined]);
    assert.deepEqual(await verdict({ verify: 'optional' }), ['NONE', undefined]);
    assert.deepEqual(await verdict({ verify: 'required' }), ['NONE', 'missing']);
    const alone = await identity('alone');
    assert.deepEqual(await verdict({}, alone), ['FAILED:self-signed certificate', 'unverified']);
    assert.deepEqual(await verdict({}, leaf), ['FAILED:unable to verify the first certificate', 'unverified']);
    const other = await identity('other root', undefined, true);
    const unknown = await identity('leaf', other);
    assert.deepEqual(await verdict({}, unknown, other), [
      'FAILED:self-signed certificate in certificate chain',
      'unverified',
    ]);
    const ended = await identity('ended', root, false, Date.now() - 20 * dayMs);
    assert.deepEqual(await verdict({}, ended), ['FAILED:certificate has expired', 'unverified']);
    const early = await identity('early', root, false, Date.now() + dayMs);
    assert.deepEqual(await verdict({}, early), ['FAILED:certificate is not yet valid', 'unverified']);
  });

  it('takes certificates of CAs that nobody knows where the rules say so, but no others that are wrong', async () => {
    const clients = { verify: 'optional-no-ca', trusted: undefined } as const;
    assert.deepEqual(await verdict(clients, await identity('alone')), ['FAILED:self-signed certificate', undefined]);
    const ended = await identity('ended', undefined, false, Date.now() - 20 * dayMs);
    assert.deepEqual(await verdict(clients, ended), ['FAILED:certificate has expired', 'unverified']);
  });

  it('counts the certificates between the client and the root', async () => {
    const near = await identity('near', root);
    const far = await identity('far', second);
    assert.deepEqual(await verdict({ depth: 0 }, near), ['SUCCESS', undefined]);
    const tooLong = ['FAILED:unable to get local issuer certificate', 'unverified'];
    assert.deepEqual(await verdict({ depth: 0 }, await identity('leaf', first), first), tooLong);
    assert.deepEqual(await verdict({ depth: 1 }, far, second, first), tooLong);
    assert.deepEqual(await verdict({ depth: 2 }, far, second, first), ['SUCCESS', undefined]);
    const trusted = [root, first, second].map(({ certificate }) => certificate).join('');
    for (const shown of [[far], [far, second], [far, second, first]]) {
      assert.deepEqual(await verdict({ depth: 1, trusted }, ...shown), tooLong, 'those of the file count');
      assert.deepEqual(await verdict({ depth: 2, trusted }, ...shown), ['SUCCESS', undefined]);
    }
  });

  it('is not led to a shorter path by certificates that only look like one', async () => {
    const far = await identity('far', second);
    const options = { names: [], subject: { CN: 'second', C: 'DE' }, key: second.key, from: new Date(), days: 1 };
    // The same name and key as the issuer, signed by itself.
    const fake = { certificate: createCertificate({ ...options, isCa: true }), key: second.key };
    const [answer] = await verdict({ depth: 1 }, far, second, first, fake);
    assert.equal(answer, 'FAILED:unable to get local issuer certificate');
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`resumes sessions of ${maxVersion} with the certificate and its verdict, where the depth need not be checked`, async () => {
      const [full, resumed] = await factsOf({ depth: 100 }, [await identity('near', root)], { maxVersion }, 2);
      assert.deepEqual([full?.isResumed, resumed?.isResumed], [false, true]);
      assert.equal(resumed?.clientVerify, 'SUCCESS');
      assert.equal(resumed?.client?.fingerprint, full?.client?.fingerprint);
      const [, failed] = await factsOf({ depth: 100 }, [await identity('alone')], { maxVersion }, 2);
      assert.deepEqual([failed?.isResumed, failed?.clientFault], [true, 'unverified']);
      const [, none] = await factsOf({ depth: 100, verify: 'required' }, [], { maxVersion }, 2);
      assert.deepEqual([none?.isResumed, none?.clientVerify, none?.clientFault], [true, 'NONE', 'missing']);
    });

    it(`resumes no session of ${maxVersion} where it has to be`, async () => {
      const far = [await identity('far', second), second, first];
      const all = await factsOf({ depth: 1 }, far, { maxVersion }, 2);
      assert.deepEqual(
        all.map(({ isResumed, clientFault }) => [isResumed, clientFault]),
        [
          [false, 'unverified'],
          [false, 'unverified'],
        ],
      );
      const [, plain] = await factsOf(undefined, [], { maxVersion }, 2);
      assert.equal(plain?.isResumed, true);
      assert.match(plain?.sessionId ?? '', /^([0-9a-f]{64})?$/);
    });
  }

  it('reads a certificate', async () => {
    const [facts] = await factsOf({}, [await identity('near', root)]);
    const client = facts?.client;
    assert.ok(client);
    assert.equal(client.subject, 'CN=near,C=DE');
    assert.equal(client.legacyIssuer, '/C=DE/CN=root');
    assert.match(client.serial, /^[0-9A-F]{32}$/);
    assert.match(client.fingerprint, /^[0-9a-f]{40}$/);
    assert.match(client.validTo, /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT$/);
    assert.equal(client.remainingDays, 8);
    assert.equal(client.chain.length, 1);
    assert.equal(client.chain[0], client.pem);
  });
});
