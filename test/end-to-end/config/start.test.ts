import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { AppFolder } from '../../support/app-folder.ts';
import { type Ending, Galley, ready, runGalley } from '../../support/galley.ts';
import { ask, ConfigStage, testApp } from './config-stage.ts';

const hello = `{ servers: [{ listen: ['127.0.0.1:0'], respond: 'hello' }] }`;

/** Runs `galley` in a folder with these files to its end, with nothing left running. */
async function fails(files: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ending> {
  await using folder = await AppFolder.with(files);
  const environment = { GALLEY_RUNTIME_DIR: folder.file('runtime'), TMPDIR: folder.path };
  const ending = await runGalley(args, { cwd: folder.path, namePython: false, environment });
  const left = readdirSync(folder.path).filter((name) => name.startsWith('galley-') || name.endsWith('.sock'));
  assert.deepEqual(left, [], 'no folder of sockets is left');
  return { ...ending, stderr: ending.stderr.replaceAll(`${folder.path}/`, '') };
}

/** The app and the place where it listens, of a config that is fine but for that app. */
function appConfig(...apps: readonly string[]): string {
  const named = Object.fromEntries(apps.map((python) => [python.split(':')[0], testApp(python, { directory: '.' })]));
  const [app] = Object.keys(named);
  return JSON.stringify({ apps: named, servers: [{ listen: ['127.0.0.1:0'], app }] });
}

describe('galley -c', () => {
  const configs: Readonly<Record<string, string>> = {
    'galley.config.ts': `import type { UserConfig } from 'galley';\nexport default ${hello} satisfies UserConfig;`,
    'galley.config.js': `export default ${hello};`,
    'galley.config.mjs': `export default ${hello};`,
    'galley.config.cjs': `module.exports = ${hello};`,
    'galley.config.json': '{ "servers": [{ "listen": ["127.0.0.1:0"], "respond": "hello" }] }',
  };
  for (const [name, text] of Object.entries(configs)) {
    it(`serves a ${name}`, async () => {
      await using stage = await ConfigStage.start({ [name]: text });
      assert.equal(await stage.body('/'), 'hello');
      assert.equal(await stage.galley.stop(), 0);
      await stage.galley.leavesNothing();
    });
  }

  const wrong: Readonly<
    Record<string, { readonly file: string; readonly text: string; readonly says: readonly RegExp[] }>
  > = {
    'a name that is nearly an option': {
      file: 'a.config.ts',
      text: `export default {\n  servers: [{ listen: [':0'], locatons: [] }],\n};\n`,
      says: [/^a\.config\.ts:2:31: error: Unknown option "locatons"$/m, /did you mean "locations"\?/],
    },
    'a time without its unit': {
      file: 'a.config.json',
      text: '{\n  "servers": [{ "listen": [":0"], "connection": { "keepAlive": "75 parsecs" } }]\n}\n',
      says: [/^a\.config\.json:2:64: error: Cannot use "75 parsecs" for "keepAlive": it takes a time with its unit/m],
    },
    'an app that there is not': {
      file: 'a.config.js',
      text: `export default {\n  servers: [{ listen: [':0'], app: 'shop' }],\n};\n`,
      says: [/^a\.config\.js:2:36: error: There is no app "shop"$/m],
    },
    'a module that throws': {
      file: 'a.config.ts',
      text: '\nthrow new Error("no config today");\n',
      says: [/^a\.config\.ts:2:\d+: error: Cannot load the config: no config today$/m],
    },
    'all that is wrong with an nginx.conf': {
      file: 'nginx.conf',
      text: 'events {}\nhttp {\n  server {\n    locaton / { }\n    listen 127.0.0.1:99999;\n    proxy_pass http://x;\n  }\n}\n',
      says: [
        /^nginx\.conf:4:5: error: unknown directive "locaton"$/m,
        /did you mean "location"\?/,
        /^nginx\.conf:5:12: error: invalid port in "127\.0\.0\.1:99999"/m,
        /^nginx\.conf:6:5: error: "proxy_pass" directive is not allowed here$/m,
      ],
    },
  };
  for (const [what, { file, text, says }] of Object.entries(wrong)) {
    it(`tells of ${what}, with its place, and ends with exit code 1, as "galley check" does`, async () => {
      const served = await fails({ [file]: text }, '-c', file);
      const checked = await fails({ [file]: text }, 'check', file);
      for (const { code, stdout, stderr } of [served, checked]) {
        assert.equal(code, 1);
        assert.equal(stdout, '');
        for (const pattern of says) assert.match(stderr, pattern);
      }
    });
  }

  it('says why an app cannot start, and leaves none of the others running', async () => {
    const files = {
      'a.config.json': appConfig('good:app', 'bad:app'),
      'good.py': 'def app(environ, start_response): pass\n',
      'bad.py': '\nraise RuntimeError("the kettle is cold")\n',
    };
    const { code, stderr } = await fails(files, '-c', 'a.config.json');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^galley: Cannot import "bad": it raised RuntimeError\n[\s\S]*bad\.py", line 2[\s\S]*the kettle is cold/,
    );
    const missing = await fails({ 'a.config.json': appConfig('nowhere:app') }, '-c', 'a.config.json');
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /^galley: Cannot import "nowhere": there is no module "nowhere"/);
  });

  it('says that a port is taken, and leaves no app running', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const config = appConfig('good:app').replace('127.0.0.1:0', `127.0.0.1:${port}`);
    const { code, stderr } = await fails(
      { 'a.config.json': config, 'good.py': 'def app(environ, start_response): pass\n' },
      '-c',
      'a.config.json',
    );
    other.close();
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(`^galley: Cannot listen on 127\\.0\\.0\\.1:${port}: another program listens there`),
    );
  });

  it('says that a log cannot be opened', async () => {
    const config = { servers: [{ listen: ['127.0.0.1:0'], respond: 'x', accessLog: { to: './no/such/log' } }] };
    const { code, stderr } = await fails({ 'a.config.json': JSON.stringify(config) }, '-c', 'a.config.json');
    assert.equal(code, 1);
    assert.match(stderr, /^galley: .*no\/such\/log.*No such file or directory/);
  });

  it('says what the config does not go together with, with exit code 2', async () => {
    const config = { 'a.config.js': `export default ${hello};` };
    const usage: readonly (readonly [args: readonly string[], says: RegExp])[] = [
      [['-c'], /-c needs a value/],
      [['-c', 'a.config.js', 'main:app'], /Cannot serve "main:app" together with --config/],
      [['-c', 'a.config.js', '--port', '3'], /Cannot use --port together with --config/],
      [['-c', 'a.config.js', '-w', '3'], /Cannot use --workers together with --config/],
      [['check'], /Which config\?/],
    ];
    for (const [args, says] of usage) {
      const { code, stderr } = await fails(config, ...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, says);
    }
  });
});

