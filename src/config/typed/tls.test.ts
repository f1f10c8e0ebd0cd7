import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, it } from 'node:test';
import type { SitePlan } from '../../plan/site-plan.ts';
import type { TlsPlan } from '../../plan/tls-plan.ts';
import { presets } from '../../tls/presets.ts';
import { letsEncrypt } from '../issuers.ts';
import { validate } from '../load/validate.ts';
import { resolve } from '../resolve.ts';
import type { Server, UserConfig } from '../schema/user-config.ts';
import { toConfig } from './to-config.ts';

function planOf(user: UserConfig): SitePlan {
  assert.deepEqual(validate(user), { user });
  const { config, problems } = toConfig(user, '/site');
  assert.deepEqual(problems, []);
  return resolve(config, { hostname: 'host' });
}

function tlsOf(fields: Partial<Server>, others: UserConfig = {}): TlsPlan | undefined {
  const { servers } = planOf({ servers: [{ listen: [{ address: ':443', tls: true }], ...fields }], ...others });
  return servers[0]?.tls;
}

const pair = { certificate: 'a', key: 'b' };

describe('TLS of a typed config', () => {
  it('is there where it is said', () => {
    assert.equal(tlsOf({}), undefined);
    const { listeners } = planOf({ servers: [{ listen: [':80', { address: ':443', tls: true, http2: true }] }] });
    assert.deepEqual(
      listeners.map(({ tls, http2 }) => [tls, http2]),
      [
        [false, false],
        [true, true],
      ],
    );
  });

  it('has certificates whose paths start from the config', () => {
    const tls = tlsOf({
      tls: { certificate: 'a.pem', key: '/b.key', passwordFile: 'p', certificates: [{ certificate: 'c', key: 'd' }] },
    });
    assert.deepEqual(tls?.certificates, [
      { certificate: '/site/a.pem', key: '/b.key', passwordFile: '/site/p' },
      { certificate: '/site/c', key: '/site/d', passwordFile: '/site/p' },
    ]);
  });

  it('inherits each setting by itself', () => {
    const tls = tlsOf(
      { tls: { certificate: 'a', key: 'b', groups: ['X25519', 'prime256v1'] } },
      { defaults: { tls: { preset: 'old', sessionTimeout: '5m', groups: 'auto' } } },
    );
    const { versions, ciphers, prefersServerCiphers } = presets.old;
    assert.deepEqual(
      [tls?.versions, tls?.ciphers, tls?.prefersServerCiphers, tls?.groups, tls?.sessionTimeoutMs],
      [versions, ciphers, prefersServerCiphers, 'X25519:prime256v1', 300_000],
    );
  });

  it('puts what is said before the preset, and versions in their order', () => {
    const tls = tlsOf({ tls: { ...pair, preset: 'modern', versions: ['TLSv1.3', 'TLSv1.2'], ciphers: ['A', 'B'] } });
    assert.deepEqual([tls?.versions, tls?.ciphers], [['TLSv1.2', 'TLSv1.3'], 'A:B']);
  });

  it('is the intermediate preset by itself', () => {
    const tls = tlsOf({ tls: pair });
    for (const [name, value] of Object.entries(presets.intermediate)) {
      assert.deepEqual(tls?.[name as keyof typeof presets.intermediate], value, name);
    }
  });

  it('asks clients for certificates and the CA for its word', () => {
    const tls = tlsOf({ tls: { ...pair, clientCertificates: { ca: 'ca.pem', depth: 3 }, stapling: true } });
    assert.deepEqual(tls?.clients, {
      verify: 'required',
      depth: 3,
      trustedCertificate: '/site/ca.pem',
      crl: undefined,
    });
    assert.deepEqual(tls?.stapling, { file: undefined, responder: undefined, verifies: true });
  });
});

