import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { resolve } from '../../resolve.ts';
import type { Context, DirectiveRule } from '../syntax/directives/rule.ts';
import { rulesByName } from '../syntax/directives/table.ts';
import type { FileSystem } from '../syntax/file-system.ts';
import { readNginxConf } from '../syntax/load.ts';
import { type Adapted, adaptNginxConf } from './adapt.ts';
import type { AdaptContext } from './context.ts';
import { handlers } from './handler-table.ts';
import { ignoredHandlers } from './modules/ignored.ts';

const context: AdaptContext = {
  prefix: '/prefix',
  configFolder: '/prefix',
  hostname: 'machine',
  isRoot: true,
  lenient: false,
};

/** A file system with one file in it. */
function fileSystemOf(text: string): FileSystem {
  return { readText: () => text, names: () => [], exists: () => true };
}

function adapt(text: string, changed: Partial<AdaptContext> = {}): Adapted {
  const { directives, files, diagnostics } = readNginxConf('/prefix/nginx.conf', {
    prefix: '/prefix',
    fileSystem: fileSystemOf(text),
  });
  const adapted = adaptNginxConf(directives, { ...context, files, ...changed });
  return { ...adapted, diagnostics: [...diagnostics, ...adapted.diagnostics] };
}

const rules: readonly DirectiveRule[] = Array.from(rulesByName.values()).flat();
const supported = rules.filter(({ support }) => support.kind === 'full');

describe('adaptNginxConf', () => {
  const ofBlocks = new Set<Context>(['app', 'acme_issuer', 'upstream']);
  for (const { name } of supported.filter(({ contexts }) => !contexts.some((each) => ofBlocks.has(each)))) {
    it(`knows what "${name}" means`, () => assert.ok(Object.hasOwn(handlers, name)));
  }

  it('knows no directive that the parser refuses, and of those that it ignores no meaning', () => {
    const known = new Set(supported.map(({ name }) => name));
    const ignored = Object.keys(handlers).filter((name) => !known.has(name));
    assert.deepEqual(ignored, Object.keys(ignoredHandlers));
    assert.ok(ignored.every((name) => rulesByName.get(name)?.some(({ support }) => support.kind === 'ignored')));
  });

  it('refuses a CA without TLS', () => {
    const { diagnostics } = adapt('http { acme_issuer a { uri http://ca.example/; } }');
    assert.deepEqual(
      diagnostics.map(({ message }) => message),
      ['invalid value "http://ca.example/" in "uri" directive'],
    );
  });

  it('tells the place of an error with its line and the offending word', () => {
    const { diagnostics } = adapt('events {}\nhttp {\n  gzip_comp_level\n    12\n  ;\n}\n');
    assert.deepEqual(diagnostics, [
      {
        severity: 'error',
        message: 'value must be between 1 and 9',
        at: { file: '/prefix/nginx.conf', line: 4, column: 5, text: '    12' },
        nginxLine: 5,
        words: '12',
      },
    ]);
  });

  it('goes on behind an error', () => {
    const { diagnostics, config } = adapt('http { server { gzip_comp_level x; listen 81; expires soon; } }');
    assert.equal(diagnostics.length, 2);
    assert.deepEqual(config.servers[0]?.listen[0]?.bind, { kind: 'tcp', host: '0.0.0.0', port: 81 });
  });

  it('leaves out with a warning what Galley lacks, where it is lenient', () => {
    const text = 'http { access_log syslog:server=127.0.0.1; }';
    assert.deepEqual(
      [adapt(text), adapt(text, { lenient: true })].map(({ diagnostics }) => diagnostics[0]?.severity),
      ['error', 'warning'],
    );
  });

  it('lets nobody in by the address of a proxy, lenient or not', () => {
    for (const directive of ['real_ip_header proxy_protocol', 'set_real_ip_from 10.0.0.0/8']) {
      const { diagnostics } = adapt(`http { server { location / { ${directive}; } } }`, { lenient: true });
      assert.equal(diagnostics[0]?.severity, 'error', directive);
    }
  });

  it('takes a long list of addresses', () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `deny 10.0.${index >> 8}.${index & 255};`);
    const { config, diagnostics } = adapt(`http { ${lines.join('\n')} }`);
    assert.deepEqual([config.defaults.access?.length, diagnostics.length], [20_000, 0]);
  });

  it('refuses a pattern that could take too long', () => {
    const [diagnostic] = adapt('http { server { location ~ "(?=(a+)+$)b" { } } }').diagnostics;
    assert.match(diagnostic?.message ?? '', /could take too long/);
  });

  it('takes the pattern for old browsers that is in many configs, whose look ahead could take too long', () => {
    const { config, diagnostics } = adapt(
      String.raw`http { gzip_disable "MSIE [1-6]\.(?!.*SV1)" "MSIE [4-6].(?!.*SV1)"; }`,
    );
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(config.defaults.compression?.disable, [String.raw`MSIE [1-6]\.`, 'MSIE [4-6].']);
  });

  it('logs requests where it is told to if the file says nothing of it', () => {
    const { config } = adapt('http {}', { accessLogPath: '/var/log/access.log' });
    assert.deepEqual(config.defaults.accessLogs?.[0]?.target, { kind: 'file', path: '/var/log/access.log' });
  });
});

