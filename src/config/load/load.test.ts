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
      `export default { variables: { a: { geo: '$host', entries: {\n  'x': '1' } }, b: { map: '$host', entries: {\n  '~(': '2' } } } };`,
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
    ['a module that throws', `\nexport default { a: b };`, ['2:21 Cannot load the config: b is not defined']],
    ['a module without an export', 'export const a = 1;', ['Cannot load the config: it has no default export']],
    ['functions', 'export default { servers: () => [] };', ['Cannot load the config: () => [] could not be cloned.']],
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
    const { diagnostics } = await load({ 'galley.config.cjs': 'module.exports = { zzz: 1 };' });
    assert.deepEqual(lines(diagnostics), ['1:20 Unknown option "zzz" [zzz]']);
  });

  it('reads JSON with a byte order mark', async () => {
    assert.deepEqual((await loaded({ 'galley.config.json': '\uFEFF{ "servers": [] }' })).servers, []);
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

  it('tells of a file that does not exist', async () => {
    const { diagnostics } = await loadConfig('/nonexistent/galley.config.ts');
    assert.deepEqual(lines(diagnostics), [
      'Cannot read the config "/nonexistent/galley.config.ts": the file does not exist',
    ]);
  });
});