describe("tls: 'auto'", () => {
  const automatic = { address: ':443', tls: 'auto' } as const;

  it("gets a certificate for the hosts from Let's Encrypt", () => {
    const plan = planOf({ servers: [{ listen: [':80', automatic], hosts: ['Example.com', '.example.org'] }] });
    assert.deepEqual(plan.servers[0]?.tls?.managed, {
      issuer: 'letsencrypt',
      names: ['example.com', 'example.org', '*.example.org'],
      onDemand: undefined,
    });
    const [issuer, ...others] = plan.issuers;
    assert.deepEqual(others, []);
    assert.ok(issuer?.kind === 'acme');
    assert.deepEqual(
      [issuer.name, issuer.directory, issuer.challenges, issuer.acceptsTerms],
      ['letsencrypt', letsEncrypt.production, ['http-01', 'tls-alpn-01'], true],
    );
    assert.match(issuer.folder, /^\/.*\/acme$/);
  });

  it('keeps what the server says of TLS', () => {
    const tls = tlsOf({ listen: [automatic], tls: { preset: 'modern' }, hosts: ['a.example'] });
    assert.deepEqual([tls?.versions, tls?.managed?.names], [['TLSv1.3'], ['a.example']]);
  });

  it('goes by the issuers of the config, the first of which is meant', () => {
    const plan = planOf({
      issuers: {
        own: {
          directory: 'https://ca.test/dir',
          email: ['a@b.example', 'tel:1'],
          folder: './acme',
          ca: 'ca.pem',
          dnsHook: ['/dns'],
        },
        letsencrypt: { staging: true, challenges: ['tls-alpn-01'] },
      },
      servers: [
        { listen: [automatic], hosts: ['a.example'] },
        { listen: [{ address: ':443', tls: { acme: { issuer: 'letsencrypt' } } }], hosts: ['b.example'] },
      ],
    });
    assert.deepEqual(
      plan.servers.map(({ tls }) => tls?.managed?.issuer),
      ['own', 'letsencrypt'],
    );
    assert.deepEqual(
      plan.issuers.map((each) => each.kind === 'acme' && [each.name, each.directory, each.contacts, each.challenges]),
      [
        ['own', 'https://ca.test/dir', ['mailto:a@b.example', 'tel:1'], ['http-01', 'tls-alpn-01', 'dns-01']],
        ['letsencrypt', letsEncrypt.staging, [], ['tls-alpn-01']],
      ],
    );
    assert.equal(plan.issuers[0]?.folder, '/site/acme');
  });

  it('takes the place of certificates that are inherited', () => {
    const tls = tlsOf({ tls: 'auto', hosts: ['a.example'] }, { defaults: { tls: pair } });
    assert.deepEqual(tls?.certificates, []);
  });

  it('asks for names on demand', () => {
    const onDemand = { ask: 'http://127.0.0.1:1/ask' };
    const tls = tlsOf({ tls: { acme: { onDemand } }, hosts: ['a.example'] });
    assert.deepEqual(tls?.managed, { issuer: 'letsencrypt', names: [], onDemand });
  });
});

describe("tls: 'dev'", () => {
  it('is for this machine where there are no hosts', () => {
    const plan = planOf({ servers: [{ listen: [{ address: ':8443', tls: 'dev' }] }] });
    assert.deepEqual(plan.servers[0]?.tls?.managed, {
      issuer: 'dev',
      names: ['localhost', '127.0.0.1', '::1', hostname().toLowerCase()],
      onDemand: undefined,
    });
    assert.deepEqual(
      plan.issuers.map(({ kind, name }) => [kind, name]),
      [['dev', 'dev']],
    );
  });

  it('has as many CAs as folders', () => {
    const listen = [{ address: ':443', tls: true }] as const;
    const dev = (folder: string, host: string): Server => ({ listen, tls: { dev: { folder } }, hosts: [host] });
    const { servers, issuers } = planOf({ servers: [dev('a', 'a.test'), dev('b', 'b.test'), dev('./a', 'c.test')] });
    assert.deepEqual(
      servers.map(({ tls }) => [tls?.managed?.issuer, tls?.managed?.names]),
      [
        ['dev', ['a.test']],
        ['dev 2', ['b.test']],
        ['dev', ['c.test']],
      ],
    );
    assert.deepEqual(issuers, [
      { kind: 'dev', name: 'dev', folder: '/site/a' },
      { kind: 'dev', name: 'dev 2', folder: '/site/b' },
    ]);
  });
});
