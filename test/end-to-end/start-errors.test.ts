import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { AppFolder } from '../support/app-folder.ts';
import { type Ending, runGalley } from '../support/galley.ts';

interface FailingStart {
  readonly what: string;
  /** Of main.py. */
  readonly code: string;
  readonly args: readonly string[];
  /** What the one line says. */
  readonly says: RegExp;
  /** What the traceback ends with, its own frame of the app included; without it there is no traceback. */
  readonly traceback?: RegExp;
}

const app = 'async def app(scope, receive, send): pass\n';
const lifespan = (body: string): string => `
async def app(scope, receive, send):
    if scope['type'] == 'lifespan':
        await receive()
        ${body}
`;

const failingStarts: readonly FailingStart[] = [
  { what: 'a module that is not there', code: app, args: ['mian:app'], says: /no module "mian"/ },
  { what: 'an attribute that is not there', code: app, args: ['main:ap'], says: /no attribute "ap".*"app"/ },
  {
    what: 'a syntax error',
    code: 'x = 1\ndef app(:\n    pass\n',
    args: ['main:app'],
    says: /"main": syntax error in .*main\.py, line 2/,
    traceback: /main\.py", line 2\n.*SyntaxError/s,
  },
  {
    what: 'an exception at import',
    code: 'def brew():\n    raise RuntimeError("the kettle is cold")\nbrew()\n',
    args: ['main:app'],
    says: /"main": it raised RuntimeError/,
    traceback: /line 3, in <module>.*line 2, in brew.*RuntimeError: the kettle is cold/s,
  },
  {
    what: 'a package that is not installed',
    code: 'import kettle_of_fish\n',
    args: ['main:app'],
    says: /"main": it needs "kettle_of_fish", which is not installed/,
    traceback: /line 1, in <module>.*ModuleNotFoundError/s,
  },
  {
    what: 'an app that exits at import',
    code: 'import sys\nsys.exit(0)\n',
    args: ['main:app'],
    says: /"main": it raised SystemExit/,
    traceback: /line 2, in <module>.*SystemExit: 0/s,
  },
  { what: 'a thing that cannot be called', code: 'app = 4\n', args: ['main:app'], says: /"main:app": .*int/ },
  { what: 'a factory without --factory', code: 'def app(): pass\n', args: ['main:app'], says: /add --factory/ },
  {
    what: 'a factory that raises',
    code: 'def make():\n    raise RuntimeError("the kettle is cold")\n',
    args: ['main:make', '--factory'],
    says: /"main:make" raised RuntimeError/,
    traceback: /line 2, in make.*RuntimeError: the kettle is cold/s,
  },
  {
    what: 'an app whose lifespan startup fails',
    code: lifespan('await send({"type": "lifespan.startup.failed", "message": "the kettle is cold"})'),
    args: ['main:app'],
    says: /failed to start/,
    traceback: /the kettle is cold/,
  },
  {
    what: 'an exception in Starlette’s lifespan',
    code: `
from contextlib import asynccontextmanager
from starlette.applications import Starlette
@asynccontextmanager
async def lifespan(app):
    raise RuntimeError("the kettle is cold")
    yield
app = Starlette(lifespan=lifespan)
`,
    args: ['main:app'],
    says: /failed to start/,
    traceback: /line 6, in lifespan.*RuntimeError: the kettle is cold/s,
  },
  {
    what: 'an exception in the lifespan with --lifespan on',
    code: lifespan('raise RuntimeError("the kettle is cold")'),
    args: ['main:app', '--lifespan', 'on'],
    says: /failed to start/,
    traceback: /line 5, in app.*RuntimeError: the kettle is cold/s,
  },
  {
    what: 'an app that ends its process in its lifespan',
    code: `import os\n${lifespan('os._exit(7)')}`,
    args: ['main:app'],
    says: /exited with code 7 before it was ready/,
  },
  {
    what: 'a folder that is not there',
    code: app,
    args: ['main:app', '--app-dir', 'nowhere'],
    says: /folder ".*nowhere"/,
  },
];

describe('galley, when it cannot start', () => {
  for (const { what, code, args, says, traceback } of failingStarts) {
    it(`says why and exits with 1: ${what}`, async () => {
      await using folder = await AppFolder.with({ 'main.py': code });
      const ending = await runGalley([...args, '--port', '0'], { cwd: folder.path });
      assertOneMessage(ending, 1, says);
      if (traceback) assert.match(ending.stderr, traceback);
      else assert.equal(ending.stderr.split('\n').length, 2, ending.stderr);
    });
  }

  it('says why and exits with 1: a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using folder = await AppFolder.with({ 'main.py': app });
    const ending = await runGalley(['main:app', '--port', String(port)], { cwd: folder.path });
    server.close();
    assertOneMessage(ending, 1, new RegExp(`127\\.0\\.0\\.1:${port}: another program listens there`));
  });

  it('says why and exits with 1: a Python that is not there', async () => {
    const ending = await runGalley(['main:app', '--python', './nowhere/python'], { namePython: false });
    assertOneMessage(ending, 1, /the Python ".*nowhere\/python": it is not an executable file/);
  });

  it('says why and exits with 1: a Python that is another program', async () => {
    const ending = await runGalley(['main:app', '--python', '/bin/true'], { namePython: false });
    assertOneMessage(ending, 1, /Cannot start Python: it exited with code 0/);
  });

  const usageErrors: readonly (readonly [what: string, args: readonly string[], says: RegExp])[] = [
    ['an unknown option', ['main:app', '--wrokers', '2'], /--wrokers.*--workers/],
    ['a value that an option does not take', ['main:app', '--workers', 'many'], /--workers "many"/],
    ['a command that is not there', ['inspec', 'main:app'], /"inspec"\. Did you mean "galley inspect main:app"\?/],
    ['no app', [], /Which app\?/],
    ['an env file that is not there', ['main:app', '--env-file', 'nowhere'], /--env-file "nowhere": the file does not/],
  ];
  for (const [what, args, says] of usageErrors) {
    it(`says how it is used and exits with 2: ${what}`, async () => {
      assertOneMessage(await runGalley(args), 2, says);
    });
  }
});

/** One line of Galley's own; nothing of its inside; nothing on standard output. */
function assertOneMessage({ code, stdout, stderr }: Ending, wanted: number, says: RegExp): void {
  assert.equal(code, wanted, stderr);
  assert.equal(stdout, '');
  const messages = stderr.split('\n').filter((line) => line.startsWith('galley: '));
  assert.equal(messages.length, 1, stderr);
  assert.match(messages[0]!, says);
  assert.ok(stderr.startsWith('galley: '), stderr);
  assert.doesNotMatch(stderr, /galley_worker|importlib|\.ts:\d/);
}
