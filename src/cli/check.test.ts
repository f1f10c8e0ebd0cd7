import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const commands = { check: ['check.ts', 'runCheck'], convert: ['convert.ts', 'runConvert'] } as const;

/** Runs a command on a file of a folder, in a process of its own; the folder's path is left out of what it prints. */
async function run(command: keyof typeof commands, name: string, text: string, lenient = false): Promise<Outcome> {
  await using folder = await AppFolder.with({ [name]: text });
  const [file, call] = commands[command];
  const module = JSON.stringify(new URL(file, import.meta.url).href);
  const program = `const { ${call} } = await import(${module});
    process.exitCode = await ${call}(${JSON.stringify(folder.file(name))}, { lenient: ${lenient} });`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  const shown = (output: string): string => output.replaceAll(`${folder.path}/`, '');
  return { code: status, stdout: shown(stdout), stderr: shown(stderr) };
}

const nginx = 'events {}\nhttp {\n  server { listen 8080; server_name a.example; location / { root /srv; } }\n}\n';
const withFastcgi = 'events {}\nhttp {\n  server { listen 8080; location / { fastcgi_pass b; } }\n}\n';

describe('galley check', () => {
  it('reads the files of TLS', async () => {
    const tls = 'ssl_certificate /no/cert.pem; ssl_certificate_key /no/key.pem;';
    const text = `events {}\nhttp {\n  server { listen 8443 ssl; ${tls} }\n}\n`;
    const { code, stdout, stderr } = await run('check', 'nginx.conf', text);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    assert.match(stderr, /^error: Cannot read the certificate "\/no\/cert\.pem": file does not exist/m);
  });

  it('says what a typed config serves', async () => {
    const text = `export default { apps: { api: { python: 'main:app' } }, servers: [{ listen: [':80', '[::1]:81'], hosts: ['a.example', 'b.example'], locations: [{ path: '/', app: 'api' }] }] };`;
    assert.deepEqual(await run('check', 'galley.config.mjs', text), {
      code: 0,
      stdout: 'galley.config.mjs: ok\n  app api: main:app\n  a.example, b.example on :80, [::1]:81: 1 location\n',
      stderr: '',
    });
  });

  it('says where there is TLS', async () => {
    const text = `export default { servers: [{ listen: [':80', { address: ':443', tls: 'dev' }], respond: 'a' }] };`;
    const { stdout } = await run('check', 'galley.config.mjs', text);
    assert.equal(stdout, 'galley.config.mjs: ok\n  any host on :80, :443 with TLS: 0 locations\n');
  });

  it('shows all that is wrong in its place', async () => {
    const text = "export default {\n  servers: [\n    { listen: [':80'], host: [] },\n    { listen: 80 },\n  ],\n};\n";
    assert.deepEqual(await run('check', 'galley.config.ts', text), {
      code: 1,
      stdout: '',
      stderr: `galley.config.ts:3:24: error: Unknown option "host"
        { listen: [':80'], host: [] },
                           ^^^^
  did you mean "hosts"?
galley.config.ts:4:15: error: Cannot use 80 for "listen": it takes a list
        { listen: 80 },
                  ^^
2 errors, 0 warnings
`,
    });
  });

  it('reads an nginx.conf', async () => {
    const { code, stdout } = await run('check', 'nginx.conf', nginx);
    assert.equal(stdout, 'nginx.conf: ok\n  a.example on :8080: 1 location\n');
    assert.equal(code, 0);
  });

  it('takes what Galley does not have for an error, or with leniency for a warning', async () => {
    const strict = await run('check', 'nginx.conf', withFastcgi);
    assert.match(strict.stderr, /^nginx\.conf:3:38: error: .*fastcgi_pass/);
    assert.deepEqual([strict.code, strict.stdout], [1, '']);
    const lenient = await run('check', 'nginx.conf', withFastcgi, true);
    assert.match(lenient.stderr, /^nginx\.conf:3:38: warning: .*fastcgi_pass/);
    assert.deepEqual([lenient.code, lenient.stdout.split('\n')[0]], [0, 'nginx.conf: ok']);
  });
});

describe('galley convert', () => {
  it('prints an nginx.conf as a typed config, which says the same', async () => {
    const { code, stdout, stderr } = await run('convert', 'nginx.conf', nginx);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^import \{ defineConfig \} from 'galley';\n\nexport default defineConfig\(\{\n/);
    assert.match(stdout, /hosts: \['a\.example'\], locations: \[\{ path: '\/', root: '\/srv' \}\]/);
    const checked = await run('check', 'galley.config.ts', stdout);
    assert.equal(checked.stdout, 'galley.config.ts: ok\n  a.example on :8080: 1 location\n');
  });

  it('keeps what a config itself prints out of its output', async () => {
    const text = "console.log('loud');\nexport default { servers: [{ listen: [':80'] }] };\n";
    const { stdout, stderr } = await run('convert', 'galley.config.mjs', text);
    assert.match(stdout, /^import \{ defineConfig \} from 'galley';\n\nexport default defineConfig\(/);
    assert.equal(stderr, 'loud\n');
  });

  it('prints nothing of one that is wrong', async () => {
    const { code, stdout, stderr } = await run('convert', 'nginx.conf', 'events {}\nhttp { foo; }\n');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^nginx\.conf:2:8: error: unknown directive "foo"/);
  });
});
