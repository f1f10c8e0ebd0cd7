// `npm test` and `npm run check`: installs what is missing, then runs testing/main.ts. Plain JavaScript, for any Node from 20 on.
import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { fromRoot, newNode, oldNode, requirePython, setUpPackages } from './set-up.js';

setUpPackages();
requirePython();
const node = newNode();
const environment = {
  ...process.env,
  PATH: [dirname(node), fromRoot('node_modules/.bin'), process.env.PATH].join(delimiter),
};
const old = oldNode();
if (old) environment.GALLEY_TEST_OLD_NODE = old;

const tests = spawn(node, [fromRoot('scripts/testing/main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: environment,
});
// The tests end their servers first; this process waits for them.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => tests.kill(signal));
tests.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
