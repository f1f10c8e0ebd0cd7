import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolve } from '../config/resolve.ts';
import type { UserConfig } from '../config/schema/user-config.ts';
import { toConfig } from '../config/typed/to-config.ts';
import { tlsLines, trustLines } from './tls-lines.ts';

const listen = [{ address: ':443', tls: true }];

function lines(user: UserConfig): readonly string[] {
  return tlsLines(resolve(toConfig(user, '/site').config, { hostname: 'here' }));
}

describe('tlsLines', () => {
  it('says nothing where certificates are files', () => {
    assert.deepEqual(lines({ servers: [{ listen, tls: { certificate: 'a', key: 'b' } }] }), []);
  });

  it('names who gives certificates, and for what', () => {
    const hosts = ['a', 'b', 'c', 'd', 'e', 'f'].map((each) => `${each}.example`);
    const onDemand = { ask: 'http://127.0.0.1:1/' };
    assert.deepEqual(
      lines({
        issuers: { letsencrypt: {}, trial: { staging: true }, own: { directory: 'https://ca.test/dir' } },
        servers: [
          { listen, hosts, tls: 'auto' },
          { listen, hosts: ['x.example'], tls: { acme: { issuer: 'trial' } } },
          { listen, hosts: ['y.test'], tls: { acme: { issuer: 'own', onDemand } } },
          { listen, hosts: ['z.test'], tls: 'dev' },
        ],
      }),
      [
        "  TLS      Let's Encrypt, for a.example, b.example, c.example, d.example, e.example and 1 more",
        "  TLS      Let's Encrypt's staging environment, which browsers do not trust, for x.example",
        '  TLS      own (https://ca.test/dir), for names that are asked for',
        "  TLS      this machine's own CA, for z.test",
      ],
    );
  });
});

describe('trustLines', () => {
  it('are for a development CA alone', () => {
    const of = (tls: 'auto' | 'dev'): string =>
      trustLines(
        resolve(toConfig({ servers: [{ listen, hosts: ['a.example'], tls }] }, '/').config, { hostname: 'here' }),
      );
    assert.equal(of('auto'), '');
    assert.match(of('dev'), /\/dev\/root\.pem/);
  });
});
