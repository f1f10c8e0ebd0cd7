// What the scripts that only start a program of this checkout share. Plain JavaScript, for any Node from 20 on.
import { spawn } from 'node:child_process';
import { fromRoot, newNode, requirePython, setUpPackages } from './set-up.js';

/** Installs what is missing, then runs a TypeScript file with this process's arguments; its exit code becomes this process's. */
export function runMain(path) {
  setUpPackages();
  requirePython();
  const main = spawn(newNode(), [fromRoot(path), ...process.argv.slice(2)], { stdio: 'inherit' });
  // It ends its servers first; this process waits for it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => main.kill(signal));
  main.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
