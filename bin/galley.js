#!/usr/bin/env -S node --
// The command `galley`. It must load on Node 20, hence plain JavaScript without anything newer.
// The two dashes keep Node from taking `--env-file` for itself, which it does even behind a script's name.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

// Until the program has handlers of its own: without one Node opens a debugger on SIGUSR1, and the others kill or suspend it.
// They stay for good, since where the last one goes, the signal does that again.
for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGTTIN', 'SIGTTOU']) process.on(signal, () => {});

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
  joinLauncher();
  // Inside the package, so that only who may change the program may write what is executed; elsewhere it is not writable and nothing is cached.
  module.enableCompileCache?.(fileURLToPath(new URL('../.cache/compile', import.meta.url)));
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const program = existsSync(source) ? source : new URL('../dist/cli/main.js', import.meta.url);
  const { main } = await import(program.href);
  // A second stop signal gives the exit code while connections are still open; they must not keep the process.
  process.exit(await main(process.argv.slice(2)));
}

/**
 * Where a launcher started this process: the channel to it closes when it is killed, and the server must not outlive it; what a
 * service manager meant for the launcher is for this process. A channel to anything else, such as an older Galley that this one
 * replaces, means nothing here.
 */
function joinLauncher() {
  const launcher = process.env.GALLEY_LAUNCHER_PID;
  if (launcher === undefined) return;
  delete process.env.GALLEY_LAUNCHER_PID;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.send?.({ heedsSignals: true });
  for (const name of ['LISTEN_PID', 'WATCHDOG_PID']) {
    if (process.env[name] === launcher) process.env[name] = String(process.pid);
  }
}

/** The Node of the npm package `node`, looked for as an import from here would be; undefined where it is not installed or too old. */
function newerNode() {
  try {
    const require = module.createRequire(import.meta.url);
    if (Number.parseInt(require('node/package.json').version, 10) < leastNode) return undefined;
    const path = require.resolve('node/bin/node');
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
 * through here. The end of the `ipc` channel tells the child that this process is gone. It carries two messages of the child's:
 * `{ heedsSignals: true }`, until which SIGUSR1 is kept here, since Node would open a debugger on it; and `{ replacedBy: pid }`:
 * another process serves from now on, and so the child's end is an orderly one.
 */
function runOn(node) {
  if (node === undefined) {
    console.error(
      `galley needs Node ${leastNode} or newer; this is Node ${process.version}. Install it with "npm install node" beside galley, or from your system's packages.`,
    );
    process.exit(1);
  }
  const sockets = activationSockets();
  const child = spawn(node, ['--', ...process.argv.slice(1)], {
    env: { ...process.env, GALLEY_LAUNCHER_PID: String(process.pid) },
    stdio: ['inherit', 'inherit', 'inherit', ...sockets, 'ipc'],
    detached: true,
  });
  // Connections to a socket that stays open here, when the child has closed it, would wait for nobody.
  for (const fd of sockets) closeSync(fd);
  child.on('error', (error) => {
    console.error(`galley cannot start ${node}: ${error.message}`);
    process.exit(1);
  });
  let isHeeding = false;
  let isKept = false;
  const forward = (signal) => {
    if (isHeeding || signal !== 'SIGUSR1') child.kill(signal);
    else isKept = true;
  };
  for (const signal of forwardedSignals) process.on(signal, forward);
  let isReplaced = false;
  child.on('message', (message) => {
    isReplaced ||= Number.isInteger(message?.replacedBy);
    isHeeding ||= message?.heedsSignals === true;
    if (isHeeding && isKept) child.kill('SIGUSR1');
    if (isHeeding) isKept = false;
  });
  child.on('exit', (code, signal) => {
    if (isReplaced) process.exit(0);
    if (signal === null) process.exit(code);
    for (const each of forwardedSignals) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}

/** The descriptors of the sockets that a service manager passed to this process: sd_listen_fds(3). */
function activationSockets() {
  const { LISTEN_PID, LISTEN_FDS } = process.env;
  const count = LISTEN_PID === String(process.pid) && /^\d{1,4}$/.test(LISTEN_FDS ?? '') ? Number(LISTEN_FDS) : 0;
  return Array.from({ length: count }, (_, index) => 3 + index);
}
