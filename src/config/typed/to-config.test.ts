import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Config } from '../config.ts';
import { validate } from '../load/validate.ts';
import { resolve } from '../resolve.ts';
import type { Location, Server } from '../schema/user-config.ts';
import { toConfig } from './to-config.ts';

function configOf(server: Partial<Server>): Config {
  const user = { servers: [{ listen: [':80'], ...server }] };
  assert.deepEqual(validate(user), { user });
  const { config, problems } = toConfig(user, '/site');
  assert.deepEqual(problems, []);
  return config;
}

function locationOf(
  location: Location,
  server: Partial<Server> = {},
): NonNullable<Config['servers'][number]['locations'][number]> {
  return configOf({ ...server, locations: [location] }).servers[0]!.locations[0]!;
}

function headersOf(location: Partial<Location>, server: Partial<Server>): Readonly<Record<string, string>> {
  const config = configOf({ ...server, locations: [{ path: '/', ...location }] });
  const { headers } = resolve(config, { hostname: 'host' }).servers[0]!.locations[0]!.settings;
  return Object.fromEntries(headers.map(({ name, value }) => [name, value]));
}

describe('toConfig', () => {
  const paths: Readonly<Record<string, unknown>> = {
    '/x/': { kind: 'prefix', path: '/x/', isFinal: false },
    '^~ /x/': { kind: 'prefix', path: '/x/', isFinal: true },
    '= /x': { kind: 'exact', path: '/x' },
    '~ ^/a b': { kind: 'regex', pattern: '^/a b', ignoreCase: false },
    '~* \\.GIF$': { kind: 'regex', pattern: '\\.GIF$', ignoreCase: true },
    '@x': { kind: 'named', name: '@x' },
  };
  for (const [path, match] of Object.entries(paths)) {
    it(`reads the path ${path}`, () => assert.deepEqual(locationOf({ path }).match, match));
  }

  const fields: readonly (readonly [location: Partial<Location>, expected: object])[] = [
    [{ path: '/s/', files: './static' }, { root: { path: '/site/static/', isAlias: true } }],
    [{ path: '/s/', files: '/static/' }, { root: { path: '/static/', isAlias: true } }],
    [{ path: '= /s', files: 's.txt' }, { root: { path: '/site/s.txt', isAlias: true } }],
    [{ path: '~ ^/s/(.*)$', files: '/static/$1' }, { root: { path: '/static/$1', isAlias: true } }],
    [{ root: '$document_root/a' }, { root: { path: '$document_root/a', isAlias: false } }],
    [{ redirect: '/b' }, { content: { kind: 'return', status: 302, text: '/b' } }],
    [{ respond: 404 }, { content: { kind: 'return', status: 404, text: undefined } }],
    [{ respond: 'hello' }, { content: { kind: 'return', status: 200, text: 'hello', type: 'text/plain' } }],
    [
      { respond: { text: '{}', type: 'application/json' } },
      { content: { kind: 'return', status: 200, text: '{}', type: 'application/json' } },
    ],
    [{ tryFiles: ['$uri', '@app'] }, { tryFiles: { candidates: ['$uri'], fallback: { kind: 'named', name: '@app' } } }],
    [{ tryFiles: ['$uri', '=404'] }, { tryFiles: { candidates: ['$uri'], fallback: { kind: 'status', status: 404 } } }],
    [
      { errorPages: { 404: '/404.html' } },
      { errorPages: [{ statuses: [404], status: undefined, target: '/404.html' }] },
    ],
    [
      { compression: { gzip: 9, zstd: false } },
      { compression: { gzip: { enabled: true, level: 9 }, zstd: { enabled: false } } },
    ],
    [{ precompressed: ['gzip'] }, { precompressed: [{ encoding: 'gzip', always: false }] }],
    [
      { access: [{ allow: '::1' }, { deny: 'all' }] },
      {
        access: [
          { allow: true, network: '::1' },
          { allow: false, network: 'all' },
        ],
      },
    ],
    [
      { maxBodySize: '1m', bodyTimeout: '5s' },
      { maxBodySize: 1_048_576, bodyTimeoutMs: 5_000 },
    ],
  ];
  for (const [location, expected] of fields) {
    it(`reads ${JSON.stringify(location)}`, () => {
      const { match, locations, ...made } = locationOf({ path: '/', ...location });
      assert.deepEqual(made, { rules: [], ...expected });
    });
  }

  it('gives each rate limit with a key a zone of its own', () => {
    const rateLimit = { key: '$remote_addr', rate: '10/s', burst: 20 };
    const config = configOf({ rateLimit, locations: [{ path: '/', rateLimit: { ...rateLimit, delayAfter: 5 } }] });
    assert.deepEqual(
      config.requestZones.map(({ name }) => name),
      ['rate limit 1', 'rate limit 2'],
    );
    assert.deepEqual(config.requestZones[0], {
      name: 'rate limit 1',
      key: '$remote_addr',
      rate: 10_000,
      size: 10_485_760,
    });
    assert.deepEqual(config.servers[0]?.limitRequests, [{ zone: 'rate limit 1', burst: 20, delay: 'all' }]);
    assert.deepEqual(config.servers[0]?.locations[0]?.limitRequests, [{ zone: 'rate limit 2', burst: 20, delay: 5 }]);
  });

  it('adds headers to those of the outer level', () => {
    assert.deepEqual(headersOf({ headers: { B: '2', c: '3' } }, { headers: { A: '1', C: '0' } }), {
      A: '1',
      B: '2',
      c: '3',
    });
    assert.deepEqual(headersOf({ headers: { B: '2' }, inheritHeaders: false }, { headers: { A: '1' } }), { B: '2' });
    assert.deepEqual(headersOf({}, { headers: { A: '1' } }), { A: '1' });
  });

  it('adds the headers that protect a site', () => {
    const standard = headersOf({}, { securityHeaders: true });
    assert.equal(standard['X-Content-Type-Options'], 'nosniff');
    assert.equal(standard['Strict-Transport-Security'], undefined);
    const chosen = headersOf(
      {},
      { securityHeaders: { frameOptions: false, contentSecurityPolicy: "default-src 'self'" } },
    );
    assert.equal(chosen['X-Frame-Options'], undefined);
    assert.equal(chosen['Content-Security-Policy'], "default-src 'self'");
    assert.deepEqual(headersOf({ securityHeaders: false }, { securityHeaders: true, headers: { A: '1' } }), { A: '1' });
  });

  it('lets pages of other origins read answers', () => {
    const config = configOf({ cors: { origins: ['https://a.example'], credentials: true, maxAge: '10m' } });
    const [origin, credentials, preflight] = config.variables;
    assert.deepEqual(origin?.kind === 'map' && origin.entries, [{ key: 'https://a.example', value: '$http_origin' }]);
    const headers = new Map(config.servers[0]?.headers?.map(({ name, value }) => [name, value]));
    assert.equal(headers.get('Access-Control-Allow-Origin'), `$${origin?.variable}`);
    // For other origins it is empty, so that the field is left out.
    assert.equal(headers.get('Access-Control-Allow-Credentials'), `$${credentials?.variable}`);
    assert.ok(credentials?.kind === 'map');
    assert.deepEqual(
      [credentials.source, credentials.entries, credentials.fallback],
      [`$${origin?.variable}`, [{ key: '', value: '' }], 'true'],
    );
    assert.equal(headers.get('Vary'), 'Origin');
    const [rule] = config.servers[0]!.rules;
    assert.ok(rule?.kind === 'if');
    assert.deepEqual(rule.condition, { kind: 'set', variable: preflight?.variable });
    assert.deepEqual(rule.rules, [{ kind: 'return', status: 204, text: undefined }]);
    const asked = new Map(rule.block?.headers?.map(({ name, value }) => [name, value]));
    assert.equal(asked.get('Access-Control-Max-Age'), '600');
    assert.equal(asked.get('Access-Control-Allow-Headers'), '$http_access_control_request_headers');
  });

  it('answers preflight requests in each location where one has other origins', () => {
    const [server] = configOf({ cors: true, locations: [{ path: '/a/' }, { path: '/b/', cors: false }] }).servers;
    assert.deepEqual(server?.rules, []);
    assert.deepEqual(
      server.locations.map(({ rules }) => rules.length),
      [1, 0, 1],
    );
    assert.deepEqual(server.locations[1]?.headers, []);
  });
});
