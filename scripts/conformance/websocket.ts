import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGalley } from '../../test/support/galley.ts';
import { runUntilStopped } from './run-until-stopped.ts';
import { type CaseResult, categories, summarize } from './websocket-results.ts';
import { findPython27, installWstest, runWstest } from './wstest.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, '.cache/conformance');
const report = join(folder, 'websocket');
const agent = 'Galley';
/** The exit code of a suite that was not run, as automake's test runner has it. */
const skipped = 77;
const galleyOptions: readonly string[] = ['--app-dir', join(root, 'scripts/conformance'), '--no-access-log'];

/** Runs Autobahn's suite against an echo app in Galley. The cases are patterns such as `9.*` or `6.4.1`; all where there are none. */
async function runSuite(cases: readonly string[], signal: AbortSignal): Promise<number> {
  const python = findPython27();
  if (python === undefined) {
    console.error(
      'Skipped: Autobahn\'s suite needs a Python 2.7 with pip. Install one (with pyenv: "pyenv install 2.7.18") and name it: GALLEY_PYTHON27=/path/to/python2.7',
    );
    return skipped;
  }
  const installed = installWstest(python, folder);
  rmSync(report, { recursive: true, force: true });
  mkdirSync(report, { recursive: true });
  const specification = join(report, 'specification.json');
  const log = join(report, 'wstest.log');

  await using galley = await startGalley('echo_app:app', { args: galleyOptions, namePython: false });
  const { host } = new URL(galley.url);
  const servers = [{ agent, url: `ws://${host}` }];
  writeFileSync(specification, JSON.stringify({ outdir: report, servers, cases: cases.length > 0 ? cases : ['*'] }));
  let category: string | undefined;
  const planned = await runWstest(
    { python, installed, specification },
    log,
    (id) => {
      const [of = id] = id.split('.');
      if (of !== category) console.log(`Cases ${of}.*: ${categories[of] ?? ''}`);
      category = of;
    },
    signal,
  );
  writeFileSync(join(report, 'galley.log'), galley.stderr());

  const { lines, passed } = summarize(readResults(), planned);
  console.log(
    `\n${lines.join('\n')}\nThe whole report, with what was sent and received: ${join(report, 'index.html')}`,
  );
  return passed ? 0 : 1;
}

/** What the suite wrote of each case, by number; nothing where it ended before it wrote. */
function readResults(): Readonly<Record<string, CaseResult>> {
  try {
    return JSON.parse(readFileSync(join(report, 'index.json'), 'utf8'))[agent] ?? {};
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

await runUntilStopped((signal) => runSuite(process.argv.slice(2), signal));
