import assert from 'node:assert/strict';
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  writeFile,
} from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { descriptorOf } from '../../src/front/listen.ts';
import { findTcpListener } from '../../src/server/descriptor-address.ts';
import { isRunning } from '../support/processes.ts';
import { until } from '../support/until.ts';

const launcher = fileURLToPath(new URL('../../bin/galley.js', import.meta.url));

/** The machine's own old Node where it has one; else this one, saying that it is old. */
const oldNode: readonly [string, ...string[]] = process.env['GALLEY_TEST_OLD_NODE']
  ? [process.env['GALLEY_TEST_OLD_NODE']]
  : [
      process.execPath,
      '--import',
      'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.1.0"}})',
    ];

const skip = process.platform !== 'linux' && 'needs /proc of Linux';

/** A program that says what reaches it, one JSON value a line, and ends on SIGTERM with code 7. */
const program = `export function main(argv) {
  const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
  return new Promise((resolve) => {
    setInterval(() => {}, 1_000);
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => say(signal));
    process.on('SIGTTIN', () => process.send({ replacedBy: 1 }, () => say('SIGTTIN')));
    process.on('SIGTERM', () => { say('SIGTERM'); resolve(7); });
    process.on('disconnect', () => say('disconnected'));
    const { LISTEN_PID, WATCHDOG_PID, GALLEY_LAUNCHER_PID } = process.env;
    say({ argv, node: process.versions.node, pid: process.pid, flags: process.execArgv, LISTEN_PID, WATCHDOG_PID, GALLEY_LAUNCHER_PID });
  });
}
`;

/** What it says first. */
interface Start {
  readonly argv: string[];
  readonly node: string;
  readonly pid: number;
  readonly flags: string[];
  readonly LISTEN_PID?: string;
  readonly WATCHDOG_PID?: string;
  readonly GALLEY_LAUNCHER_PID?: string;
}

interface Run {
  readonly child: ChildProcess;
  readonly lines: unknown[];
  errors(): string;
}

