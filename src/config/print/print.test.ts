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
