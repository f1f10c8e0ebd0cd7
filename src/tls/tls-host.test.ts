import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { before, describe, it } from 'node:test';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { type MadeCertificate, makeCertificate } from '../../test/support/certificates.ts';
import { TlsStage, tlsMaterial } from '../../test/support/tls-stage.ts';
import { until } from '../../test/support/until.ts';
import { presets } from './presets.ts';
import { TlsHost } from './tls-host.ts';
import type { ClientCertificateMaterial } from './tls-material.ts';

/** The code of what the client makes of a handshake that fails. */
async function alertOf(stage: TlsStage, options: ConnectionOptions): Promise<string | undefined> {
  const client = stage.begin(options);
  const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
  return error.code;
}

/** A session that can be resumed; the client has left. */
async function sessionOf(stage: TlsStage, options: ConnectionOptions = {}): Promise<Buffer> {
  const client = stage.begin(options);
  const [session] = (await once(client, 'session')) as [Buffer];
  client.destroy();
  return session;
}

async function isResumed(stage: TlsStage, session: Buffer, options: ConnectionOptions = {}): Promise<boolean> {
  const { client } = await stage.connect({ ...options, session });
  const isReused = client.isSessionReused();
  client.destroy();
  return isReused;
}

describe('TlsHost', () => {
  let ecdsa: MadeCertificate;
  let rsa: MadeCertificate;
  let clientCa: MadeCertificate;
  let clients: ClientCertificateMaterial;

  before(() => {
    ecdsa = makeCertificate(['a.test']);
    rsa = makeCertificate(['a.test'], { kind: 'rsa' });
    clientCa = makeCertificate([], { isCa: true, subject: { CN: 'Clients' } });
    clients = {
      verify: 'optional',
      depth: 100,
      trusted: clientCa.certificate,
      crl: undefined,
      digest: 'a',
    };
  });

  const hostOf = (
    wish: Parameters<typeof tlsMaterial>[0] = {},
    alpn: readonly string[] = ['h2', 'http/1.1'],
  ): TlsHost => new TlsHost(tlsMaterial({ certificates: [ecdsa], ...wish }), alpn);

  it('does handshakes of TLS 1.2 and 1.3, and agrees on a protocol', async () => {
    await using stage = await TlsStage.with(hostOf());
    for (const [version, offered, agreed] of [
      ['TLSv1.2', ['http/1.1'], 'http/1.1'],
      ['TLSv1.3', ['http/1.1', 'h2'], 'h2'],
      ['TLSv1.3', undefined, false],
    ] as const) {
      const { client, secured } = await stage.connect({
        minVersion: version,
        maxVersion: version,
        ...(offered && { ALPNProtocols: [...offered] }),
      });
      assert.equal(secured.getProtocol(), version);
      assert.equal(secured.alpnProtocol, agreed);
      client.write('question');
      const [question] = (await once(secured, 'data')) as [Buffer];
      secured.write(question.toString().toUpperCase());
      assert.equal(String((await once(client, 'data'))[0]), 'QUESTION');
    }
  });

  it('answers a client that has ended its side', async () => {
    await using stage = await TlsStage.with(hostOf());
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { minVersion: version, maxVersion: version, allowHalfOpen: true };
      const { client, secured } = await stage.connect(options);
      client.end('question');
      await once(secured.resume(), 'end');
      secured.end('answer');
      assert.equal(String((await once(client, 'data'))[0]), 'answer');
      await once(client, 'close');
    }
  });

  it('tells a client why there is no handshake, and destroys its connection', async () => {
    await using stage = await TlsStage.with(hostOf({ plan: { versions: ['TLSv1.3'], groups: 'X25519' } }));
    const old = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
    assert.equal(await alertOf(stage, old), 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    const others = { ALPNProtocols: ['other'] };
    assert.equal(await alertOf(stage, others), 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
    assert.equal(await alertOf(stage, { ecdhCurve: 'secp521r1' }), 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE');
    await until(() => stage.results.length === 3 && stage.isOver(), 'all have ended');
    for (const result of stage.results) assert.ok(result instanceof Error);
  });

  it('takes the certificate by what the client can check', async () => {
    await using stage = await TlsStage.with(hostOf({ certificates: [rsa, ecdsa] }));
    for (const [sigalgs, kind] of [
      ['RSA-PSS+SHA256', 'rsa'],
      ['ECDSA+SHA256', 'ec'],
    ] as const) {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const { client } = await stage.connect({ sigalgs, minVersion: version, maxVersion: version });
        assert.equal(client.getPeerX509Certificate()?.publicKey.asymmetricKeyType, kind);
        client.destroy();
      }
    }
  });

  it('has its own ciphers and groups', async () => {
    const ciphers = 'ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:TLS_CHACHA20_POLY1305_SHA256';
    await using stage = await TlsStage.with(
      hostOf({ plan: { ciphers, groups: 'secp384r1', prefersServerCiphers: true } }),
    );
    const { client } = await stage.connect({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE+AESGCM:ECDHE+CHACHA20' });
    assert.equal(client.getCipher().name, 'ECDHE-ECDSA-CHACHA20-POLY1305');
    const { client: newer } = await stage.connect({ ecdhCurve: 'X25519:secp384r1' });
    assert.equal(newer.getCipher().name, 'TLS_CHACHA20_POLY1305_SHA256');
    assert.deepEqual(newer.getEphemeralKeyInfo(), { type: 'ECDH', name: 'secp384r1', size: 384 });
  });

  it('resumes a session at any host with the same ticket key', async () => {
    await using stage = await TlsStage.with(hostOf());
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { minVersion: version, maxVersion: version };
      stage.host = hostOf();
      const session = await sessionOf(stage, options);
      stage.host = hostOf({ certificates: [rsa, ecdsa] });
      assert.equal(await isResumed(stage, session, options), true);
      stage.host = hostOf({ ticketKey: new Uint8Array(48).fill(8) });
      assert.equal(await isResumed(stage, session, options), false);
    }
  });

  it('resumes no session of a host with other rules for client certificates, even with its key', async () => {
    const certified = makeCertificate(['client'], { by: clientCa, purposes: ['client'] });
    const identity = { key: certified.key, cert: certified.certificate };
    await using stage = await TlsStage.with(hostOf());
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { ...identity, minVersion: version, maxVersion: version };
      stage.host = hostOf({ clients });
      const session = await sessionOf(stage, options);
      assert.equal(await isResumed(stage, session, options), true);
      stage.host = hostOf({ clients: { ...clients, digest: 'b' } });
      assert.equal(await isResumed(stage, session, options), false);
      stage.host = hostOf();
      assert.equal(await isResumed(stage, session, options), false);
    }
  });

  it('has no tickets where they are off', async () => {
    await using stage = await TlsStage.with(hostOf({ plan: { sessionTickets: false } }));
    const { client } = await stage.connect({ maxVersion: 'TLSv1.2' });
    assert.equal(client.getTLSTicket(), undefined);
    const session = client.getSession() as Buffer;
    assert.equal(await isResumed(stage, session, { maxVersion: 'TLSv1.2' }), false);
  });

  it('says whether a client certificate leads to a CA that is known, of a resumed session as well', async () => {
    const stranger = makeCertificate(['client'], { purposes: ['client'] });
    const known = makeCertificate(['client'], { by: clientCa, purposes: ['client'] });
    await using stage = await TlsStage.with(hostOf({ clients }));
    for (const [identity, error] of [
      [known, undefined],
      [stranger, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
      [undefined, 'UNABLE_TO_GET_ISSUER_CERT'],
    ] as const) {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const options = {
          ...(identity && { key: identity.key, cert: identity.certificate }),
          minVersion: version,
          maxVersion: version,
        };
        const session = await sessionOf(stage, options);
        await stage.connect({ ...options, session });
        const [first, second] = stage.results.slice(-2) as [TLSSocket, TLSSocket];
        assert.equal(second.isSessionReused(), true);
        for (const { authorized, authorizationError = undefined } of [first, second]) {
          assert.equal(authorized, error === undefined);
          assert.equal(authorizationError ?? undefined, error);
        }
      }
    }
  });

  it('ends a connection where what comes after the handshake is broken', async () => {
    await using stage = await TlsStage.with(hostOf());
    const below = connect(stage.port, '127.0.0.1');
    const client = stage.begin({ socket: below });
    await once(client, 'secureConnect');
    await until(() => stage.results.length === 1, 'the handshake is done');
    const secured = stage.results[0] as TLSSocket;
    const failed = once(secured, 'error');
    // Application data that no key of the connection has made.
    below.write(Buffer.concat([Buffer.of(23, 3, 3, 0, 64), Buffer.alloc(64)]));
    const [error] = (await failed) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC');
    await until(() => stage.isOver(), 'the connection has ended');
    client.destroy();
  });

  it('gives up on what is no TLS, and on a client that leaves', async () => {
    await using stage = await TlsStage.with(hostOf());
    const garbage = connect(stage.port, '127.0.0.1', () => garbage.write(Buffer.from('160301000402000000', 'hex')));
    const [alert] = (await once(garbage, 'data')) as [Buffer];
    assert.equal(alert[0], 21);
    await once(garbage, 'close');
    const quitter = connect(stage.port, '127.0.0.1', () => quitter.write(Buffer.from('1603010200010001fc0303', 'hex')));
    await until(() => stage.sockets.length === 2, 'the client is there');
    quitter.destroy();
    await until(() => stage.results.length === 2 && stage.isOver(), 'both have ended');
    assert.ok(stage.results.every((result) => result instanceof Error));
  });

  it('staples the answer about revocation where a client wants it', async () => {
    const material = tlsMaterial({ certificates: [ecdsa] });
    const ocspResponse = Buffer.from('an answer');
    const certificates = material.certificates.map((each) => ({ ...each, ocspResponse }));
    await using stage = await TlsStage.with(new TlsHost({ ...material, certificates }, []));
    const responses: (Buffer | null)[] = [];
    const wanting = async (options: ConnectionOptions): Promise<void> => {
      const count = stage.results.length + 1;
      const client = stage.begin({ ...options, requestOCSP: true });
      client.once('OCSPResponse', (response: Buffer | null) => responses.push(response));
      await once(client, 'secureConnect');
      await until(() => stage.results.length === count, 'the handshake is done');
      client.destroy();
    };
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { minVersion: version, maxVersion: version };
      await wanting(options);
      const { client } = await stage.connect(options);
      client.destroy();
    }
    stage.host = hostOf();
    await wanting({});
    assert.deepEqual(responses, [ocspResponse, ocspResponse, null]);
  });

  it('lets a client without AES choose, and else has its own order', async () => {
    await using stage = await TlsStage.with(hostOf({ plan: presets.intermediate }));
    for (const [offered, agreed] of [
      ['TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
      ['TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'],
    ] as const) {
      const { client } = await stage.connect({ ciphers: offered });
      assert.equal(client.getCipher().name, agreed);
      client.destroy();
    }
  });

  it('does not take part in a renegotiation', async () => {
    await using stage = await TlsStage.with(hostOf());
    const { client } = await stage.connect({ maxVersion: 'TLSv1.2' });
    const refusal = once(client, 'error');
    client.renegotiate({}, () => undefined);
    const [error] = (await refusal) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ERR_SSL_NO_RENEGOTIATION');
    client.destroy();
  });
});
