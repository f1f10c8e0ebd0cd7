// Plain JavaScript, for any Node from 20 on.
import { spawn } from 'node:child_process';

/** Runs that Node with these arguments; its exit code becomes this process's. It ends its servers first on a signal: this process waits for it. */
export function runNode(node, args, environment = process.env) {
  const child = spawn(node, args, { stdio: 'inherit', env: environment });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