/** What may be around a directive, and what is around that. */
const around: Readonly<Record<Context, (inner: string) => string>> = {
  main: (inner) => inner,
  events: (inner) => `events { ${inner} }`,
  http: (inner) => `http { ${inner} }`,
  server: (inner) => `http { server { ${inner} } }`,
  location: (inner) => `http { server { location /a { ${inner} } } }`,
  'server-if': (inner) => `http { server { if ($uri) { ${inner} } } }`,
  'location-if': (inner) => `http { server { location /a { if ($uri) { ${inner} } } } }`,
  limit_except: (inner) => `http { server { location /a { limit_except GET { ${inner} } } } }`,
  upstream: (inner) => `http { upstream a { server 127.0.0.1; ${inner} } }`,
  app: (inner) => `app a { python main; ${inner} }`,
  acme_issuer: (inner) => `http { acme_issuer a { uri https://ca.example/; ${inner} } }`,
};

const values: readonly string[] = [
  ...['on', 'off', 'all', 'any', 'always', 'max', 'none', 'default', 'constructor', '__proto__', 'toString'],
  ...[
    '0',
    '1',
    '200',
    '404',
    '10k',
    '1g',
    '-1',
    '1h30m',
    '99999999999999999999',
    '5%',
    '*',
    '=',
    '=404',
    '@a',
    '~',
    '~*',
  ],
  ...[
    '$',
    '$a',
    '${uri',
    '$uri',
    `\${uri}x`,
    '$1',
    '/',
    '/a/',
    'a.b',
    '*.a',
    '.a',
    '[::1]:80',
    'unix:',
    'unix:/a',
    ':80',
  ],
  ...[
    '10.0.0.0/8',
    '10.0.0.1-10.0.0.2',
    '::1/129',
    'zone=a:1m',
    'zone=a',
    'rate=1r/s',
    'burst=5',
    'if=$a',
    '(',
    '($a',
    ')',
  ],
  ...['http://a', 'http://127.0.0.1:80/b', 'https://unix:/a:/b', 'http://$host', 'grpcs://127.0.0.1:1', '127.0.0.1:80'],
  ...['weight=2', 'backup', 'resolve', 'consistent', 'two', 'least_conn', 'cookie', 'route', 'interval=1s', 'match=a'],
  ...['keys_zone=a:1m', 'levels=1:2', 'valid=1s', 'from', 'error', 'updating', 'transparent', 'TLSv1.2', 'secure'],
  ...['^(a|b)+$', '~(', '~^(?<n>a)', 'text/html', 'GET', '""', '\\default', 'modified', '@1h', 'syslog:a', 'é', 'A: b'],
];

const value = fc.oneof(fc.constantFrom(...values), fc.string({ unit: 'grapheme-ascii', maxLength: 6 }));

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

const directive = fc
  .record({
    rule: fc.constantFrom(...supported),
    place: fc.nat(),
    args: fc.array(value, { maxLength: 5 }),
    inner: fc.array(fc.array(value, { minLength: 1, maxLength: 3 }), { maxLength: 4 }),
  })
  .map(({ rule, place, args, inner }) => {
    const { name, contexts, minArguments, maxArguments, block } = rule;
    const count = Math.min(Math.max(args.length, minArguments), maxArguments);
    const words = Array.from({ length: count }, (_, index) => quoted(args[index] ?? '/'));
    const entries = inner.map((each) => `${each.map(quoted).join(' ')};`).join(' ');
    const end = block === undefined ? ';' : `{ ${block === 'entries' ? entries : ''} }`;
    const context = contexts[place % contexts.length] ?? 'main';
    return around[context](`${[name, ...words].join(' ')} ${end}`);
  });

describe('adaptNginxConf of anything', () => {
  it('throws nothing, and gives what can be resolved', () => {
    fc.assert(
      fc.property(directive, (text) => {
        const { config, diagnostics } = adapt(text);
        if (diagnostics.every(({ severity }) => severity === 'warning')) resolve(config, { hostname: 'machine' });
      }),
      { numRuns: 3000 },
    );
  });
});
