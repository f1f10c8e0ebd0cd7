// Installs the servers that Galley is compared with, then runs bench/main.ts. Plain JavaScript, for any Node from 20 on.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { runNode } from './run-node.js';
import { fromRoot } from './set-up.js';

const environment = fromRoot('.cache/bench-python');
const python = `${environment}/bin/python`;
const node = fromRoot('node_modules/.bin/node');

if (!existsSync(node)) fail('Cannot run the benchmark: node_modules is missing; run "npm ci" first.');
preparePython(fromRoot('bench/requirements.txt'), `${environment}/requirements.sha256`);

runNode(node, [fromRoot('bench/main.ts'), '--python', python, ...process.argv.slice(2)]);

function preparePython(requirements, stamp) {
  const text = readFileSync(requirements, 'utf8');
  const hash = createHash('sha256').update(text).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;

  console.error(`Installing the servers of bench/requirements.txt into ${environment}`);
  if (!runs('python3', ['-m', 'venv', environment])) {
    fail('Cannot run the benchmark: python3 or its venv module is missing (Debian package python3-venv).');
  }
  const install = (...what) => runs(python, ['-m', 'pip', 'install', '--quiet', ...what]);
  if (!install('--requirement', requirements)) {
    const failed = text.split('\n').filter((pin) => pin !== '' && !install(pin));
    for (const pin of failed) console.error(`!! missing: ${pin} cannot be installed; the next run tries again`);
    if (failed.length > 0) return;
  }
  writeFileSync(stamp, hash);
}

function runs(command, args) {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    return true;
  } catch {
    return false;
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
