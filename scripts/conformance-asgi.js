// `npm run conformance:asgi`: installs what is missing, then runs conformance/asgi.ts. Plain JavaScript, for any Node from 20 on.
import { spawn } from 'node:child_process';
import { fromRoot, newNode, requirePython, setUpPackages } from './set-up.js';

setUpPackages();
requirePython();
const main = fromRoot('scripts/conformance/asgi.ts');
const suite = spawn(newNode(), [main, ...process.argv.slice(2)], { stdio: 'inherit' });
// The suite ends its server first; this process waits for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => suite.kill(signal));
suite.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
