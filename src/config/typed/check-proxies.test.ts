import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { validate } from '../load/validate.ts';
import type { Location, UserConfig } from '../schema/user-config.ts';
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

const at = 'servers.0.locations.0';

function location(fields: Partial<Location>): UserConfig {
  return { servers: [{ listen: [':8080'], locations: [{ path: '/', ...fields }] }] };
}

const old: UserConfig = { upstreams: { old: { peers: ['10.0.0.1'] } } };

describe('checkConfig, of proxies', () => {
  const cases: readonly (readonly [title: string, user: UserConfig, expected: readonly string[]])[] = [
    [
      'what is right',
      {
        upstreams: { old: { peers: ['10.0.0.1:8000', { address: 'b', backup: true, service: 'http' }, 'unix:x'] } },
        servers: [
          {
            listen: [':8080'],
            locations: [
              { path: '/old/', proxy: 'http://old/x', cache: { valid: '10m' } },
              { path: '~ ^/(.)', proxy: { to: 'http://$1.example', headers: { 'X-A': '$host' } } },
              { path: '@b', proxy: 'https://old' },
              { path: '/c', proxy: { to: 'http://127.0.0.1:8080', host: 'target' } },
              { path: '/d', proxy: 'http://127.0.0.1:8080/e' },
            ],
          },
        ],
      },
      [],
    ],
    [
      'a URL that is none',
      location({ proxy: 'http://a:70000' }),
      [`error ${at}.proxy: Cannot proxy to "http://a:70000": there is no port 70000: they go from 1 to 65535`],
    ],
    [
      'a URL of an object that is none',
      location({ proxy: { to: 'http://a?b' } }),
      [`error ${at}.proxy.to: Cannot proxy to "http://a?b": before the query there is a path: "http://a/?b"`],
    ],
    [
      'a port of an upstream, whose peers have their own',
      { ...old, ...location({ proxy: 'http://old:81/x' }) },
      [`error ${at}.proxy: The peers of the upstream "old" have ports of their own (write "http://old/x")`],
    ],
    [
      'an upstream that does not exist',
      { ...old, ...location({ proxy: 'http://odl' }) },
      [
        `warning ${at}.proxy: There is no upstream "odl": "http://odl" leads to a host of that name (did you mean "http://old"?)`,
      ],
    ],
    [
      'a path where none can be replaced',
      {
        servers: [
          {
            listen: [':80'],
            proxy: 'http://a/x',
            locations: [
              { path: '~ x', proxy: 'http://a/x' },
              { path: '@a', proxy: 'http://a/' },
              { path: '/', rules: [{ if: { variable: 'host' }, settings: { proxy: 'http://a/' } }] },
            ],
          },
        ],
      },
      [
        ['proxy', 'http://a/x', 'outside of locations'],
        ['locations.0.proxy', 'http://a/x', 'where a pattern is matched'],
        ['locations.1.proxy', 'http://a/', 'in a location with a name'],
        ['locations.2.rules.0.settings.proxy', 'http://a/', 'in an "if"'],
      ].map(
        ([path, url, where]) =>
          `error servers.0.${path}: The path of "${url}" cannot take the place of another one ${where} (write "http://a", maybe with a rewrite before it)`,
      ),
    ],
    [
      'a circle',
      location({ proxy: 'http://localhost:8080' }),
      [
        `warning ${at}.proxy: The proxy leads to this server itself: requests would go round in a circle (name another port)`,
      ],
    ],
    [
      'two answers',
      location({ proxy: 'http://a', respond: 404 }),
      [`error ${at}.respond: Either "proxy" answers or "respond": there cannot be both`],
    ],
    ['an answer beside settings of proxies', location({ proxy: { timeouts: { read: '1m' } }, respond: 404 }), []],
    [
      'TLS without https',
      location({ proxy: { to: 'http://a/b', tls: { verify: false } } }),
      [`warning ${at}.proxy.tls: "tls" means nothing for "http://a/b" (write "https://a/b")`],
    ],
    [
      'a certificate without a key',
      location({ proxy: { to: 'https://a', tls: { certificate: 'a.pem' } } }),
      [`error ${at}.proxy.tls: There is "certificate" without "certificateKey" (add "certificateKey")`],
    ],
    [
      'a file for TLS that does not exist',
      location({ proxy: { to: 'https://a', tls: { trustedCertificate: 'none.pem' } } }),
      [`error ${at}.proxy: Cannot read the trusted certificates "/site/none.pem": file does not exist`],
    ],
    [
      'fields that are none',
      location({ proxy: { to: 'http://a', headers: { 'a b': 'x', c: 'x\ny' } } }),
      [
        `error ${at}.proxy.headers.a b: "a b" is no name of a field`,
        `error ${at}.proxy.headers.c: The value of "c" cannot have several lines`,
      ],
    ],
    [
      'variables and patterns that are none',
      location({
        proxy: {
          to: 'http://$nix',
          headers: { a: '$nothing' },
          cookies: { paths: [{ pattern: '(', to: '/' }] },
          redirects: [{ pattern: '^(?<rest>.*)$', to: '/$rest' }],
        },
      }),
      [
        `error ${at}.proxy.cookies.paths.0.pattern: Cannot use this pattern: missing closing parenthesis in "("`,
        `error ${at}.proxy.to: There is no variable "$nix"`,
        `error ${at}.proxy.headers.a: There is no variable "$nothing"`,
      ],
    ],
    [
      'upstreams without peers',
      { upstreams: { a: { peers: [] }, b: { peers: [{ address: 'b', backup: true }] } }, ...location({}) },
      [
        'error upstreams.a.peers: The upstream "a" has no peers: nobody could answer',
        'error upstreams.b.peers: The upstream "b" has no peers but backups: nobody could answer',
      ],
    ],
    [
      'names of upstreams that no URL can name',
      {
        upstreams: Object.fromEntries(
          ['my up', 'a/b', 'a?b', 'a:x', 'ü', 'a.b_c-1', 'a:80', 'unix:/a', '[::1]:80'].map((name) => [
            name,
            { peers: ['a'] },
          ]),
        ),
        ...location({}),
      },
      ['my up', 'a/b', 'a?b', 'a:x', 'ü'].map(
        (name) =>
          `error upstreams.${name}: No URL can name the upstream "${name}" (use letters, digits, '.', '-' and '_')`,
      ),
    ],
    [
      'peers and name servers that are none',
      {
        upstreams: {
          a: {
            peers: ['a:99999', { address: '10.0.0.1', service: 'http' }],
            resolver: { servers: ['a:0'] },
            healthCheck: { statuses: [200, '404-300'] },
          },
        },
        ...location({}),
      },
      [
        'error upstreams.a.peers.0: Cannot use the peer "a:99999": there is no port 99999: they go from 1 to 65535',
        'error upstreams.a.peers.1.service: There are no SRV records for "10.0.0.1" (name a host without a port)',
        'error upstreams.a.healthCheck.statuses.1: The range "404-300" is empty (write "300-404")',
        'error upstreams.a.resolver.servers.0: Cannot ask the name server "a:0": there is no port 0: they go from 1 to 65535',
      ],
    ],
    [
      'checks of upstreams that HTTP/2 alone leads to',
      {
        upstreams: {
          grpc: { peers: ['a'], healthCheck: true },
          h2: { peers: ['a'], healthCheck: { uri: '/x' } },
          tcp: { peers: ['a'], healthCheck: { kind: 'tcp' } },
          both: { peers: ['a'], healthCheck: true },
          tls: { peers: ['a'], healthCheck: true },
        },
        servers: [
          {
            listen: [':8080'],
            locations: [
              { path: '/grpc/', proxy: 'grpc://grpc' },
              { path: '/h2/', proxy: { to: 'http://h2', version: '2' } },
              { path: '/tcp/', proxy: 'grpcs://tcp' },
              { path: '/both/', proxy: 'grpc://both' },
              { path: '/one/', proxy: 'http://both' },
              // Peers that agree on a version over TLS know HTTP/1.1 as well.
              { path: '/tls/', proxy: { to: 'https://tls', version: '2' } },
            ],
          },
        ],
      },
      ['grpc', 'h2'].map((name) => {
        return `error upstreams.${name}.healthCheck: The peers of "${name}" are asked in HTTP/2, checks are made in HTTP/1.1: they would be taken for dead (write { kind: 'tcp' })`;
      }),
    ],
    [
      'a cache that does not exist',
      { caches: { big: {} }, ...location({ cache: 'bgi' }) },
      [`error ${at}.cache: There is no cache "bgi" (did you mean "big"?)`],
    ],
    [
      'caches in one folder, and folders of none',
      {
        caches: { a: { folder: 'x' }, b: { folder: '/site/x/y' }, c: { folder: 'xy' }, d: { maxSize: '1g' } },
        ...location({}),
      },
      [
        'error caches.b.folder: The cache "a" has the folder "/site/x": each needs one of its own',
        'warning caches.d.maxSize: "maxSize" means nothing: the cache "d" has no folder (add "folder")',
      ],
    ],
    [
      'who may purge and is no network',
      location({ cache: { purge: { from: ['here'] } } }),
      [
        `error ${at}.cache.purge.from.0: "here" is no address or network (write an address, a network such as '10.0.0.0/8', or 'unix:'; names are not looked up)`,
      ],
    ],
  ];
  for (const [title, user, expected] of cases) {
    it(`tells of ${title}`, () => assert.deepEqual(problemsOf(user), expected));
  }
});
