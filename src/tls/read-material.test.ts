import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { type MadeCertificate, makeCertificate } from '../../test/support/certificates.ts';
import { defaultTls } from '../../test/support/default-settings.ts';
import type { TlsPlan } from '../plan/tls-plan.ts';
import { filesOf, readTlsMaterial } from './read-material.ts';
import { TlsFileError } from './tls-file-error.ts';
import type { TlsMaterial } from './tls-material.ts';

/** Too short for anybody. */
const dh512 = `-----BEGIN DH PARAMETERS-----
MEYCQQDG7MoAIM8lFoKNpZezEcpe/NoydLuRG4uOFQU/bjSDyECicNvOqCncAVxX
HCETjIW+l34xP8QYw80XbL0Z6w/HAgEC
-----END DH PARAMETERS-----
`;

describe('readTlsMaterial', () => {
  let folder: AppFolder;
  let own: MadeCertificate;
  let root: MadeCertificate;
  let middle: MadeCertificate;
  let warnings: string[] = [];

  const file = (name: string): string => folder.file(name);

  before(async () => {
    root = makeCertificate([], { isCa: true, subject: { CN: 'Root' } });
    middle = makeCertificate([], { isCa: true, subject: { CN: 'Middle' }, by: root });
    own = makeCertificate(['a.test', '*.b.test'], { by: middle });
    const other = makeCertificate(['other.test']);
    const old = makeCertificate(['a.test'], { from: new Date('2020-01-01'), days: 1 });
    const coming = makeCertificate(['a.test'], { from: new Date(Date.now() + 86_400_000), days: 1 });
    const locked = own.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' });
    folder = await AppFolder.with({
      'own.pem': own.certificate + middle.certificate,
      'own.key': own.key,
      'reversed.pem': middle.certificate + own.certificate,
      'mixed.pem': own.certificate + root.certificate + middle.certificate,
      'all.pem': own.key + own.certificate,
      'locked.key': locked.toString(),
      'ec.key': own.privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
      passwords: 'wrong\nsecret\n',
      'wrong-passwords': 'wrong\n',
      'other.key': other.key,
      'old.pem': old.certificate,
      'old.key': old.key,
      'coming.pem': coming.certificate,
      'coming.key': coming.key,
      'root.pem': root.certificate,
      'bad.pem': 'nothing\n',
      'broken.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'dh512.pem': dh512,
      short: '12345',
      ticket48: Array.from({ length: 48 }, (_, index) => String.fromCharCode(0x30 + index)).join(''),
      ticket80: 'x'.repeat(80),
    });
    for (const name of [
      'own.key',
      'locked.key',
      'ec.key',
      'all.pem',
      'old.key',
      'coming.key',
      'ticket48',
      'ticket80',
    ]) {
      chmodSync(file(name), 0o600);
    }
  });

  after(async () => {
    await folder[Symbol.asyncDispose]();
  });

  function read(plan: Partial<TlsPlan>, names: readonly string[] = []): TlsMaterial {
    warnings = [];
    const warn = (message: string): void => void warnings.push(message);
    return readTlsMaterial(
      { ...defaultTls, ...plan },
      { ticketSecret: Buffer.alloc(48, 1), names, now: new Date(), warn },
    );
  }

  function withCertificate(certificate: string, key: string, passwordFile?: string): Partial<TlsPlan> {
    const passwords = passwordFile === undefined ? undefined : file(passwordFile);
    return { certificates: [{ certificate: file(certificate), key: file(key), passwordFile: passwords }] };
  }

  function fails(plan: Partial<TlsPlan>, message: string | RegExp): void {
    assert.throws(
      () => read(plan),
      (error) => {
        assert.ok(error instanceof TlsFileError, String(error));
        if (typeof message === 'string') assert.equal(error.message, message);
        else assert.match(error.message, message);
        return true;
      },
    );
  }

  it('reads a certificate with its chain and its key, and warns of nothing', () => {
    const material = read(withCertificate('own.pem', 'own.key'), ['a.test', 'x.b.test', '*.b.test', '~^a', '_']);
    assert.deepEqual(material.certificates, [
      { certificate: own.certificate + middle.certificate, key: own.key, ocspResponse: undefined },
    ]);
    assert.deepEqual(warnings, []);
  });

  it('finds both in one file, and reads keys of the older kind', () => {
    assert.equal(read(withCertificate('all.pem', 'all.pem')).certificates[0]?.certificate, own.certificate);
    assert.match(read(withCertificate('own.pem', 'ec.key')).certificates[0]?.key ?? '', /BEGIN EC PRIVATE KEY/);
  });

  it('opens a key with the first password that fits', () => {
    const { key = '' } = read(withCertificate('own.pem', 'locked.key', 'passwords')).certificates[0] ?? {};
    assert.doesNotMatch(key, /ENCRYPTED/);
    assert.ok(createPrivateKey(key).equals(own.privateKey));
    fails(
      withCertificate('own.pem', 'locked.key', 'wrong-passwords'),
      `Cannot use the certificate key "${file('locked.key')}": no password that is given fits`,
    );
    fails(
      withCertificate('own.pem', 'locked.key'),
      `Cannot use the certificate key "${file('locked.key')}": it needs a password`,
    );
  });

  it('names the file and what is wrong with it', () => {
    fails(withCertificate('none', 'own.key'), `Cannot read the certificate "${file('none')}": file does not exist`);
    fails(withCertificate('own.pem', 'none'), `Cannot read the certificate key "${file('none')}": file does not exist`);
    fails(
      withCertificate('bad.pem', 'own.key'),
      `Cannot use the certificate "${file('bad.pem')}": it holds no certificate`,
    );
    fails(withCertificate('broken.pem', 'own.key'), /^Cannot use the certificate ".*broken\.pem": ./);
    fails(
      withCertificate('own.pem', 'bad.pem'),
      /^Cannot use the certificate key ".*bad\.pem": it holds no private key$/,
    );
    const mismatch = `its key "${file('other.key')}" is of another certificate`;
    fails(withCertificate('own.pem', 'other.key'), `Cannot use the certificate "${file('own.pem')}": ${mismatch}`);
    fails(withCertificate('reversed.pem', 'own.key'), /is of another certificate$/);
  });

  it('names the setting that cannot be used', () => {
    const good = withCertificate('own.pem', 'own.key');
    fails({ ...good, ciphers: 'NOTHING' }, /^Cannot use the ciphers "NOTHING": no cipher match/);
    fails({ ...good, groups: 'P-1' }, /^Cannot use the groups "P-1": /);
    fails(
      { ...good, dhParameters: file('own.pem') },
      /^Cannot use the DH parameters ".*own\.pem": it holds no DH parameters$/,
    );
    fails({ ...good, dhParameters: file('dh512.pem') }, /^Cannot use the DH parameters ".*dh512\.pem": ./);
    fails({ ...good, ticketKeyFiles: [file('short')] }, /session ticket key ".*short": it has 5 bytes, not 48 or 80$/);
    const clients = { verify: 'required', depth: 1, trustedCertificate: file('bad.pem'), crl: undefined } as const;
    fails({ ...good, clients }, /^Cannot use the trusted certificates ".*bad\.pem": it holds no certificate$/);
    const revoked = { ...clients, trustedCertificate: file('root.pem'), crl: file('bad.pem') };
    fails({ ...good, clients: revoked }, /^Cannot use the revocation list ".*bad\.pem": /);
  });

  it('warns of certificates that are over, to come, for other names, or in the wrong order', () => {
    read(withCertificate('old.pem', 'old.key'));
    assert.deepEqual(warnings, [`the certificate "${file('old.pem')}" expired on 2020-01-01T23:59:59.000Z`]);
    read(withCertificate('coming.pem', 'coming.key'));
    assert.match(warnings.join(), /is not valid before 2/);
    read(withCertificate('own.pem', 'own.key'), ['a.test', 'c.test', '.b.test', '*.d.test', '*.a.test', 'e.test']);
    const others = '"c.test", ".b.test", "*.d.test" and 2 more';
    assert.deepEqual(warnings, [`the certificate "${file('own.pem')}" is not for ${others}`]);
    read(withCertificate('mixed.pem', 'own.key'));
    assert.match(warnings.join(), /wrong order: certificate 2 has not issued certificate 1;/);
  });

  it('warns of keys that others can read', () => {
    const key = file('own.key');
    for (const [mode, isWarned] of [
      [0o600, false],
      [0o640, false],
      [0o660, true],
      [0o604, true],
      [0o644, true],
    ] as const) {
      chmodSync(key, mode);
      read(withCertificate('own.pem', 'own.key'));
      assert.equal(warnings.length === 1 && warnings[0]?.includes(`chmod 600 "${key}"`), isWarned, mode.toString(8));
    }
    chmodSync(key, 0o600);
    assert.equal(statSync(key).mode & 0o777, 0o600);
    const secrets = ['first.tickets', 'second.tickets', 'passwords'].map((name) => file(name));
    for (const path of secrets) writeFileSync(path, 'x'.repeat(48), { mode: 0o644 });
    const [first = '', second = '', passwordFile] = secrets;
    const plan = withCertificate('own.pem', 'own.key');
    const certificates = (plan.certificates ?? []).map((each) => ({ ...each, passwordFile }));
    warnings.splice(0);
    read({ ...plan, certificates, ticketKeyFiles: [first, second] });
    assert.equal(warnings.length, 3);
    for (const path of secrets) assert.match(warnings.join(), new RegExp(`file "${path}" is|key "${path}" is`));
  });

  it('has the ticket key of a file in the order of Node, and another one for other rules about clients', () => {
    const good = withCertificate('own.pem', 'own.key');
    const bytes = Buffer.from(read({ ...good, ticketKeyFiles: [file('ticket48')] }).ticketKey);
    // nginx has a name, a key of AES, a key of HMAC; see ticket-key.ts.
    assert.equal(bytes.toString('latin1'), '0123456789:;<=>?PQRSTUVWXYZ[\\]^_@ABCDEFGHIJKLMNO');
    const long = Buffer.from(read({ ...good, ticketKeyFiles: [file('ticket80')] }).ticketKey);
    assert.equal(long.length, 48);
    const clients = { verify: 'required', depth: 1, trustedCertificate: file('root.pem'), crl: undefined } as const;
    const keys = [
      read(good),
      read({ ...good, clients }),
      read({ ...good, clients: { ...clients, verify: 'optional' } }),
      read({ ...good, clients, ticketKeyFiles: [file('ticket48')] }),
    ].map(({ ticketKey }) => Buffer.from(ticketKey).toString('hex'));
    assert.equal(new Set([...keys, bytes.toString('hex'), long.toString('hex')]).size, 6);
  });

  it('has the same id for what is the same', () => {
    const good = withCertificate('own.pem', 'own.key');
    assert.equal(read(good).id, read(good).id);
    assert.notEqual(read(good).id, read({ ...good, sessionTickets: false }).id);
    assert.notEqual(read(good).id, read(withCertificate('all.pem', 'all.pem')).id);
  });

  it('names all files to look after, each once', () => {
    const clients = { verify: 'required', depth: 1, trustedCertificate: file('root.pem'), crl: undefined } as const;
    const plan = { ...defaultTls, ...withCertificate('all.pem', 'all.pem', 'passwords'), clients };
    assert.deepEqual(filesOf(plan), [file('all.pem'), file('passwords'), file('root.pem')]);
  });
});