describe('bin/galley.js', () => {
  let folder: string;
  let runs: Run[];

  beforeEach(async () => {
    runs = [];
    folder = await realpath(await mkdtemp(join(tmpdir(), 'galley-launcher-')));
    await mkdir(join(folder, 'bin'));
    await mkdir(join(folder, 'src/cli'), { recursive: true });
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'src/cli/main.ts'), program);
    await copyFile(launcher, join(folder, 'bin/galley.js'));
  });

  afterEach(async () => {
    for (const { child } of runs) child.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });

  function launch(node: readonly [string, ...string[]], ...argv: string[]): Run {
    return launchWith(['ignore', 'pipe', 'pipe'], [...node, join(folder, 'bin/galley.js'), ...argv]);
  }

  function launchWith(stdio: StdioOptions, [command = '', ...args]: readonly string[]): Run {
    const child = spawn(command, args, { stdio, detached: true });
    const lines: unknown[] = [];
    let errors = '';
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
    child.stderr?.on('data', (data) => {
      errors += data;
    });
    const run: Run = { child, lines, errors: () => errors };
    runs.push(run);
    return run;
  }

  async function installNode(version = process.versions.node): Promise<void> {
    await mkdir(join(folder, 'node_modules/node/bin'), { recursive: true });
    const path = join(folder, 'node_modules/node/bin/node');
    await writeFile(path, `#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
    await chmod(path, 0o755);
    await writeFile(join(folder, 'node_modules/node/package.json'), JSON.stringify({ version }));
  }

  async function started(run: Run): Promise<Start> {
    await until(() => run.lines.length > 0 || run.child.exitCode !== null, 'the program says that it runs');
    return run.lines[0] as Start;
  }

  it('runs src/ in this process on a Node that is new enough', async () => {
    const run = launch([process.execPath], 'main:app', '--port', '0');
    const { argv, pid } = await started(run);
    assert.deepEqual(argv, ['main:app', '--port', '0']);
    assert.equal(pid, run.child.pid);
    run.child.kill('SIGTERM');
    assert.deepEqual(await once(run.child, 'exit'), [7, null]);
    assert.equal(run.errors(), '');
  });

  it('runs dist/ where there is no src/', async () => {
    await mkdir(join(folder, 'dist/cli'), { recursive: true });
    await writeFile(join(folder, 'dist/cli/main.js'), 'export const main = async () => 5;\n');
    await rm(join(folder, 'src'), { recursive: true });
    assert.deepEqual(await once(launch([process.execPath]).child, 'exit'), [5, null]);
  });

  it('says in one line which Node it needs where there is only an old one', async () => {
    const run = launch(oldNode);
    assert.deepEqual(await once(run.child, 'close'), [1, null]);
    assert.match(run.errors(), /^galley needs Node 24 or newer; this is Node v[\d.]+\. Install it with [^\n]+\n$/);
  });

  it('says so too where the npm package `node` is an old one', async () => {
    await installNode('18.20.0');
    assert.deepEqual(await once(launch(oldNode).child, 'exit'), [1, null]);
  });

  it('continues on the Node of the npm package `node`, with the same arguments', async () => {
    await installNode();
    const run = launch(oldNode, 'main:app', '-w', '2');
    const { argv, node, pid } = await started(run);
    assert.deepEqual(argv, ['main:app', '-w', '2']);
    assert.equal(node, process.versions.node);
    assert.notEqual(pid, run.child.pid);
    run.child.kill('SIGTERM');
    assert.deepEqual(await once(run.child, 'exit'), [7, null]);
    assert.deepEqual(run.lines.slice(1), ['SIGTERM']);
    assert.equal(run.errors(), '');
  });

  it('passes every signal on exactly once, also one that the whole group gets as from a terminal', async () => {
    await installNode();
    const run = launch(oldNode);
    const { pid } = await started(run);
    const group = -(run.child.pid ?? 0);
    process.kill(group, 'SIGINT');
    await until(() => run.lines.includes('SIGINT'), 'SIGINT arrives');
    process.kill(group, 'SIGHUP');
    await until(() => run.lines.includes('SIGHUP'), 'SIGHUP arrives');
    process.kill(group, 'SIGUSR2');
    await until(() => run.lines.includes('SIGUSR2'), 'SIGUSR2 arrives');
    assert.deepEqual(run.lines.slice(1), ['SIGINT', 'SIGHUP', 'SIGUSR2']);
    process.kill(pid, 'SIGKILL');
    await once(run.child, 'exit');
  });

  it('ends by the signal that ended the program', async () => {
    await installNode();
    const run = launch(oldNode);
    const { pid } = await started(run);
    process.kill(pid, 'SIGKILL');
    assert.deepEqual(await once(run.child, 'exit'), [null, 'SIGKILL']);
  });

  it('stops the program in order when the launcher is killed', async () => {
    await installNode();
    const run = launch(oldNode);
    const { pid } = await started(run);
    run.child.kill('SIGKILL');
    await until(() => run.lines.includes('SIGTERM'), 'the program is told to stop');
    await until(() => !isRunning(pid), 'the program is gone');
  });

  it("leaves the program alone when a channel closes that is no launcher's", async () => {
    const run = launchWith(['ignore', 'pipe', 'pipe', 'ipc'], [process.execPath, join(folder, 'bin/galley.js')]);
    await started(run);
    run.child.disconnect();
    await until(() => run.lines.includes('disconnected'), 'the program sees the end of the channel');
    run.child.kill('SIGHUP');
    await until(() => run.lines.includes('SIGHUP'), 'SIGHUP arrives');
    assert.ok(!run.lines.includes('SIGTERM'));
  });

  it('ends with 0 when the program was replaced by another process, however it ends', async () => {
    await installNode();
    const run = launch(oldNode);
    const { pid } = await started(run);
    run.child.kill('SIGTTIN');
    await until(() => run.lines.includes('SIGTTIN'), 'the program says that it is replaced');
    process.kill(pid, 'SIGKILL');
    assert.deepEqual(await once(run.child, 'exit'), [0, null]);
  });

  it('opens no debugger on SIGUSR1', { skip }, async () => {
    await installNode();
    for (const node of [[process.execPath], oldNode] as const) {
      const run = launch(node);
      const { pid } = await started(run);
      for (const each of new Set([pid, run.child.pid ?? 0])) {
        process.kill(each, 'SIGUSR1');
        // A debugger would open within the turns of the event loop in which the other signals arrive.
        for (const signal of ['SIGHUP', 'SIGINT', 'SIGUSR2'] as const) {
          run.lines.length = 0;
          run.child.kill(signal);
          await until(() => run.lines.includes(signal), `${signal} arrives`);
        }
        assert.deepEqual(await portsOf(each), new Map());
      }
      assert.equal(run.errors(), '');
    }
  });

  it('hands the sockets of a service manager to the program, and keeps none', { skip }, async () => {
    await installNode();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const script = 'LISTEN_PID=$$ WATCHDOG_PID=$$ LISTEN_FDS=1 exec "$@"';
    for (const node of [[process.execPath], oldNode] as const) {
      const run = launchWith(
        ['ignore', 'pipe', 'pipe', descriptorOf(server)],
        ['sh', '-c', script, 'sh', ...node, join(folder, 'bin/galley.js')],
      );
      const { pid, LISTEN_PID, WATCHDOG_PID, GALLEY_LAUNCHER_PID } = await started(run);
      assert.deepEqual([LISTEN_PID, WATCHDOG_PID, GALLEY_LAUNCHER_PID], [String(pid), String(pid), undefined]);
      assert.equal((await portsOf(pid)).get(3), port);
      if (run.child.pid !== pid) assert.deepEqual(await portsOf(run.child.pid ?? 0), new Map());
      run.child.kill('SIGTERM');
      await once(run.child, 'exit');
    }
    server.close();
  });
});

/** The ports that a process listens on, by descriptor. */
async function portsOf(pid: number): Promise<ReadonlyMap<number, number>> {
  const ports = new Map<number, number>();
  const table = await readFile('/proc/net/tcp', 'utf8');
  for (const name of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${name}`).catch(() => '');
    const bind = findTcpListener(table, /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '');
    if (bind?.kind === 'tcp') ports.set(Number(name), bind.port);
  }
  return ports;
}
