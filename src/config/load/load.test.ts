import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import type { Config } from '../config.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { loadConfig } from './load.ts';

async function load(files: Readonly<Record<string, string>>): Promise<Awaited<ReturnType<typeof loadConfig>>> {
  await using folder = await AppFolder.with(files);
  return await loadConfig(folder.file(Object.keys(files)[0]!));
}

async function loaded(files: Readonly<Record<string, string>>): Promise<Config> {
  const { config, diagnostics } = await load(files);
  assert.deepEqual(diagnostics, []);
  return config!;
}

/** What is wrong, as `line:column message [words] (hint)`. */
function lines(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(({ at, message, words, hint }) => {
    const place = at?.line === undefined ? '' : `${at.line}:${at.column} `;
    return `${place}${message}${words === undefined ? '' : ` [${words}]`}${hint === undefined ? '' : ` (${hint})`}`;
  });
}

const server = "servers: [{ listen: [':80'] }]";

const cookieText = "a text that is not empty and holds no ';', no ',' and no control characters";

describe('loadConfig', () => {
  const readable: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    TypeScript: {
      'galley.config.ts': `import { defineConfig } from 'galley';\nconst a: string = ':80';\nexport default defineConfig({ servers: [{ listen: [a] }] });`,
    },
    JavaScript: { 'galley.config.mjs': `export default { ${server} };` },
    JSON: { 'galley.config.json': '{ "$schema": "x", "servers": [{ "listen": [":80"] }] }' },
    'what is imported': { 'a.config.ts': `export { default } from './b.ts';`, 'b.ts': `export default { ${server} };` },
  };
  for (const [title, files] of Object.entries(readable)) {
    it(`reads ${title}`, async () => {
      const config = await loaded(files);
      assert.deepEqual(config.servers[0]?.listen, [
        { bind: { kind: 'tcp', host: '0.0.0.0', port: 80 }, isDefault: false },
      ]);
    });
  }

  it('reads what changed, of imported files too', async () => {
    await using folder = await AppFolder.with({
      'galley.config.ts': "import { listen } from './listen.ts';\nexport default { servers: [{ listen }] };",
      'listen.ts': "export const listen = [':80'];",
    });
    await loadConfig(folder.file('galley.config.ts'));
    await folder.write('listen.ts', "export const listen: string[] = [':81', ':82'];");
    const { config } = await loadConfig(folder.file('galley.config.ts'));
    assert.equal(config?.servers[0]?.listen.length, 2);
  });

  it('takes paths from the folder of the config', async () => {
    await using folder = await AppFolder.with({
      'galley.config.ts': `export default { apps: { a: { python: 'm:a' } }, defaults: { root: './public' }, servers: [] };`,
    });
    const { config } = await loadConfig(folder.file('galley.config.ts'));
    assert.deepEqual(config?.defaults.root, { path: join(folder.path, 'public'), isAlias: false });
    assert.deepEqual(config.apps['a']?.directory, folder.path);
  });

  const wrong: readonly (readonly [title: string, text: string, expected: readonly string[]])[] = [
    [
      'unknown options, each with what was meant',
      `export default {\n  servers: [{ listen: [':80'], host: [],\n    locations: [{ path: '/', expiers: '1d', zzz: 1 }] }],\n};`,
      [
        '2:32 Unknown option "host" [host] (did you mean "hosts"?)',
        '3:30 Unknown option "expiers" [expiers] (did you mean "expires"?)',
        '3:45 Unknown option "zzz" [zzz]',
      ],
    ],
    [
      'values',
      `import { defineConfig } from 'galley';\nexport default defineConfig({ servers: [{ listen: ['80'], etag: 'yes' }] } as const);`,
      [
        `2:52 Cannot use "80" for this: it takes an address such as ':80', '127.0.0.1:8000', '[::1]:80' or 'unix:/run/x.sock' ['80']`,
        `2:65 Cannot use "yes" for "etag": it takes true or false ['yes']`,
      ],
    ],
    [
      'texts that are neither sizes nor charsets',
      `export default { defaults: { limitRate: 'foo', limitRateAfter: '1x', charset: 'a b' } };`,
      [
        `1:41 Cannot use "foo" for "limitRate": it takes a number of bytes, a size such as '10m', or a text with a variable ['foo']`,
        `1:64 Cannot use "1x" for "limitRateAfter": it takes a number of bytes, a size such as '10m', or a text with a variable ['1x']`,
        `1:79 Cannot use "a b" for "charset": it takes the name of a charset such as 'utf-8', or a text with a variable ['a b']`,
      ],
    ],
    [
      'health checks that cannot be sent',
      `export default { upstreams: { a: { peers: ['b'], healthCheck: { uri: '/a b', host: 'a\\r\\nb' } } } };`,
      [
        `1:70 Cannot use "/a b" for "uri": it takes a path such as '/health?full', without spaces ['/a b']`,
        `1:84 Cannot use "a\\r\\nb" for "host": it takes a host such as 'app.example' or 'app.example:8000' ['a\\r\\nb']`,
      ],
    ],
    [
      'texts that would make another cookie of one',
      `export default { upstreams: { a: { peers: [{ address: 'b', route: 'x; Domain=evil' }],
        sticky: { cookie: 'a;b', domain: 'a,b', path: '/\\r\\nx', flags: ['secure', 'Path=/'] } } } };`,
      [
        `1:67 Cannot use "x; Domain=evil" for "route": it takes ${cookieText} ['x; Domain=evil']`,
        `2:27 Cannot use "a;b" for "cookie": it takes the name of a cookie, such as 'peer' ['a;b']`,
        `2:42 Cannot use "a,b" for "domain": it takes ${cookieText} ['a,b']`,
        `2:55 Cannot use "/\\r\\nx" for "path": it takes ${cookieText} ['/\\r\\nx']`,
        `2:83 Cannot use "Path=/" for this: it takes 'secure', 'httponly', 'samesite=strict', 'samesite=lax', 'samesite=none' ['Path=/']`,
      ],
    ],
    [
      'times that are too long for a timer, or too short',
      `export default { upstreams: { a: { peers: [{ address: 'b', slowStart: '60d' }], healthCheck: { interval: '0s', timeout: '0s' },
        breaker: { window: '99ms' }, resolver: { valid: '70y', timeout: '30d' } } }, caches: { c: { inactive: '60d' } },
        defaults: { proxy: { timeouts: { read: '1d', connect: '30d' } } } };`,
      [
        `1:71 Cannot use "60d" for "slowStart": it takes a time from 0s to 24d 20h 31m 23s 647ms ['60d']`,
        `1:106 Cannot use "0s" for "interval": it takes a time from 100ms to 24d 20h 31m 23s 647ms ['0s']`,
        `1:121 Cannot use "0s" for "timeout": it takes a time from 1ms to 24d 20h 31m 23s 647ms ['0s']`,
        `2:28 Cannot use "99ms" for "window": it takes a time from 100ms to 24d 20h 31m 23s 647ms ['99ms']`,
        `2:57 Cannot use "70y" for "valid": it takes a time from 0s to 68y 35d 3h 14m 7s ['70y']`,
        `2:73 Cannot use "30d" for "timeout": it takes a time from 1ms to 24d 20h 31m 23s 647ms ['30d']`,
        `3:63 Cannot use "30d" for "connect": it takes a time from 1ms to 24d 20h 31m 23s 647ms ['30d']`,
      ],
    ],
    [
      'statuses that cannot be sent',
      `export default { defaults: { rateLimitStatus: 100, errorPages: [{ statuses: [404], status: 100, target: '/' }] } };`,
      [
        '1:47 Cannot use 100 for "rateLimitStatus": it takes a whole number from 400 to 599 [100]',
        '1:92 Cannot use 100 for "status": it takes a whole number from 200 to 599 [100]',
      ],
    ],
    [
      'statuses that end no answer',
      `export default { servers: [{ listen: [':80'], rules: [{ return: 199 }], locations: [{ path: '/', respond: { status: 0 } }] }] };`,
      [
        '1:65 Cannot use 199 for "return": it takes a whole number from 200 to 999 [199]',
        '1:117 Cannot use 0 for "status": it takes a whole number from 200 to 999 [0]',
      ],
    ],
    [
      'values inside of the form that was meant',
      `export default { servers: [{ listen: [':80'], rateLimit: { key: 'a', rate: '10' } }] };`,
      [`1:76 Cannot use "10" for "rate": it takes a rate such as '10/s' or '30/m' ['10']`],
    ],
    [
      'what is missing, at the object around it',
      `export default { apps: { api: { threads: 4 } }, servers: [] };`,
      ['1:31 "python" is missing: it takes a text [{ threads: 4 }]'],
    ],
    [
      'values of constants and spreads, where they stand',
      `const a = { etag: 1 };\nconst list = [{ listen: [':80'], ...a }];\nexport default { servers: list };`,
      ['1:19 Cannot use 1 for "etag": it takes true or false [1]'],
    ],
    [
      'what is computed, by its path',
      `const f = () => 'x';\nexport default { servers: [{ listen: [':80'], ['et' + 'ag']: f() }] };`,
      ['2:28 Cannot use "x" for "etag": it takes true or false (at servers[0].etag)'],
    ],
    [
      'addresses that do not exist',
      `export default { servers: [{ listen: ['[::g]:80', ':99999'] }] };`,
      [
        `1:39 Cannot use "[::g]:80" for this: it takes an address such as ':80', '127.0.0.1:8000', '[::1]:80' or 'unix:/run/x.sock' ['[::g]:80']`,
      ],
    ],
    [
      'a port beyond the last one',
      `export default { servers: [{ listen: [':99999'] }] };`,
      [`1:39 Cannot listen on ":99999": there is no such address [':99999']`],
    ],
    [
      'folders for paths without a slash',
      `export default { servers: [{ listen: [':80'], locations: [{ path: '/a', files: '.' }] }] };`,
      [
        `1:67 "/a" also stands for paths that go on without a slash, which "files" would let out of its folder ['/a'] (write "/a/")`,
      ],
    ],
    [
      'keys of tables, where they stand',
      `export default { variables: { a: { geo: '$host', entries: {\n  'x': '1' } }, b: { map: '$host', entries: {\n  '~(': '2' } } }, ${server} };`,
      [
        `2:3 "x" is no address or network ['x']`,
        `3:3 Cannot use this pattern: missing closing parenthesis in "(" ['~(']`,
      ],
    ],
    [
      'credentials for everybody',
      `export default { defaults: { cors: { credentials: true } } };`,
      [
        '1:36 Cannot use {"credentials":true} for "cors": with credentials, it takes the origins that may use them [{ credentials: true }]',
      ],
    ],
    [
      'options by the names that nginx has for them, or by a part of theirs',
      `export default { servers: [{ listen: [':80'], server_name: [], basicAuth: { file: 'a' } }], apps: { a: { python: 'a:b', env: {} } } };`,
      [
        '1:47 Unknown option "server_name" [server_name] (did you mean "hosts"?)',
        '1:77 Unknown option "file" [file] (did you mean "userFile"?)',
        '1:121 Unknown option "env" [env] (did you mean "environment"?)',
      ],
    ],
    [
      'unknown options where there are few others',
      `export default { defaults: { compression: { gzip: { lvl: 1 } } } };`,
      ['1:53 Unknown option "lvl" [lvl] (it takes "enabled", "level")'],
    ],
    [
      'a misspelt option that is needed, once',
      `export default { apps: { a: { pyhton: 'a:b' } } };`,
      ['1:31 Unknown option "pyhton" [pyhton] (did you mean "python"?)'],
    ],
    [
      'a text in place of a list',
      `export default { servers: [{ listen: ':80' }] };`,
      [`1:38 Cannot use ":80" for "listen": it takes a list [':80'] (write [":80"])`],
    ],
    [
      'names of tables',
      `export default { defaults: { errorPages: { abc: '/x' } } };`,
      ['1:44 Cannot use "abc" as a name: it takes statuses such as 404 as names [abc]'],
    ],
    [
      'folders and files that do not exist',
      `export default {
  apps: { a: { python: 'a:b', directory: '/nonexistent/app', interpreter: '/nonexistent/python' } },
  servers: [{ listen: [':80'], files: '/nonexistent/files', locations: [
    { path: '/', root: '/nonexistent/$host' },
    { path: '/b/', root: '/nonexistent/b', basicAuth: { realm: 'r', userFile: '/nonexistent/users' } }] }],
};`,
      [
        `2:42 Cannot run the app in "/nonexistent/app": there is no such folder ['/nonexistent/app']`,
        `2:75 Cannot run the app by "/nonexistent/python": there is no such file ['/nonexistent/python']`,
        `3:39 "/nonexistent/files" does not exist: what is served from it will be missing ['/nonexistent/files']`,
        `5:26 "/nonexistent/b" does not exist: what is served from it will be missing ['/nonexistent/b']`,
        `5:79 There is no file "/nonexistent/users": nobody can come in ['/nonexistent/users']`,
      ],
    ],
    [
      'files of TLS that do not exist',
      `export default {
  issuers: { own: { ca: '/nonexistent/ca' } },
  servers: [{ listen: [{ address: ':443', tls: { certificate: '/nonexistent/a.pem', key: '/nonexistent/a.key' } }] }],
};`,
      [
        `2:25 There is no file "/nonexistent/ca" ['/nonexistent/ca']`,
        `3:63 There is no file "/nonexistent/a.pem" ['/nonexistent/a.pem']`,
        `3:90 There is no file "/nonexistent/a.key" ['/nonexistent/a.key']`,
      ],
    ],
    [
      'a missing comma',
      `export default {\n  apps: {}\n    servers: [],\n};`,
      [`3:5 Cannot load the config: Expected ',', got 'ident' (is a comma, a bracket or a quote missing before it?)`],
    ],
    ['a module that throws', `\nexport default { a: b };`, ['2:21 Cannot load the config: b is not defined']],
    ['a module without an export', 'export const a = 1;', ['Cannot load the config: it has no default export']],
    [
      'functions',
      'export default { servers: () => [] };',
      ['Cannot load the config: a config takes texts, numbers, lists and objects, but not () => []'],
    ],
    [
      'a module that waits for ever',
      'await new Promise(() => {});\nexport default {};',
      ['Cannot load the config: its top-level await never ends'],
    ],
    ['a module that ends', 'process.exit(3);', ['Cannot load the config: it ended the process with exit code 3']],
  ];
  for (const [title, text, expected] of wrong) {
    it(`tells of ${title}`, async () => {
      const { diagnostics } = await load({ 'galley.config.ts': text });
      assert.deepEqual(lines(diagnostics), expected);
    });
  }

  it('finds places in JSON', async () => {
    const { diagnostics } = await load({
      'galley.config.json': '{\n  "servers": [{ "listen": [":80"], "etag": 1 }]\n}',
    });
    assert.deepEqual(lines(diagnostics), ['2:44 Cannot use 1 for "etag": it takes true or false [1]']);
  });

  it('finds places in CommonJS', async () => {
    const { diagnostics } = await load({ 'galley.config.cjs': 'module.exports = { servers: 1 };' });
    assert.deepEqual(lines(diagnostics), ['1:29 Cannot use 1 for "servers": it takes a list [1]']);
  });

  it('reads JSON with a byte order mark', async () => {
    assert.deepEqual(
      (await loaded({ 'galley.config.json': `\uFEFF{ "servers": [{ "listen": [":80"] }] }` })).servers.length,
      1,
    );
  });

  it('tells where JSON is broken', async () => {
    const { config, diagnostics } = await load({ 'galley.config.json': '{\n  "servers": [}\n}' });
    assert.equal(config, undefined);
    assert.deepEqual([diagnostics[0]?.at?.line, diagnostics[0]?.at?.column], [2, 15]);
  });

  it('tells where TypeScript is broken', async () => {
    const { diagnostics } = await load({ 'galley.config.ts': 'export default {\n  a: ;\n};' });
    assert.equal(diagnostics[0]?.at?.line, 2);
  });

  it('tells where a file that is imported is broken', async () => {
    const { diagnostics } = await load({
      'galley.config.ts': `import { a } from './b.ts';\nexport default a;`,
      'b.ts': `export const a = {\n  b: 1\n  c: 2,\n};`,
    });
    assert.match(diagnostics[0]?.at?.file ?? '', /\/b\.ts$/);
    assert.deepEqual([diagnostics[0]?.at?.line, diagnostics[0]?.at?.column], [3, 3]);
  });

  it('finds places in a file whose name has a space', async () => {
    for (const text of ['\nexport default { a: b };', `\nimport { defineConfg } from 'galley';`]) {
      await using folder = await AppFolder.with({ 'a b.config.mjs': text });
      const { diagnostics } = await loadConfig(folder.file('a b.config.mjs'));
      assert.equal(diagnostics[0]?.at?.file, folder.file('a b.config.mjs'));
      assert.equal(diagnostics[0]?.at?.line, 2);
    }
  });

  it('tells which import is missing', async () => {
    const imports = [`import { a } from './b.ts';`, `import a from 'gally';`];
    for (const text of imports) {
      const { diagnostics } = await load({ 'galley.config.ts': `\n${text}\nexport default { a };` });
      assert.match(diagnostics[0]?.message ?? '', /Cannot find (module|package)/);
      assert.deepEqual([diagnostics[0]?.at?.line, diagnostics[0]?.at?.column], [2, text.search(/'/) + 1]);
    }
  });

  it('tells of a file that does not exist', async () => {
    const { diagnostics } = await loadConfig('/nonexistent/galley.config.ts');
    assert.deepEqual(lines(diagnostics), [
      'Cannot read the config "/nonexistent/galley.config.ts": the file does not exist',
    ]);
  });
});
