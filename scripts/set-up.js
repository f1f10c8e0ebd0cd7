// What start.js and test.js need before they can run anything. Plain JavaScript, for any Node from 20 on.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const leastNode = 24;

/** The absolute path of a file of this checkout. */
export const fromRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Installs the npm packages where they are missing or older than package-lock.json. Ends the process where that fails. */
export function setUpPackages() {
  // npm writes this file last, so an installation that was cut short does not count.
  const installed = fromRoot('node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(fromRoot('package-lock.json')).mtimeMs) return;

  const began = performance.now();
  process.stderr.write('Installing the npm packages of package-lock.json ... ');
  const { npm_execpath: npm } = process.env;
  const [command, before] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const { status, error } = spawnSync(command, [...before, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: fromRoot('.'),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (error) fail(`Cannot run npm: ${error.message}`);
  if (status !== 0) fail(`Cannot install the npm packages: npm ended with code ${status}, see above`);
  process.stderr.write(`${((performance.now() - began) / 1_000).toFixed(1)} s\n`);
}

/** The Node to run TypeScript with: that of the npm package `node`, else this one. Ends the process where neither will do. */
export function newNode() {
  const installed = fromRoot('node_modules/node/bin/node');
  if (existsSync(installed)) return installed;
  if (isOld(process.version))
    fail(`Node ${leastNode} or newer is needed; this is ${process.version}. Run "npm ci" first.`);
  return process.execPath;
}

/** The Node that the machine itself has, where it is too old for Galley: the launcher is tested with it. */
export function oldNode() {
  // Under npm, PATH begins with node_modules/.bin; npm says which Node runs npm itself.
  const machines = process.env.npm_node_execpath ?? process.execPath;
  return isOld(execFileSync(machines, ['--version'], { encoding: 'utf8' })) ? machines : undefined;
}

/** Ends the process where `python3` is missing or too old. */
export function requirePython() {
  const { status, error } = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']);
  if (error) fail('Cannot find python3: Python 3.9 or newer is needed, from https://python.org or your system.');
  if (status !== 0) fail('Cannot use python3: Python 3.9 or newer is needed, see "python3 --version".');
}

function isOld(version) {
  return Number.parseInt(version.replace('v', ''), 10) < leastNode;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
