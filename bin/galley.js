#!/usr/bin/env -S node --
// The command `galley`. It must load on Node 20, hence plain JavaScript without anything newer.
// The two dashes keep Node from taking `--env-file` for itself, which it does even behind a script's name.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const leastNode = 24;
const forwardedSignals = [
  'SIGINT',
  'SIGTERM',
  'SIGQUIT',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGTTIN',
  'SIGTTOU',
  'SIGWINCH',
];

if (Number.parseInt(process.versions.node, 10) >= leastNode) await runHere();
else runOn(newerNode());

/** Runs the program in this process: src/ in a checkout, dist/ in a published package. */
async function runHere() {
  process.once('disconnect', stopWithLauncher);
  // Inside the package, so that only who may change the program may write what is executed; elsewhere it is not writable and nothing is cached.
  module.enableCompileCache?.(fileURLToPath(new URL('../.cache/compile', import.meta.url)));
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const program = existsSync(source) ? source : new URL('../dist/cli/main.js', import.meta.url);
  const { main } = await import(program.href);
  // A second stop signal gives the exit code while connections are still open; they must not keep the process.
  process.exit(await main(process.argv.slice(2)));
}

/** The channel to a launcher closes when it is killed; the server must not outlive it. */
function stopWithLauncher() {
  process.kill(process.pid, 'SIGTERM');
}

/** The Node of the npm package `node`, looked for as an import from here would be; undefined where it is not installed. */
function newerNode() {
  try {
    const path = module.createRequire(import.meta.url).resolve('node/bin/node');
    return realpathSync(path) === realpathSync(process.execPath) ? undefined : path;
  } catch {
    return undefined;
  }
}

/**
 * Runs the program on another Node and ends as it ends.
 *
 * The child is the leader of its own process group, because a terminal sends Ctrl-C to every process of a group: forwarded as
 * well, it would arrive twice, and a second SIGINT stops the server at once. So every signal reaches the child exactly once,
 * through here. The `ipc` channel carries no messages: its end tells the child that this process is gone.
 */
function runOn(node) {
  if (node === undefined) {
    console.error(
      `galley needs Node ${leastNode} or newer; this is Node ${process.version}. Install it with "npm install node" beside galley, or from your system's packages.`,
    );
    process.exit(1);
  }
  const child = spawn(node, ['--', ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  child.on('error', (error) => {
    console.error(`galley cannot start ${node}: ${error.message}`);
    process.exit(1);
  });
  const forward = (signal) => child.kill(signal);
  for (const signal of forwardedSignals) process.on(signal, forward);
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const each of forwardedSignals) process.off(each, forward);
    process.kill(process.pid, signal);
  });
}
