import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../support/app-folder.ts';
import { isRunning } from '../support/processes.ts';
import { until } from '../support/until.ts';

const root = new URL('../../', import.meta.url).href;

/** An older Node, or this one that says it is. */
const oldNode = [
  process.execPath,
  '--import',
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.1.0"}})',
];

/** A server that answers with its process id, is upgraded by SIGUSR2 and says so, and drains when it was. */
const program = `
import { boundTo, descriptorOf, listen } from '${root}src/front/listen.ts';
import { takeInheritedSockets } from '${root}src/server/inherited-sockets.ts';
import { startUpgrade, tellUpgraded } from '${root}src/server/upgrade.ts';

export async function main(argv) {
  const { sockets: [given], isUpgrade } = takeInheritedSockets(process.env, process.pid);
  const bind = given?.bind ?? { kind: 'tcp', host: '127.0.0.1', port: 0 };
  const server = await listen(bind, (socket) => socket.end(String(process.pid)), { fd: given?.fd });
  const ended = Promise.withResolvers();
  process.on('SIGTERM', () => ended.resolve(7));
  process.on('SIGUSR2', async () => {
    const sockets = [{ fd: descriptorOf(server), bind: boundTo(server), origin: 'galley' }];
    await startUpgrade({ sockets, argv, program: process.argv[1] });
    server.close(() => ended.resolve(0));
  });
  console.log(JSON.stringify({ port: boundTo(server).port, pid: process.pid, argv }));
  if (isUpgrade) tellUpgraded();
  return ended.promise;
}
`;

interface Start {
  readonly port: number;
  readonly pid: number;
  readonly argv: readonly string[];
}

describe('an upgrade through bin/galley.js', () => {
  const starts: Start[] = [];
  let child: ChildProcess | undefined;

  afterEach(() => {
    for (const { pid } of starts.splice(0)) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    child?.kill('SIGKILL');
  });

  async function launch(folder: AppFolder, [command = '', ...flags]: readonly string[]): Promise<ChildProcess> {
    await mkdir(folder.file('bin'));
    await mkdir(folder.file('src/cli'), { recursive: true });
    await mkdir(folder.file('node_modules/node/bin'), { recursive: true });
    await folder.write('package.json', '{"type":"module"}');
    await folder.write('src/cli/main.ts', program);
    await folder.write('node_modules/node/package.json', JSON.stringify({ version: process.versions.node }));
    await copyFile(fileURLToPath(new URL('bin/galley.js', root)), folder.file('bin/galley.js'));
    // Not a link to this Node, which the launcher would know as its own.
    const wrapper = folder.file('node_modules/node/bin/node');
    await writeFile(wrapper, `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
    child = spawn(command, [...flags, folder.file('bin/galley.js'), 'main:app'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { stdout } = child;
    if (stdout) createInterface({ input: stdout }).on('line', (line) => starts.push(JSON.parse(line) as Start));
    return child;
  }

  async function started(count: number): Promise<Start> {
    await until(() => starts.length === count, `process ${count} serves`);
    return starts[count - 1]!;
  }

  for (const [title, node] of [
    ['on a new Node', [process.execPath]],
    ['on an old Node, where a launcher waits', oldNode],
  ] as const) {
    it(`leaves the new process serving when the old one has ended with 0, twice, ${title}`, async () => {
      await using folder = await AppFolder.with({});
      const launcher = await launch(folder, node);
      const first = await started(1);
      assert.equal(first.pid === launcher.pid, node !== oldNode);
      const exit = once(launcher, 'exit');
      launcher.kill('SIGUSR2');
      const second = await started(2);
      assert.deepEqual(await exit, [0, null]);
      assert.deepEqual({ ...second, pid: 0 }, { ...first, pid: 0 });
      assert.equal(await answerOf(first.port), String(second.pid));
      process.kill(second.pid, 'SIGUSR2');
      const third = await started(3);
      await until(() => !isRunning(second.pid), 'the second process ends');
      assert.equal(await answerOf(first.port), String(third.pid));
      process.kill(third.pid, 'SIGTERM');
      await until(() => !isRunning(third.pid), 'the third process ends');
    });
  }
});

async function answerOf(port: number): Promise<string> {
  let text = '';
  for await (const bytes of connect(port, '127.0.0.1')) text += bytes;
  return text;
}
