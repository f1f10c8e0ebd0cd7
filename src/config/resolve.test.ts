import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LocationPlan } from '../plan/location-plan.ts';
import type { Settings } from '../plan/settings.ts';
import type { SitePlan } from '../plan/site-plan.ts';
import type { TlsPlan } from '../plan/tls-plan.ts';
import type { Block, Config, LocationConfig, ServerBlock, ServerConfig } from './config.ts';
import { defaults } from './defaults.ts';
import { resolve } from './resolve.ts';

const port80 = { bind: { kind: 'tcp', host: '0.0.0.0', port: 80 }, isDefault: false } as const;

function config(servers: readonly ServerConfig[], shared: ServerBlock = {}): Config {
  return {
    process: {},
    apps: {},
    variables: [],
    requestZones: [],
    connectionZones: [],
    logFormats: [],
    upstreams: [],
    caches: [],
    issuers: [],
    defaults: shared,
    servers,
  };
}

function server(fields: Partial<ServerConfig> = {}): ServerConfig {
  return { listen: [port80], names: [], rules: [], locations: [], ...fields };
}

function location(path: string, fields: Partial<LocationConfig> = {}): LocationConfig {
  return { match: { kind: 'prefix', path, isFinal: false }, rules: [], locations: [], ...fields };
}

function plan(...given: Parameters<typeof config>): SitePlan {
  return resolve(config(...given), { hostname: 'host' });
}

/** The settings of the innermost of nested blocks: http, server, location, location in it, `if` in that. */
function innermost(http: Block, inServer: Block, ...locations: readonly Block[]): Settings {
  const nested = locations.reduceRight<LocationConfig | undefined>(
    (inner, block, depth) => location('/x'.repeat(depth + 1), { ...block, locations: inner ? [inner] : [] }),
    undefined,
  );
  const made = plan([server({ ...inServer, locations: nested ? [nested] : [] })], http).servers[0]!;
  let found: LocationPlan | undefined = made.locations[0];
  while (found?.locations[0]) found = found.locations[0];
  return (found ?? made).settings;
}

function inIf(around: Block, block: Block | undefined): Settings | undefined {
  const rule = { kind: 'if', condition: { kind: 'set', variable: 'a' }, rules: [], block } as const;
  const made = plan([server({ locations: [location('/', { ...around, rules: [rule] })] })]);
  const compiled = made.servers[0]!.locations[0]!.rules[0]!;
  assert.equal(compiled.kind, 'if');
  return compiled.kind === 'if' ? compiled.settings : undefined;
}

const field = (name: string): { name: string; value: string; always: boolean } => ({ name, value: '1', always: false });

