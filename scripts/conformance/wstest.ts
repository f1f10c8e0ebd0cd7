import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { keptFolder } from './kept-folder.ts';

/** It names the releases of what it needs itself, the last ones for Python 2.7. */
const project = 'autobahntestsuite';
const version = '25.10.1';

/** PYTHONPATH alone would not do: a package of the suite needs its `.pth` file. */
const start = `import site, sys
folder = sys.argv.pop(1)
sys.path.insert(0, folder)
site.addsitedir(folder)
from autobahntestsuite.wstest import run
run()`;

/** The command of a Python 2.7 that has pip: that of $GALLEY_PYTHON27, else `python2.7`; undefined where it will not do. */
export function findPython27(): string | undefined {
  const python = process.env['GALLEY_PYTHON27'] ?? 'python2.7';
  const check = 'import pip, sys; sys.exit(sys.version_info[:2] != (2, 7))';
  return spawnSync(python, ['-c', check]).status === 0 ? python : undefined;
}

/** The folder with the suite, installed by pip below `folder` where it is not there yet. Throws an Error where that fails. */
export function installWstest(python: string, folder: string): string {
  return keptFolder(join(folder, `${project}-${version}`), (unfinished, run) => {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    run(python, [...pip, '--target', unfinished, `${project}==${version}`]);
  });
}

/**
 * Runs the suite's client by a specification file, what it says going to the file `log`. Gives how many cases it set out
 * to run. `onCase` is called with the number of each case that begins. Rejects when `signal` aborts.
 */
export async function runWstest(
  command: { readonly python: string; readonly installed: string; readonly specification: string },
  log: string,
  onCase: (id: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const { python, installed, specification } = command;
  const args = ['-u', '-c', start, installed, '--mode', 'fuzzingclient', '--spec', specification];
  const suite = spawn(python, args, { stdio: ['ignore', 'pipe', 'inherit'], signal });
  const ended = once(suite, 'close');
  suite.stdout.pipe(createWriteStream(log));
  let planned = 0;
  createInterface({ input: suite.stdout }).on('line', (line) => {
    const [, cases] = /^Ok, will run (\d+) test cases/.exec(line) ?? [];
    if (cases !== undefined) planned = Number(cases);
    const [, id] = /^Running test case ID (\S+)/.exec(line) ?? [];
    if (id !== undefined) onCase(id);
  });
  await ended;
  return planned;
}
