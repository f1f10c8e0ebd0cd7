import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { validate } from '../load/validate.ts';
import type { Location, Server, UserConfig } from '../schema/user-config.ts';
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

function server(fields: Partial<Server>): UserConfig {
  return { servers: [{ listen: [':80'], ...fields }] };
}

function location(fields: Partial<Location>): UserConfig {
  return server({ locations: [{ path: '/', ...fields }] });
}

const port80 = '0.0.0.0:80';

describe('checkConfig', () => {
  const cases: readonly (readonly [title: string, user: UserConfig, expected: readonly string[]])[] = [
    [
      'an app that does not exist',
      { apps: { shop: { python: 'a:b' } }, ...location({ app: 'shpo' }) },
      ['error servers.0.locations.0.app: There is no app "shpo" (did you mean "shop"?)'],
    ],
    [
      'settings of an if that hold for nothing',
      server({ rules: [{ if: { variable: 'host' }, settings: { etag: false } }] }),
      [
        'error servers.0.rules.0.settings: Settings of an "if" of a server hold for nothing: a location is chosen after it (put the rule into a location, such as that of "/")',
      ],
    ],
    [
      'settings of an if whose rules answer, or which is in a location',
      server({
        rules: [{ if: { variable: 'host' }, rules: [{ return: 403 }], settings: { etag: false } }],
        locations: [{ path: '/', rules: [{ if: { variable: 'host' }, settings: { etag: false } }] }],
      }),
      [],
    ],
    [
      'a zone that does not exist',
      location({ rateLimit: { zone: 'a' } }),
      ['error servers.0.locations.0.rateLimit: There is no zone "a"'],
    ],
    [
      'a format that does not exist',
      server({ accessLog: { to: 'stdout', format: 'combind' } }),
      ['error servers.0.accessLog: There is no log format "combind" (did you mean "combined"?)'],
    ],
    [
      'a named location that does not exist',
      location({ tryFiles: ['$uri', '@a'], errorPages: { 404: '@b' } }),
      [
        'error servers.0.locations.0.tryFiles: There is no location "@a"',
        'error servers.0.locations.0.errorPages: There is no location "@b"',
      ],
    ],
    [
      'a status that ends no answer',
      location({ tryFiles: ['$uri', '=150'] }),
      ['error servers.0.locations.0.tryFiles: The status 150 ends no answer: it takes one from 200 on'],
    ],
    [
      'passwords without users',
      location({ basicAuth: { realm: 'r' } }),
      ['error servers.0.locations.0.basicAuth: There is no file of users: nobody could come in (add "userFile")'],
    ],
    [
      'a location twice',
      server({ locations: [{ path: '/a' }, { path: '^~ /a' }, { path: '/a' }] }),
      ['error servers.0.locations.2.path: The location "/a" is there twice'],
    ],
    [
      'a location outside of the one around it',
      location({ path: '/a/', locations: [{ path: '/b/' }, { path: '/a/b' }, { path: '~ b' }] }),
      ['error servers.0.locations.0.locations.0.path: The location "/b/" is never reached: it is outside of "/a/"'],
    ],
    [
      'a location inside of one path',
      location({ path: '= /a', locations: [{ path: '/a' }] }),
      ['error servers.0.locations.0.locations.0.path: There can be no location inside of "= /a"'],
    ],
    [
      'a named location inside of another',
      location({ locations: [{ path: '@a' }] }),
      ['error servers.0.locations.0.locations.0.path: The location "@a" can be inside of a server only'],
    ],
    [
      'an alias out of which one can come',
      location({ path: '/off', root: { path: '/www/', alias: true } }),
      [
        'error servers.0.locations.0.root: "/off" also stands for "/off..", which leads out of "/www/" (write "/off/" for the path)',
      ],
    ],
    [
      'servers that are not there',
      { apps: { shop: { python: 'a:b' } } },
      ['warning : There are no servers: nothing is served (add "servers")'],
    ],
    [
      'code that is served by files of a server',
      { apps: { shop: { python: 'a:b' } }, ...server({ files: '.' }) },
      [
        'warning servers.0.files: Everybody can read the code of the app "shop": it is below "/site" (serve a folder that holds nothing but public files)',
      ],
    ],
    [
      'headers that cannot be added, once',
      { defaults: { headers: { 'Content-Length': '5' } }, ...server({ locations: [{ path: '/' }] }) },
      ['error defaults.headers: The header "Content-Length" cannot be added: it frames the message'],
    ],
    [
      'a header whose name is none',
      location({ headers: { 'X Y': '5' } }),
      ['error servers.0.locations.0.headers: Cannot use header name "x y": it is not a token'],
    ],
    [
      'charsets that are not known',
      server({ charset: { charset: 'x-y', source: 'koi8-zz' } }),
      ['error servers.0.charset: Cannot recode "koi8-zz" to "x-y": one of them is not known'],
    ],
    [
      'parts that are more than all',
      {
        variables: {
          a: {
            split: '$host',
            parts: [
              { percent: 51, value: 'a' },
              { percent: 50, value: 'b' },
            ],
          },
        },
        ...server({}),
      },
      ['error variables.a: percent total is greater than 100%'],
    ],
    [
      'an entry twice',
      {
        variables: {
          a: { map: '$host', entries: {} },
          b: {
            map: '$a',
            entries: [
              ['x', '1'],
              ['X', '2'],
            ],
          },
        },
        ...server({}),
      },
      ['error variables: conflicting parameter "X"'],
    ],
    [
      'variables that need each other',
      { variables: { a: { map: '$b', entries: {} }, b: { map: '$a', entries: {} } }, ...server({}) },
      ['error variables: cycle while evaluating variable "a"'],
    ],
    [
      'ranges that overlap',
      {
        variables: {
          a: { geo: '$remote_addr', ranges: true, entries: { '10.0.0.0-10.0.0.9': '1', '10.0.0.5-10.0.0.20': '2' } },
        },
        ...server({}),
      },
      ['error variables.a: range "10.0.0.5-10.0.0.20" overlaps "10.0.0.0-10.0.0.9"'],
    ],
    [
      'a header in an if that has no name',
      location({ rules: [{ if: { variable: 'host' }, settings: { headers: { 'X A': '1' } } }] }),
      ['error servers.0.locations.0.rules: Cannot use header name "x a": it is not a token'],
    ],
    [
      'origins that no browser sends',
      server({
        cors: {
          origins: [
            'https://a.com',
            'http://[::1]:8080',
            'null',
            'capacitor://localhost',
            '*',
            'https://a.com/',
            'http://*.d.com',
            'a.com:81',
            '~^https://.*$',
          ],
        },
      }),
      [
        ['4', '*', "write origins: '*' to let all of them in"],
        ['5', 'https://a.com/', 'write "https://a.com"'],
        ['6', 'http://*.d.com', 'list each host: there are no wildcards'],
        ['7', 'a.com:81', 'write "https://a.com:81"'],
        ['8', '~^https://.*$', 'list each host: there are no wildcards'],
      ].map(
        ([place, origin, hint]) =>
          `error servers.0.cors.origins.${place}: No browser sends "${origin}" as an origin: it is a scheme and a host, maybe with a port (${hint})`,
      ),
    ],
    [
      'two answers',
      location({ respond: 200, redirect: '/' }),
      ['error servers.0.locations.0.respond: Either "redirect" answers or "respond": there cannot be both'],
    ],
    [
      'an address twice',
      server({ listen: [':80', port80] }),
      [`error servers.0.listen.1: The server listens on ${port80} twice`],
    ],
    [
      'two default servers',
      { servers: [1, 2].map(() => ({ listen: [{ address: ':80', default: true }] })) },
      [`error servers.1.listen.0: Another server is the default one of ${port80}`],
    ],
    [
      'a host twice',
      {
        servers: [
          { listen: [':80'], hosts: ['a.b'] },
          { listen: [':80'], hosts: ['A.B'] },
          { listen: [':81'], hosts: ['a.b'] },
        ],
      },
      [`warning servers.1.hosts.0: Another server is for a.b on ${port80}: this one is never asked`],
    ],
    [
      'a server without hosts behind another one',
      {
        servers: [
          { listen: [':80', ':81'] },
          { listen: [':80', ':82'] },
          { listen: [':81'], hosts: ['a.b'] },
          { listen: [{ address: ':82', default: true }] },
        ],
      },
      ['servers.1.listen.0', 'servers.1.listen.1'].map(
        (place, index) =>
          `warning ${place}: Another server is the default one of 0.0.0.0:8${index * 2}, and this one is for no hosts: it is never asked (add "hosts")`,
      ),
    ],
    [
      'code that is served',
      { apps: { shop: { python: 'a:b', directory: 'shop' } }, ...location({ root: '.' }) },
      [
        'warning servers.0.locations.0.root: Everybody can read the code of the app "shop": it is below "/site" (serve a folder that holds nothing but public files)',
      ],
    ],
    [
      'variables that do not exist',
      {
        variables: { mobile: { map: '$http_user_agent', entries: { '~*phone(?<kind>.)': '$kind' } } },
        ...location({ headers: { A: '$mobil $kind $host $1' } }),
      },
      ['error servers.0.locations.0.headers.A: There is no variable "$mobil" (did you mean "$mobile"?)'],
    ],
    [
      'variables that may not be set',
      location({
        rules: [
          { set: 'own', value: '$own' },
          { set: 'host', value: '' },
        ],
      }),
      ['error servers.0.locations.0.rules.1.set: Cannot set "$host": it is Galley\'s own'],
    ],
    [
      'a $ that begins nothing',
      location({ respond: 'costs 5 $' }),
      ['error servers.0.locations.0.respond: Cannot use "costs 5 $": invalid variable name'],
    ],
    [
      'networks that are none',
      server({ access: [{ allow: '10.0.0.0/8' }, { deny: 'everyone' }] }),
      [
        "error servers.0.access.1.deny: \"everyone\" is no address or network (write an address, a network such as '10.0.0.0/8', 'all' or 'unix:')",
      ],
    ],
    [
      'proxies that are no networks',
      server({ realIp: { from: ['unix:', '10.0.0.1', 'proxy.example'] } }),
      [
        "error servers.0.realIp.from.2: \"proxy.example\" is no address or network (write an address, a network such as '10.0.0.0/8', or 'unix:'; names are not looked up)",
      ],
    ],
    [
      'networks of variables that are none',
      {
        variables: {
          a: { geo: '$remote_addr', entries: { '10.0.0.1/8': 'a', default: 'b' }, proxies: ['x'] },
          b: { geo: '$remote_addr', entries: [['10.0.0.9-10.0.0.1', 'a']], ranges: true },
          c: { geo: '$remote_addr', entries: { '10.0.0.1-10.0.0.9': 'a' }, ranges: true },
        },
        ...server({}),
      },
      [
        'error variables.a.proxies.0: "x" is no address or network',
        'warning variables.a.entries.10.0.0.1/8: Low address bits of "10.0.0.1/8" are meaningless',
        'error variables.a.entries.default: "default" is no address or network (write "default" beside "entries")',
        'error variables.b.entries.0.0: "10.0.0.9-10.0.0.1" is no range of addresses (write two IPv4 addresses such as \'10.0.0.0-10.0.0.9\')',
      ],
    ],
  ];
  for (const [title, user, expected] of cases)
    it(`tells of ${title}`, () => assert.deepEqual(problemsOf(user), expected));

  it('tells of patterns that are none', () => {
    const user = server({ hosts: ['~('], locations: [{ path: '~ [' }], rules: [{ rewrite: '(', to: '/' }] });
    const places = problemsOf(user).map((text) => text.split(': ')[0]);
    assert.deepEqual(places.sort(), [
      'error servers.0.hosts.0',
      'error servers.0.locations.0.path',
      'error servers.0.rules.0.rewrite',
    ]);
  });

  it('finds nothing wrong with what is right', () => {
    const user: UserConfig = {
      apps: { api: { python: 'main:app', directory: '/srv/api' } },
      defaults: { basicAuth: { userFile: 'users' } },
      variables: { zone: { geo: '$remote_addr', entries: { '10.0.0.0/8': '$5' } } },
      servers: [
        {
          listen: [':80', '[::]:80'],
          hosts: ['example.com', '~^(?<name>.+)\\.example\\.com$'],
          root: './public',
          locations: [
            { path: '/', tryFiles: ['$uri', '@api'], basicAuth: { realm: 'staff' }, headers: { Name: '$name $zone' } },
            { path: '@api', app: 'api', rateLimit: { key: '$remote_addr', rate: '1/s' } },
          ],
        },
      ],
    };
    assert.deepEqual(problemsOf(user), []);
  });
});