describe('resolve', () => {
  const tryFiles = { candidates: ['$uri'], fallback: { kind: 'status', status: 404 } } as const;
  const inherited: readonly (readonly [title: string, levels: readonly Block[], expected: Partial<Settings>])[] = [
    ['takes a single value from http', [{ maxBodySize: 7 }, {}, {}], { maxBodySize: 7 }],
    ['prefers the inner value', [{ maxBodySize: 7 }, { maxBodySize: 8 }, { maxBodySize: 9 }, {}], { maxBodySize: 9 }],
    ['replaces arrays', [{ headers: [field('a')] }, {}, { headers: [field('b')] }], { headers: [field('b')] }],
    ['replaces by nothing', [{ headers: [field('a')] }, {}, { headers: [] }], { headers: [] }],
    [
      'replaces the table of types',
      [{ types: { a: 'text/a' } }, {}, { types: { b: 'text/b' } }],
      { types: { b: 'text/b' } },
    ],
    [
      'keeps content from inner locations',
      [{}, {}, { content: { kind: 'empty-gif' } }, {}],
      { content: defaults.content },
    ],
    [
      'keeps content of a server from locations',
      [{}, { content: { kind: 'empty-gif' } }, {}],
      { content: defaults.content },
    ],
    [
      'keeps content of a server outside of locations',
      [{}, { content: { kind: 'empty-gif' } }],
      { content: { kind: 'empty-gif' } },
    ],
    ['keeps try_files from inner locations', [{}, {}, { tryFiles }, {}], { tryFiles: undefined }],
    [
      'keeps limit_except from inner locations',
      [{}, {}, { limitExcept: { methods: ['GET'], access: [], basicAuth: undefined } }, {}],
      { limitExcept: undefined },
    ],
    ['gives internal to inner locations', [{}, {}, { internal: true }, {}], { internal: true }],
    [
      'joins the fields of basic auth',
      [{ basicAuth: { userFile: '/u' } }, {}, { basicAuth: { realm: 'r' } }],
      { basicAuth: { realm: 'r', userFile: '/u' } },
    ],
    [
      'switches basic auth off',
      [{ basicAuth: { userFile: '/u', realm: 'r' } }, {}, { basicAuth: { realm: false } }],
      { basicAuth: undefined },
    ],
    [
      'switches auth_request off',
      [{ authRequest: { uri: '/a' } }, {}, { authRequest: { uri: false } }],
      { authRequest: undefined },
    ],
    [
      'joins the fields of autoindex',
      [{ autoindex: { format: 'json' } }, {}, { autoindex: { enabled: true } }],
      { autoindex: { format: 'json', exactSize: false, localTime: false } },
    ],
    ['leaves autoindex off', [{ autoindex: { format: 'json' } }, {}], { autoindex: undefined }],
    ['switches expires off', [{ expires: { kind: 'max' } }, {}, { expires: false }], { expires: undefined }],
    ['switches the charset off', [{}, {}, { charset: { charset: false } }], { charset: undefined }],
    ['has all of a secure link, or none', [{ secureLink: { link: '$arg_a' } }, {}], { secureLink: undefined }],
    [
      'joins the fields of a secure link',
      [{ secureLink: { link: 'l' } }, {}, { secureLink: { md5: 'm' } }],
      { secureLink: { kind: 'md5', link: 'l', md5: 'm' } },
    ],
    [
      'fills in referers',
      [{}, {}, { referers: { none: true } }],
      { referers: { none: true, blocked: false, names: [], serverNames: false } },
    ],
    ['leaves an empty substitution out', [{ substitution: { once: false } }, {}], { substitution: undefined }],
    ['leaves an empty addition out', [{}, {}, { addition: { before: '' } }], { addition: undefined }],
    ['uses no root that nobody set', [{}, {}, {}], { root: { path: '/dev/null', isAlias: false } }],
    [
      'remembers what an inherited alias replaces',
      [{}, {}, { root: { path: '/a/', isAlias: true } }, {}, {}],
      { root: { path: '/a/', isAlias: true, aliasOf: '/x' } },
    ],
    [
      'knows an alias of the location itself',
      [{}, {}, { root: { path: '/a/', isAlias: true } }],
      { root: { path: '/a/', isAlias: true } },
    ],
  ];
  for (const [title, [http = {}, inServer = {}, ...locations], expected] of inherited) {
    it(title, () => {
      const settings = innermost(http, inServer, ...locations);
      for (const [name, value] of Object.entries(expected)) assert.deepEqual(settings[name as keyof Settings], value);
    });
  }

  it('gives the best encoding first, without those that are off', () => {
    const { compression } = innermost(
      { compression: { gzip: { level: 9 } } },
      { compression: { zstd: { enabled: false } } },
    );
    assert.deepEqual(compression?.encodings, [
      { encoding: 'br', level: 4 },
      { encoding: 'gzip', level: 9 },
    ]);
  });

  it('knows what to say beside precompressed files where nothing is compressed', () => {
    const off = { gzip: { enabled: false }, brotli: { enabled: false }, zstd: { enabled: false }, vary: false };
    assert.equal(innermost({ compression: off }, {}).compression, undefined);
    const precompressed = [{ encoding: 'gzip', always: false }] as const;
    const { compression } = innermost({ compression: off, precompressed }, {});
    assert.deepEqual([compression?.encodings, compression?.vary], [[], false]);
  });

  it('gives an `if` block the content of its location, but no try_files', () => {
    const settings = inIf({ content: { kind: 'empty-gif' }, tryFiles, internal: true }, { etag: false });
    assert.deepEqual(settings?.content, { kind: 'empty-gif' });
    assert.equal(settings.tryFiles, undefined);
    assert.equal(settings.internal, true);
    assert.equal(settings.etag, false);
  });

  it('gives an `if` block an alias as the location has it', () => {
    assert.deepEqual(inIf({ root: { path: '/a/', isAlias: true } }, {})?.root, { path: '/a/', isAlias: true });
  });

  it('lets an `if` block without settings change none', () => assert.equal(inIf({}, undefined), undefined));

  it('joins what servers alone have', () => {
    const [made] = plan([server({ connection: { keepAliveMs: 5 }, realIp: { from: ['::1'] } })], {
      connection: { headTimeoutMs: 4, keepAliveMs: 3 },
      mergeSlashes: false,
      realIp: { header: 'x-real-ip' },
    }).servers;
    assert.equal(made?.connection.headTimeoutMs, 4);
    assert.equal(made.connection.keepAliveMs, 5);
    assert.equal(made.mergeSlashes, false);
    assert.deepEqual(made.realIp, { from: ['::1'], header: 'x-real-ip', recursive: true });
    assert.equal(plan([server()], { realIp: { header: 'x-real-ip' } }).servers[0]?.realIp, undefined);
  });

  it('gives servers the error logs of the process', () => {
    const errorLogs = [{ target: { kind: 'file', path: '/e' }, level: 'crit' }] as const;
    const made = resolve({ ...config([server()]), process: { errorLogs } }, { hostname: 'host' });
    assert.deepEqual(made.servers[0]?.settings.errorLogs, errorLogs);
  });

  it('puts nothing into settings that is no setting', () => {
    const made = plan([server({ locations: [location('/', { rules: [{ kind: 'break' }] })] })], { mergeSlashes: true });
    const names = Object.keys(defaults).sort();
    assert.deepEqual(Object.keys(made.servers[0]!.settings).sort(), names);
    assert.deepEqual(Object.keys(made.servers[0]!.locations[0]!.settings).sort(), names);
  });

  it('takes what one server says of an address for all', () => {
    const open = { ...port80, ipv6Only: false };
    const [listener] = plan([server({ listen: [port80] }), server({ listen: [open] })]).listeners;
    assert.equal(listener?.ipv6Only, false);
  });

  it('says a charset of what upstreams send only where the config does', () => {
    const target = { kind: 'template', url: 'http://$host' } as const;
    const content = { kind: 'proxy', target } as const;
    const charsetOf = (block: Block): unknown =>
      plan([server({ content, ...block })]).servers[0]?.settings.charset?.charset;
    assert.equal(charsetOf({}), undefined);
    assert.equal(charsetOf({ charset: { charset: 'koi8-r' } }), 'koi8-r');
    assert.equal(plan([server({})]).servers[0]?.settings.charset?.charset, 'utf-8');
  });

  it('joins servers that listen on one address', () => {
    const unix = { bind: { kind: 'unix', path: '/s' }, isDefault: false } as const;
    const made = plan([
      server({ listen: [port80, unix] }),
      server({ listen: [{ ...port80, isDefault: true, backlog: 9 }] }),
      server({ listen: [port80, port80] }),
    ]);
    assert.deepEqual(made.listeners, [
      {
        bind: port80.bind,
        servers: [0, 1, 2],
        defaultServer: 1,
        ipv6Only: true,
        takesProxyProtocol: false,
        tls: false,
        http2: false,
        backlog: 9,
      },
      {
        bind: unix.bind,
        servers: [0],
        defaultServer: 0,
        ipv6Only: true,
        takesProxyProtocol: false,
        tls: false,
        http2: false,
        backlog: undefined,
      },
    ]);
  });
});

