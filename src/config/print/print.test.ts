import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { validate } from '../load/validate.ts';
import type { UserConfig } from '../schema/user-config.ts';
import { toConfig } from '../typed/to-config.ts';
import { printConfig, userConfig } from './print.ts';
import { sourceText } from './source-text.ts';

describe('printConfig', () => {
  /** Each is printed as it is written here. */
  const configs: Readonly<Record<string, UserConfig>> = {
    'a whole site': {
      apps: { api: { python: 'main:app', directory: '/srv', workers: { min: 1, max: 4 }, requestTimeout: '30s' } },
      requestZones: { slow: { key: '$remote_addr', rate: '30/m' } },
      servers: [
        {
          listen: [':80', { address: '[::]:80', default: true, ipv6Only: true }],
          hosts: ['example.com'],
          headers: { 'X-A': '1' },
          locations: [
            { path: '/static/', files: '/srv/static', expires: '1y' },
            { path: '= /favicon.ico', files: '/srv/favicon.ico' },
            { path: '/api/', app: 'api', rateLimit: { zone: 'slow', burst: 20 } },
            { path: '/old', redirect: { to: '/new', status: 301 } },
            { path: '~ \\.php$', respond: 404 },
            { path: '@gone', respond: { status: 410, text: "it's gone" } },
          ],
        },
      ],
    },
    'headers of a location alone': {
      servers: [
        {
          listen: [':80'],
          headers: { 'X-A': '1' },
          locations: [{ path: '/', headers: { 'X-B': '2' }, inheritHeaders: false }],
        },
      ],
    },
    'headers that come twice': {
      servers: [
        {
          listen: [':80'],
          headers: [
            { name: 'Link', value: '</a>', always: true },
            { name: 'Link', value: '</b>', always: true },
          ],
        },
      ],
    },
    rules: {
      servers: [
        {
          listen: [':80'],
          rules: [
            { set: 'a', value: '$uri' },
            { rewrite: '^/a', to: '/b', flag: 'last' },
            { return: 200, text: 'a' },
            { if: { variable: 'a', matches: 'x', not: true }, rules: ['break'], settings: { etag: false } },
          ],
        },
      ],
    },
    'rules that answer, beside what answers': {
      servers: [
        {
          listen: [':80'],
          respond: { status: 404, text: '{}', type: 'application/json' },
          rules: [{ return: 301, text: '/a' }],
          locations: [{ path: '/', redirect: '/b', rules: [{ return: 404 }] }],
        },
      ],
    },
    'what is switched off': {
      defaults: { compression: false, charset: false, basicAuth: { realm: 'r' } },
      servers: [
        {
          listen: [':80'],
          rateLimit: false,
          accessLog: false,
          basicAuth: false,
          authRequest: false,
          userId: false,
          expires: false,
          limitRate: false,
          maxRanges: 'any',
        },
      ],
    },
    proxies: {
      upstreams: {
        old: {
          peers: ['10.0.0.1:8000', { address: 'app.example:80', weight: 2, failTimeout: '30s', backup: true }],
          balance: 'least-connections',
          keepAlive: 8,
          healthCheck: { interval: '10s', statuses: [200, '300-399'] },
        },
        sticky: {
          peers: ['unix:/run/a.sock'],
          balance: { hash: '$uri', consistent: false },
          sticky: { cookie: 'route', expires: '1h' },
          queue: { requests: 10, wait: '1s' },
          breaker: true,
          resolver: { servers: ['10.0.0.2', '[::1]:5353'], valid: '10s' },
        },
      },
      defaults: { proxy: { version: '1.0', tls: { verify: false } } },
      servers: [
        {
          listen: [{ address: ':80', proxyProtocol: true }],
          proxy: { next: { on: [], tries: 1 } },
          locations: [
            { path: '/old/', proxy: 'http://old/x' },
            { path: '/a/', proxy: 'http://127.0.0.1:3000' },
            { path: '/b/', proxy: 'http://unix:/run/b.sock:/x' },
            {
              path: '/c/',
              proxy: { to: 'https://$host', redirects: false, cookies: { paths: [{ from: '/', to: '/c/' }] } },
            },
            { path: '/d/', proxy: { to: 'https://d.example', redirects: ['default', { pattern: '^/x', to: '/y' }] } },
          ],
        },
      ],
    },
    caches: {
      caches: { big: { folder: '/var/cache/big', maxSize: 'any', inactive: '7d' }, small: {}, '10m': { memory: '1m' } },
      servers: [
        {
          listen: [':80'],
          cache: 'big',
          locations: [
            { path: '/a', cache: false },
            { path: '/b', cache: { valid: '10m', lock: { timeout: '1s' } } },
            { path: '/c', cache: { name: 'small', valid: { 200: '1m', any: '1s' } } },
            {
              path: '/d',
              cache: { valid: [{ statuses: [200, 404], time: '1m' }], purge: { method: 'PURGE', from: ['::1'] } },
            },
            { path: '/e', cache: { name: '10m' } },
          ],
        },
      ],
    },
    TLS: {
      issuers: {
        letsencrypt: { staging: true, email: 'a@example.com', dnsHook: ['/bin/dns', 'x'] },
        own: { directory: 'https://ca.test/dir', email: ['a@b.example', 'tel:1'], folder: '/acme', keyType: 'rsa2048' },
      },
      defaults: { tls: { preset: 'modern' }, http2: false },
      servers: [
        {
          listen: [':80', { address: ':443', tls: true, http2: true }],
          hosts: ['example.com', '*.example.com'],
          tls: 'auto',
          http2: true,
        },
        { listen: [{ address: ':443', tls: true }], hosts: ['a.test'], tls: 'dev' },
        {
          listen: [{ address: ':443', tls: true }],
          hosts: ['b.test'],
          tls: {
            certificate: '/b.pem',
            key: '/b.key',
            passwordFile: '/p',
            ciphers: 'A:B',
            groups: 'auto',
            dhParameters: '/dh.pem',
            tickets: false,
            sessionTimeout: '5m',
            clientCertificates: { verify: 'optional', ca: '/ca.pem', depth: 2 },
            stapling: { file: '/ocsp.der', verify: false },
          },
        },
        {
          listen: [{ address: ':443', tls: true }],
          hosts: ['c.test'],
          tls: {
            preset: 'old',
            certificates: [
              { certificate: '/c.pem', key: '/c.pem' },
              { certificate: '/d.pem', key: '/d.pem' },
            ],
            clientCertificates: false,
            stapling: true,
          },
        },
        {
          listen: [{ address: ':443', tls: true }],
          hosts: ['d.test'],
          tls: { acme: { issuer: 'own', onDemand: { ask: 'http://127.0.0.1:3000/ask' } } },
        },
        {
          listen: [{ address: ':443', tls: true }],
          hosts: ['e.test'],
          tls: { dev: { names: ['e.test', '::1'], folder: '/ca' } },
        },
        { listen: [{ address: ':443', tls: true }], tls: { rejectHandshake: true } },
      ],
    },
    'a table whose order counts': {
      variables: {
        a: {
          map: '$status',
          entries: [
            ['~^5', 'x'],
            ['404', 'y'],
          ],
          default: 'z',
        },
      },
    },
  };
  for (const [title, user] of Object.entries(configs)) {
    it(`prints ${title} as it was written`, () => {
      assert.deepEqual(validate(user), { user });
      const printed = userConfig(toConfig(user, '/nowhere').config);
      assert.deepEqual(printed, user);
    });
  }

  it('leaves out what is the default anyway', () => {
    const { config } = toConfig({ defaults: { etag: true, compression: { vary: true } } }, '/nowhere');
    assert.deepEqual(userConfig(config), {});
  });

  it('leaves out what a proxy would have from the level around it', () => {
    const location = { path: '/', proxy: { to: 'https://a', via: true, tls: { verify: true } } };
    const printed = (defaults: NonNullable<UserConfig['defaults']>): unknown => {
      const { config } = toConfig({ defaults, servers: [{ listen: [':80'], locations: [location] }] }, '/nowhere');
      return userConfig(config).servers?.[0]?.locations;
    };
    assert.deepEqual(printed({}), [{ path: '/', proxy: 'https://a' }]);
    assert.deepEqual(printed({ proxy: { via: false } }), [{ path: '/', proxy: { to: 'https://a', via: true } }]);
  });

  it('says nothing of the CA that is asked by itself, and of TLS what all of an address have', () => {
    const servers = [
      { listen: [{ address: ':443', tls: 'auto' as const }], hosts: ['a.example'] },
      { listen: [':443'], hosts: ['b.example'] },
    ];
    const printed = userConfig(toConfig({ servers }, '/nowhere').config);
    const listen = [{ address: ':443', tls: true }];
    assert.deepEqual(printed, {
      servers: [
        { listen, hosts: ['a.example'], tls: 'auto' },
        { listen, hosts: ['b.example'] },
      ],
    });
  });

  it('says of a CA how names are proved', () => {
    const user = {
      issuers: { letsencrypt: { challenges: ['tls-alpn-01' as const] } },
      servers: [{ listen: [':80', { address: ':443', tls: true }], hosts: ['a.example'], tls: 'auto' as const }],
    };
    assert.deepEqual(userConfig(toConfig(user, '/nowhere').config), user);
  });

  it('names the cache that is there by itself', () => {
    const user = { servers: [{ listen: [':80'], locations: [{ path: '/', cache: true }] }] };
    assert.deepEqual(userConfig(toConfig(user, '/nowhere').config), {
      caches: { default: {} },
      servers: [{ listen: [':80'], locations: [{ path: '/', cache: 'default' }] }],
    });
  });

  it('switches no cache on where only its settings are said', () => {
    const { config } = toConfig({ servers: [{ listen: [':80'] }] }, '/nowhere');
    const servers = config.servers.map((server) => ({ ...server, cache: { minUses: 2 } }));
    const printed = userConfig({ ...config, servers });
    assert.deepEqual(printed, { servers: [{ listen: [':80'], cache: { name: false, minUses: 2 } }] });
    assert.deepEqual(toConfig(printed, '/nowhere').config.caches, []);
  });

  it('names the upstreams of URLs where those would come in another order', () => {
    const user = {
      servers: [
        {
          listen: [':80'],
          locations: [
            { path: '/', proxy: 'http://a' },
            { path: '/b', proxy: 'http://b' },
          ],
        },
      ],
    };
    const { config } = toConfig(user, '/nowhere');
    const upstreams = config.upstreams.toReversed();
    const printed = userConfig({ ...config, upstreams });
    assert.deepEqual(printed, { upstreams: { 'b:80': { peers: ['b:80'] }, 'a:80': { peers: ['a:80'] } }, ...user });
    assert.deepEqual(toConfig(printed, '/nowhere').config.upstreams, upstreams);
  });

  it('makes a module', () => {
    assert.equal(
      printConfig(toConfig({ servers: [{ listen: [':80'] }] }, '/nowhere').config),
      "import { defineConfig } from 'galley';\n\nexport default defineConfig({ servers: [{ listen: [':80'] }] });\n",
    );
  });
});

describe('sourceText', () => {
  const cases: readonly (readonly [value: unknown, text: string])[] = [
    ["it's", `"it's"`],
    [`it's "it"`, `'it\\'s "it"'`],
    ['\\d\n\u2028', "'\\\\d\\n\\u2028'"],
    [{ a: [1, true, null], 'b-c': {} }, "{ a: [1, true, null], 'b-c': {} }"],
    [{ ['__proto__']: 1, 404: 2 }, "{ 404: 2, ['__proto__']: 1 }"],
  ];
  for (const [value, text] of cases) it(`writes ${text}`, () => assert.equal(sourceText(value), text));

  it('breaks lines that are long', () => {
    const value = { a: 'a'.repeat(60), b: ['b'.repeat(60)] };
    assert.equal(sourceText(value), `{\n  a: '${'a'.repeat(60)}',\n  b: ['${'b'.repeat(60)}'],\n}`);
  });
});
