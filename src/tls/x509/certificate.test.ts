import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { requires } from '../../../test/support/requirements.ts';
import { createCertificate } from './certificate.ts';
import { certificateParts } from './certificate-parts.ts';
import { createCertificateRequest } from './certificate-request.ts';
import { acmeIdentifier, mustStaple, nameConstraints } from './extensions.ts';
import { createKey, type KeyKind, keyPem } from './key.ts';
import { pem, pemBlocks } from './pem.ts';

const from = new Date(Date.now() - 60_000);
const kinds: readonly KeyKind[] = ['p256', 'p384', 'rsa2048'];

async function authority(): Promise<{ certificate: string; key: Awaited<ReturnType<typeof createKey>> }> {
  const key = await createKey('p256');
  return {
    key,
    certificate: createCertificate({ names: [], subject: { CN: 'test CA' }, key, from, days: 10, isCa: true }),
  };
}

describe('createCertificate', () => {
  for (const kind of kinds) {
    it(`makes one of a key of its own (${kind})`, async () => {
      const key = await createKey(kind);
      const made = createCertificate({ names: ['peer.test', '*.peer.test', '127.0.0.1', '::1'], key, from, days: 3 });
      const certificate = new X509Certificate(made);
      assert.equal(certificate.verify(createPublicKey(key)), true);
      assert.equal(certificate.checkPrivateKey(key), true);
      assert.equal(certificate.checkHost('a.peer.test'), '*.peer.test');
      assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
      assert.equal(certificate.checkIP('::1'), '::1');
      assert.equal(certificate.ca, false);
      assert.equal(certificate.subject, 'CN=peer.test');
      assert.equal(Math.round((certificate.validToDate.getTime() - from.getTime()) / 86_400_000), 3);
    });
  }

  it('makes one that a CA has signed, which a client believes', async () => {
    const issuer = await authority();
    const key = await createKey('rsa2048');
    const cert = createCertificate({ names: ['peer.test'], key, from, days: 3, issuer });
    const server = createServer({ cert, key: keyPem(key) }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket: TLSSocket = connect({ port, host: '127.0.0.1', servername: 'peer.test', ca: issuer.certificate });
    await once(socket, 'secureConnect');
    assert.equal(socket.authorized, true);
    socket.destroy();
    server.close();
    const parts = certificateParts(new X509Certificate(cert).raw);
    const own = certificateParts(new X509Certificate(issuer.certificate).raw);
    assert.deepEqual(parts.authorityKeyIdentifier, own.authorityKeyIdentifier);
  });

  it('makes years from 2050 in four digits', async () => {
    const key = await createKey('p256');
    const made = createCertificate({ names: ['a.test'], key, from: new Date('2049-12-31T00:00:00Z'), days: 2 });
    assert.equal(new X509Certificate(made).validToDate.toISOString(), '2050-01-01T23:59:59.000Z');
  });

  it('puts extensions in', async () => {
    const key = await createKey('p256');
    const extensions = [acmeIdentifier(Buffer.alloc(32, 7))];
    const made = createCertificate({ names: ['a.test'], key, from, days: 2, extensions });
    const value = certificateParts(new X509Certificate(made).raw).extensions.get('2b0601050507011f');
    assert.equal(value?.toString('hex'), `0420${'07'.repeat(32)}`);
  });

  it('makes what openssl reads in the same way', { skip: requires('openssl') }, async () => {
    const key = await createKey('p256');
    const extensions = [
      nameConstraints(
        ['test', 'localhost'],
        [
          { address: '127.0.0.0', prefix: 8 },
          { address: '::1', prefix: 128 },
        ],
      ),
    ];
    const made = createCertificate({
      names: [],
      subject: { CN: 'é', O: 'x' },
      key,
      from,
      days: 2,
      isCa: true,
      extensions,
    });
    const text = execFileSync('openssl', ['x509', '-noout', '-text'], { input: made }).toString();
    assert.match(text, /CA:TRUE/);
    assert.match(text, /Certificate Sign, CRL Sign/);
    assert.match(
      text,
      /DNS:test\s+DNS:localhost\s+IP:127.0.0.0\/255.0.0.0\s+IP:0:0:0:0:0:0:0:1\/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF/,
    );
  });
});

describe('createCertificateRequest', () => {
  for (const kind of kinds) {
    it(`is what openssl takes (${kind})`, { skip: requires('openssl') }, async () => {
      const request = createCertificateRequest(['a.test', '*.b.test', '10.1.2.3'], await createKey(kind), [
        mustStaple(),
      ]);
      const options = ['req', '-inform', 'DER', '-noout', '-verify', '-text'];
      const text = execFileSync('openssl', options, { input: request, stdio: ['pipe', 'pipe', 'pipe'] }).toString();
      assert.match(text, /DNS:a\.test, DNS:\*\.b\.test, IP Address:10\.1\.2\.3/);
      assert.match(text, /status_request/);
    });
  }
});

describe('pemBlocks', () => {
  it('finds each block with the label', () => {
    const text = `garbage\n${pem('CERTIFICATE', Buffer.from('one'))}\n${pem('OTHER', Buffer.from('two'))}${pem('CERTIFICATE', Buffer.alloc(200))}`;
    assert.deepEqual(pemBlocks(text, 'CERTIFICATE'), [
      pem('CERTIFICATE', Buffer.from('one')),
      pem('CERTIFICATE', Buffer.alloc(200)),
    ]);
  });
});
