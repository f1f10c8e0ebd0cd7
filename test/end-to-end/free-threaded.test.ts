import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppFolder } from '../support/app-folder.ts';
import { startGalley } from '../support/galley.ts';

/** Makes any Python look like a free-threaded one; the interpreter imports it by itself. */
const sitecustomize = 'import sys\nsys.abiflags = "t"\nsys._is_gil_enabled = lambda: False\n';

const apps = [
  { name: 'WSGI', code: 'def app(environ, start_response): pass\n', says: /threads of a WSGI worker run in parallel/ },
  { name: 'ASGI', code: 'async def app(scope, receive, send): pass\n', says: /runs one event loop in one thread/ },
] as const;

describe('galley on a free-threaded Python', () => {
  for (const { name, code, says } of apps) {
    it(`says in one line what runs in parallel: ${name}`, async () => {
      await using folder = await AppFolder.with({ 'main.py': code, 'sitecustomize.py': sitecustomize });
      const environment = { PYTHONPATH: folder.path };
      await using galley = await startGalley('main:app', { cwd: folder.path, environment, args: ['--workers', '2'] });
      const lines = galley.stderr().split('\n');
      assert.equal(lines.filter((line) => says.test(line)).length, 1, galley.stderr());
      assert.match(galley.stderr(), /^ {2}Python {3}CPython \d+\.\d+\.\d+, free-threaded, from --python$/m);
      assert.equal(await galley.stop(), 0);
    });
  }
});
