import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { validate } from '../load/validate.ts';
import type { Server, UserConfig } from '../schema/user-config.ts';
import { checkConfig } from './check.ts';
import { toConfig } from './to-config.ts';

/** What is wrong, as `severity path: message (hint)`. */
function problemsOf(user: UserConfig): readonly string[] {
  assert.deepEqual(validate(user), { user });
  const { config, problems } = toConfig(user, '/site');
  return [...problems, ...checkConfig(user, config)].map(({ severity, path, message, hint }) => {
    return `${severity} ${path.join('.')}: ${message}${hint === undefined ? '' : ` (${hint})`}`;
  });
}

const pair = { certificate: 'a.pem', key: 'a.key' };
const secure = { address: ':443', tls: true } as const;
const automatic = { address: ':443', tls: 'auto' } as const;

function server(fields: Partial<Server>, others: UserConfig = {}): UserConfig {
  return { servers: [{ listen: [secure], ...fields }], ...others };
}

const noCertificate = 'add "tls" with "certificate" and "key", or write tls: \'auto\'';
const otherNames = 'name the hosts of the certificate in "acme": { names: [...] }, or get them with "onDemand"';

describe('checkTls', () => {
  const cases: readonly (readonly [title: string, user: UserConfig, expected: readonly string[]])[] = [
    [
      'an address without a certificate',
      server({}),
      [`error servers.0.listen.0: There is no certificate for TLS on :443 (${noCertificate})`],
    ],
    ['a certificate that is inherited', server({}, { defaults: { tls: pair } }), []],
    ['a server that has no connections', server({ tls: { rejectHandshake: true } }), []],
    [
      'another server without a certificate',
      {
        servers: [
          { listen: [secure], tls: pair },
          { listen: [secure], hosts: ['a.example'] },
        ],
      },
      [
        `warning servers.1.listen.0: There is no certificate for TLS on :443: clients get that of the default server there (${noCertificate})`,
      ],
    ],
    [
      'an address that has TLS at one server alone',
      {
        servers: [
          { listen: [secure], tls: pair },
          { listen: [':443'], tls: pair, hosts: ['a.example'] },
        ],
      },
      [
        "error servers.1.listen.0: Another server has TLS on :443: an address has it for all of its servers or for none (write { address: ':443', tls: true })",
      ],
    ],
    [
      'TLS at no address',
      server({ listen: [':8443'], tls: pair }),
      [
        'warning servers.0.tls: "tls" means nothing: the server has no address with TLS (write { address: \':8443\', tls: true })',
      ],
    ],
    [
      'a certificate without a key',
      server({ tls: { certificate: 'a.pem' } }),
      ['error servers.0.tls.certificate: The certificate has no key (add "key", which may be the same file)'],
    ],
    [
      'a key without a certificate',
      server({ tls: { ...pair }, listen: [{ address: ':443', tls: { key: 'b' } }] }),
      ['error servers.0.listen.0.tls.key: The key has no certificate (add "certificate")'],
    ],
    [
      'passwords of no key',
      server({ tls: { passwordFile: 'p', rejectHandshake: true } }),
      ['warning servers.0.tls.passwordFile: "passwordFile" means nothing without a certificate beside it'],
    ],
    [
      'two ways to a certificate',
      server({ tls: { ...pair, dev: {} } }),
      ['error servers.0.tls.dev: The certificate comes either from "certificate" or from "dev": there cannot be both'],
    ],
    ['both kinds of files', server({ tls: { ...pair, certificates: [pair] } }), []],
    [
      'a certificate in place of those that are inherited',
      server({ tls: { certificates: [], dev: {} } }, { defaults: { tls: pair } }),
      [],
    ],
    [
      'different TLS at two addresses',
      server({
        listen: [
          { address: ':443', tls: 'dev' },
          { address: ':8443', tls: { ...pair } },
        ],
        hosts: ['a.example'],
      }),
      [
        'error servers.0.listen.1.tls: A server has the same TLS at all its addresses (write it once, as "tls" of the server, and true here; or make another server)',
      ],
    ],
    [
      'versions with a gap',
      server({ tls: { ...pair, versions: ['TLSv1.3', 'TLSv1.1'] } }),
      [
        "error servers.0.tls.versions: There can be no gap between TLSv1.1 and TLSv1.3 (write ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'])",
      ],
    ],
    [
      'no versions',
      server({ tls: { ...pair, versions: [] } }),
      ['error servers.0.tls.versions: Without a version there is no TLS'],
    ],
    [
      'clients that nobody can verify',
      server({ tls: { ...pair, clientCertificates: {} } }),
      [
        'error servers.0.tls.clientCertificates: Nobody\'s certificates are trusted: no client could be verified (add "ca")',
      ],
    ],
    [
      'clients that need not be verified',
      server({ tls: { ...pair, clientCertificates: { verify: 'optional-no-ca' } } }),
      [],
    ],
    [
      'an issuer that does not exist',
      server(
        { tls: { acme: { issuer: 'pebbel' } }, hosts: ['a.test'] },
        { issuers: { pebble: { directory: 'https://p/dir' } } },
      ),
      ['error servers.0.tls.acme.issuer: There is no issuer "pebbel" (did you mean "pebble"?)'],
    ],
    ['a certificate for hosts', server({ listen: [automatic], hosts: ['example.com', 'www.example.com'] }), []],
    [
      'a certificate for no hosts',
      server({ listen: [automatic] }),
      [
        'error servers.0.listen.0.tls: There are no hosts to get a certificate for (add "hosts" such as [\'example.com\'])',
      ],
    ],
    [
      'hosts that no certificate is for',
      server({ tls: 'auto', hosts: ['', '~^a', 'www.example.*', '192.0.2.1', 'a b', 'bücher.example', 'localhost'] }),
      [
        `error servers.0.hosts.0: There is no certificate for requests without a host (${otherNames})`,
        `error servers.0.hosts.1: There is no certificate for the pattern "~^a" (${otherNames})`,
        `error servers.0.hosts.2: There is no certificate for "www.example.*": no CA gives one (${otherNames})`,
        'error servers.0.hosts.3: Most CAs give no certificate for the IP address "192.0.2.1" (where the CA does all the same, name the address in "acme": { names: [...] })',
        'error servers.0.hosts.4: There is no certificate for "a b": it is no DNS name',
        'error servers.0.hosts.5: There is no certificate for "bücher.example": it is no DNS name (write "xn--bcher-kva.example")',
        "error servers.0.hosts.6: No public CA gives a certificate for \"localhost\": it is no name of the Internet (write tls: 'dev' for one of this machine's own)",
      ],
    ],
    [
      'wildcards without a hook',
      server({ tls: 'auto', hosts: ['*.example.com', '.example.org'] }),
      ['*.example.com', '*.example.org'].map(
        (name, index) =>
          `error servers.0.hosts.${index}: A wildcard such as "${name}" is proved by dns-01 alone, and the issuer "letsencrypt" has no way to do that (give it a "dnsHook", or name the hosts one by one)`,
      ),
    ],
    [
      'wildcards with a hook',
      server({ tls: 'auto', hosts: ['*.example.com'] }, { issuers: { letsencrypt: { dnsHook: ['/bin/dns'] } } }),
      [],
    ],
    ['names of its own', server({ tls: { acme: { names: ['example.com'] } }, hosts: ['~.'] }), []],
    ['names on demand', server({ tls: { acme: { onDemand: { ask: 'http://127.0.0.1:1/a' } } }, hosts: ['~.'] }), []],
    ['hosts for development', server({ tls: 'dev', hosts: ['~.', 'localhost'] }), []],
    [
      'ports at which no CA looks',
      server({ listen: [{ address: ':8443', tls: 'auto' }], hosts: ['example.com'] }),
      [
        "warning servers.0.listen.0.tls: The CA looks at ports 80 and 443, and nothing listens there (listen on ':80' as well, unless something sends one of them here)",
      ],
    ],
    [
      'a preload that browsers do not take',
      server({ tls: pair, hsts: { maxAge: '30d', preload: true } }),
      [
        'warning servers.0.hsts.preload: "preload" asks for a "maxAge" of a year and for "includeSubDomains": browsers do not take it without',
      ],
    ],
    [
      'a preload that they take',
      server({ tls: pair, hsts: { maxAge: '1y', includeSubDomains: true, preload: true } }),
      [],
    ],
    [
      'a redirect of nothing',
      server({ tls: pair, redirectToHttps: true }),
      [
        'warning servers.0.redirectToHttps: "redirectToHttps" means nothing: all addresses of the server have TLS (add \':80\' to "listen")',
      ],
    ],
  ];
  for (const [title, user, expected] of cases) it(title, () => assert.deepEqual(problemsOf(user), expected));
});
