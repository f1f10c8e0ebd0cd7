import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../support/app-folder.ts';
import { type Ending, runGalley } from '../support/galley.ts';
import { testPython } from '../support/python.ts';

const apps = fileURLToPath(new URL('../apps', import.meta.url));

const frameworkApps = [
  { target: 'fastapi_app:app', interface: 'asgi3', framework: 'FastAPI', lifespan: 'supported' },
  { target: 'starlette_app:app', interface: 'asgi3', framework: 'Starlette', lifespan: 'supported' },
  { target: 'falcon_asgi_app:app', interface: 'asgi3', framework: 'Falcon', lifespan: 'supported' },
  { target: 'flask_app:app', interface: 'wsgi', framework: 'Flask', lifespan: undefined },
  { target: 'bottle_app:app', interface: 'wsgi', framework: 'Bottle', lifespan: undefined },
] as const;

const startupFails = `
async def app(scope, receive, send):
    await receive()
    await send({'type': 'lifespan.startup.failed', 'message': 'the kettle is cold'})
`;

interface Report {
  readonly interface: string;
  readonly framework: { readonly name: string; readonly version: string } | null;
  readonly lifespan: { readonly state: string } | null;
  readonly python: { readonly path: string };
  readonly preloaded: boolean;
  readonly found: readonly string[];
}

function inspect(args: readonly string[], cwd: string): Promise<Ending> {
  return runGalley(['inspect', ...args], { cwd }, 20_000);
}

async function report(args: readonly string[], cwd: string): Promise<Report> {
  const { code, stdout, stderr } = await inspect([...args, '--json'], cwd);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Report;
}

describe('galley inspect', () => {
  for (const each of frameworkApps) {
    it(`finds out what ${each.target} is`, async () => {
      const { interface: found, framework, lifespan, python } = await report([each.target], apps);
      assert.deepEqual([found, framework?.name, lifespan?.state], [each.interface, each.framework, each.lifespan]);
      assert.match(framework?.version ?? '', /^\d+\.\d+/);
      assert.equal(python.path, testPython());
    });
  }

  it('says it to a person, and keeps what the app prints apart', async () => {
    await using folder = await AppFolder.with({
      'main.py': 'print("PRINTED")\nasync def app(scope, receive, send):\n    raise ValueError(scope["type"])\n',
    });
    const { code, stdout, stderr } = await inspect(['main:app'], folder.path);
    assert.equal(code, 0);
    assert.equal(stderr, 'PRINTED\n');
    const rows = Object.fromEntries(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => [line.slice(0, 12).trim(), line.slice(12)]),
    );
    assert.equal(rows['App'], `main:app, in ${folder.path}`);
    assert.equal(rows['Interface'], 'ASGI 3: a coroutine function');
    assert.equal(rows['Lifespan'], 'it has none');
    assert.match(rows['Python'] ?? '', /^CPython \d+\.\d+\.\d+, from --python: /);
    assert.match(rows['Import'] ?? '', /^\d+ ms, -?\d+\.\d MiB of \d+\.\d MiB in use$/);
    assert.equal(rows['Left open'], 'nothing');
    assert.equal(rows['Workers'], 'forked with the app imported');
  });

  it('names what the import left open and what follows from that', async () => {
    await using folder = await AppFolder.with({
      'main.py': `
import threading
threading.Thread(target=threading.Event().wait, name='poller').start()
kept = open(__file__)
def app(environ, start_response): pass
`,
    });
    const { preloaded, found } = await report(['main:app'], folder.path);
    assert.deepEqual([preloaded, found], [false, ['thread poller']]);
    const { stdout } = await inspect(['main:app'], folder.path);
    assert.match(stdout, /^Left open {3}thread poller, file \/.*main\.py$/m);
    assert.match(stdout, /^Workers {5}each imports the app: thread poller$/m);
  });

  it('runs the startup where it is told to, and exits with 1 where that fails', async () => {
    await using folder = await AppFolder.with({ 'main.py': startupFails });
    assert.equal((await inspect(['main:app'], folder.path)).code, 0);
    const { code, stdout } = await inspect(['main:app', '--lifespan', 'on'], folder.path);
    assert.equal(code, 1);
    assert.match(stdout, /^Lifespan {4}startup failed$/m);
    assert.match(stdout, /\nthe kettle is cold\n$/);
  });

  it('takes a factory, a folder, an interface and an environment', async () => {
    await using folder = await AppFolder.with({
      'main.py':
        'import os\ndef make():\n    assert os.environ["KETTLE"] == "hot"\n    return lambda *anything: None\n',
      'app.env': 'KETTLE=hot\n',
    });
    const args = ['main:make', '--factory', '--app-dir', folder.path, '--env-file', folder.file('app.env')];
    assert.equal((await report([...args, '--interface', 'asgi3', '--lifespan', 'off'], '/')).interface, 'asgi3');
    assert.equal((await report(args, '/')).interface, 'wsgi');
  });

  it('says why an app cannot be imported as the start does, and exits with 1', async () => {
    await using folder = await AppFolder.with({ 'main.py': 'x = 1\nraise RuntimeError("the kettle is cold")\n' });
    const { code, stdout, stderr } = await inspect(['main:app', '--json'], folder.path);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^galley: Cannot import "main": it raised RuntimeError\n\n.*line 2.*the kettle is cold\n$/s);
  });

  it('has a help of its own', async () => {
    const { code, stdout } = await runGalley(['inspect', '--help'], { namePython: false });
    assert.equal(code, 0);
    assert.match(stdout, /Usage: galley inspect MODULE:ATTR/);
    assert.doesNotMatch(stdout, /--port/);
  });
});
