import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGalley } from '../../test/support/galley.ts';
import { setUpPythonEnvironment } from '../testing/python-environment.ts';
import { fetchSuite } from './fetch-suite.ts';
import { runUntilStopped } from './run-until-stopped.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, '.cache/conformance');
const log = join(folder, 'galley.log');
const pytestOptions: readonly string[] = [
  ...['-q', '--tb=short', '--disable-warnings', '-p', 'no:cacheprovider', '--asyncio-mode=auto'],
  ...['-o', 'asyncio_default_fixture_loop_scope=function', '--noconftest', '-p', 'asgi_fixtures'],
];

/** Runs gunicorn's ASGI suite against Galley; further arguments are pytest's. The exit code is that of pytest. */
async function runSuite(pytestArgs: readonly string[], signal: AbortSignal): Promise<number> {
  const python = setUpPythonEnvironment(
    join(root, '.cache/conformance-python'),
    join(root, 'scripts/conformance/requirements.txt'),
  );
  const suite = fetchSuite(python, folder);
  // One test counts in the memory of the app; Galley spreads the requests of a connection over all workers.
  const args = ['--app-dir', suite, '--python', python, '--workers', '1', '--no-access-log'];
  await using galley = await startGalley('apps.main_app:app', { args, namePython: false });
  const url = ['--url', new URL(galley.url).origin];
  const tests = spawn(python, ['-m', 'pytest', ...pytestOptions, ...url, suite, ...pytestArgs], {
    cwd: suite,
    env: {
      ...process.env,
      PYTHONPATH: [join(root, 'scripts/conformance'), join(suite, '..')].join(':'),
      PYTHONDONTWRITEBYTECODE: '1',
    },
    stdio: 'inherit',
    signal,
  });
  const [code] = await once(tests, 'exit');
  writeFileSync(log, galley.stderr());
  if (code !== 0) console.error(`What Galley logged is in ${log}`);
  return code ?? 1;
}

await runUntilStopped((signal) => runSuite(process.argv.slice(2), signal));
