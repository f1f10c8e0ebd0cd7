import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
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

/** A program that says what reaches it, one JSON value a line, and ends on SIGTERM with code 7. */
const program = `export function main(argv) {
  const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
  return new Promise((resolve) => {
    setInterval(() => {}, 1_000);
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => say(signal));
    process.on('SIGTERM', () => { say('SIGTERM'); resolve(7); });
    say({ argv, node: process.versions.node, pid: process.pid });
  });
}
`;

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
    const [command, ...before] = node;
    const child = spawn(command, [...before, join(folder, 'bin/galley.js'), ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const lines: unknown[] = [];
    let errors = '';
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
    child.stderr.on('data', (data) => {
      errors += data;
    });
    const run: Run = { child, lines, errors: () => errors };
    runs.push(run);
    return run;
  }

  async function installNode(): Promise<void> {
    await mkdir(join(folder, 'node_modules/node/bin'), { recursive: true });
    const path = join(folder, 'node_modules/node/bin/node');
    await writeFile(path, `#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
    await chmod(path, 0o755);
  }

  async function started(run: Run): Promise<{ argv: string[]; node: string; pid: number }> {
    await until(() => run.lines.length > 0 || run.child.exitCode !== null, 'the program says that it runs');
    return run.lines[0] as { argv: string[]; node: string; pid: number };
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
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