describe('galley FOLDER', () => {
  it('serves files and lists folders, but nothing that is hidden', async () => {
    await using folder = await AppFolder.with({ 'a.txt': 'text', '.env': 'SECRET=1' });
    await using galley = await ready(new Galley([folder.path, '--port', '0'], { namePython: false }));
    assert.equal((await ask(galley.port, '/a.txt')).body, 'text');
    const list = await ask(galley.port, '/');
    assert.match(list.body, /a\.txt/);
    assert.doesNotMatch(list.body, /\.env/);
    assert.equal((await ask(galley.port, '/.env')).status, 404);
  });

  it('says that there is no such folder', async () => {
    const { code, stderr } = await fails({}, './nowhere');
    assert.equal(code, 1);
    assert.match(stderr, /Cannot serve ".*nowhere": there is no such folder/);
  });
});

describe('galley check', () => {
  it('tells what a config serves', async () => {
    const config = appConfig('good:app').replace('127.0.0.1:0', '127.0.0.1:8080');
    const { code, stdout, stderr } = await fails({ 'a.config.json': config }, 'check', 'a.config.json');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(
      stdout,
      /a\.config\.json: ok\n {2}app good: good:app\n {2}any host on 127\.0\.0\.1:8080: 0 locations\n$/,
    );
  });

  it('takes what Galley lacks of nginx for a warning with --lenient', async () => {
    const text =
      'events {}\nhttp {\n  server {\n    listen 127.0.0.1:8080;\n    location / { fastcgi_pass x; }\n  }\n}\n';
    const strict = await fails({ 'nginx.conf': text }, 'check', 'nginx.conf');
    assert.equal(strict.code, 1);
    assert.match(strict.stderr, /^nginx\.conf:5:18: error: "fastcgi_pass" directive needs FastCGI/);
    const lenient = await fails({ 'nginx.conf': text }, 'check', 'nginx.conf', '--lenient');
    assert.equal(lenient.code, 0, lenient.stderr);
    assert.match(lenient.stderr, /^nginx\.conf:5:18: warning: /);
  });
});