describe('TLS of a server', () => {
  const certificate = { certificate: '/c.pem', key: '/k.pem', passwordFile: undefined };

  it('is what is inherited and its own, with defaults', () => {
    const { servers } = plan([server({ tls: { certificates: [certificate], sessionTickets: false } })], {
      tls: { sessionTimeoutMs: 1000, sessionTickets: true },
    });
    const { tls } = servers[0] ?? {};
    assert.deepEqual(
      [tls?.certificates, tls?.sessionTimeoutMs, tls?.sessionTickets, tls?.versions],
      [[certificate], 1000, false, ['TLSv1.2', 'TLSv1.3']],
    );
  });

  it('is none where nothing is to be shown or refused', () => {
    const of = (tls: Partial<TlsPlan>): boolean => plan([server({ tls })]).servers[0]?.tls !== undefined;
    assert.deepEqual([of({ versions: ['TLSv1.3'] }), of({ rejectsHandshake: true })], [false, true]);
    const clients = { verify: 'required', depth: 1, trustedCertificate: '/ca.pem', crl: undefined } as const;
    const listen = [{ ...port80, tls: true }];
    const [secure, beside] = plan([
      server({ tls: { clients }, listen }),
      server({ tls: { clients }, listen: [port80] }),
    ]).servers;
    const why = 'rules for clients hold with certificates of another server too';
    assert.deepEqual([secure?.tls?.clients, beside?.tls?.clients], [clients, clients], why);
    assert.equal(of({ clients }), false, 'nobody is asked for a certificate in clear text');
  });
});

describe('a cache that is inherited', () => {
  const target = { kind: 'template', url: 'http://$host' } as const;
  const passing: Block = { content: { kind: 'proxy', target } };
  const cacheOf = (rules: 'rfc' | 'nginx', block: Block): string | undefined =>
    innermost({ cache: { rules, cache: 'a' } }, {}, block).cache?.cache;

  it('is for all content by the rules of HTTP', () => {
    assert.deepEqual([cacheOf('rfc', passing), cacheOf('rfc', {})], ['a', 'a']);
  });

  it("is for what comes from elsewhere alone by nginx's", () => {
    const app: Block = { content: { kind: 'app', app: 'main' } };
    assert.deepEqual([cacheOf('nginx', passing), cacheOf('nginx', app), cacheOf('nginx', {})], ['a', 'a', undefined]);
  });

  it('is inherited through a location that it is not for', () => {
    const inner = innermost({ cache: { rules: 'nginx', cache: 'a' } }, {}, {}, passing);
    assert.equal(inner.cache?.cache, 'a');
  });
});
