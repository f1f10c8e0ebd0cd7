import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { NodeProgram } from '../../test/support/node-program.ts';
import { isRunning, processesWith } from '../../test/support/processes.ts';
import { until } from '../../test/support/until.ts';
import type { Bind } from '../core/bind.ts';
import { whyNoUpgrade } from './upgrade.ts';

const root = new URL('../../', import.meta.url).href;

/** A program that listens on one port, answers with its name and, told so on SIGUSR2, upgrades to `new.mjs`. It says what comes of it. */
const old = (program: string, options = ''): string => `
  const { boundTo, descriptorOf, listen } = await import(root + 'src/front/listen.ts');
  const { startUpgrade } = await import(root + 'src/server/upgrade.ts');
  const server = await listen({ kind: 'tcp', host: '127.0.0.1', port: 0 }, (socket) => socket.end('old'));
  const bind = boundTo(server);
  const stopping = new AbortController();
  process.on('SIGUSR2', async () => {
    const sockets = [{ fd: descriptorOf(server), bind, origin: 'galley' }];
    const common = { sockets, argv: ['main:app', '--flag'], program: ${JSON.stringify(program)}, signal: stopping.signal };
    try {
      const { pid } = await startUpgrade({ ...common, ${options} });
      say({ upgraded: pid });
    } catch (error) {
      say({ name: error.constructor.name, message: error.message });
    }
  });
  process.on('SIGHUP', () => stopping.abort());
  process.on('SIGTERM', () => server.close(() => process.exit(0)));
  say(bind);
`;

/** The new program: takes the socket over, says what it got, and serves until SIGTERM. */
const heir = `
  const { listen } = await import('${root}src/front/listen.ts');
  const { takeInheritedSockets } = await import('${root}src/server/inherited-sockets.ts');
  const { tellUpgraded } = await import('${root}src/server/upgrade.ts');
  const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
  const { sockets: [{ fd, bind }], isUpgrade } = takeInheritedSockets(process.env, process.pid);
  await listen(bind, (socket) => socket.end('new'), { fd });
  process.on('SIGTERM', () => process.exit(0));
  process.on('disconnect', () => say('disconnected'));
  say({ isUpgrade, bind, argv: process.argv.slice(2), cwd: process.cwd(), pid: process.pid, flags: process.execArgv,
    watchdogPid: process.env.WATCHDOG_PID, word: process.env.WORD });
  tellUpgraded();
`;

/** Waits forever, for a new program that never serves. */
const idler = `process.stdout.write(JSON.stringify({ pid: process.pid }) + '\\n'); setInterval(() => {}, 1000);`;

describe('startUpgrade', () => {
  const pids: number[] = [];

  afterEach(() => {
    for (const pid of pids.splice(0)) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  });

  /** What the program says next that has this key; what others say meanwhile is dropped. */
  async function hears<Said extends object>(program: NodeProgram, key: keyof Said & string): Promise<Said> {
    for (;;) {
      const said = await program.says();
      if (typeof said !== 'object' || said === null || !(key in said)) continue;
      if ('pid' in said) pids.push(Number(said.pid));
      return said as Said;
    }
  }

  it('hands the sockets to a new process, which serves on when the old one is gone', async () => {
    await using folder = await AppFolder.with({ 'new.mjs': heir });
    const environment = { ...process.env, WATCHDOG_PID: '1', WORD: 'kept' };
    using program = new NodeProgram(old(folder.file('new.mjs')), { environment });
    const bind = (await program.says()) as Bind;
    assert.equal(await answerOf(bind), 'old');
    program.child.kill('SIGUSR2');
    const facts = await hears<Record<string, unknown> & { pid: number }>(program, 'isUpgrade');
    assert.deepEqual(
      { ...facts, pid: 0 },
      {
        isUpgrade: true,
        bind,
        argv: ['main:app', '--flag'],
        cwd: process.cwd(),
        pid: 0,
        flags: [],
        word: 'kept',
      },
    );
    await until(() => program.said.length === 2, 'both say that the upgrade is done');
    assert.deepEqual(program.said.splice(0).map(String).sort(), ['[object Object]', 'disconnected']);
    program.child.kill('SIGTERM');
    await once(program.child, 'exit');
    assert.equal(program.child.exitCode, 0);
    assert.equal(await answerOf(bind), 'new');
    process.kill(facts.pid, 'SIGTERM');
    await until(() => !isRunning(facts.pid), 'the new process ends');
  });

  it('runs the new process in a session of its own, for a Ctrl-C at the old one not to reach it', async () => {
    await using folder = await AppFolder.with({ 'new.mjs': heir });
    using program = new NodeProgram(old(folder.file('new.mjs')));
    await program.says();
    program.child.kill('SIGUSR2');
    const { pid } = await hears<{ pid: number }>(program, 'pid');
    assert.doesNotThrow(() => process.kill(-pid, 0), 'there is a process group of that number');
  });

  it('says how the new process failed, serves on, and may try again', async () => {
    await using folder = await AppFolder.with({ 'new.mjs': 'process.exit(3);' });
    using program = new NodeProgram(old(folder.file('new.mjs')));
    const bind = (await program.says()) as Bind;
    for (const [text, reason] of [
      ['process.exit(3);', 'ended with code 3'],
      [`process.kill(process.pid, 'SIGKILL');`, 'was ended by SIGKILL'],
    ] as const) {
      await folder.write('new.mjs', text);
      program.child.kill('SIGUSR2');
      const { name, message } = await hears<{ name: string; message: string }>(program, 'message');
      assert.equal(name, 'UpgradeError');
      assert.equal(message, `The upgrade failed, this process serves on: the new process ${reason}`);
      assert.equal(await answerOf(bind), 'old');
    }
    await folder.write('new.mjs', heir);
    program.child.kill('SIGUSR2');
    await hears(program, 'isUpgrade');
    await hears(program, 'upgraded');
  });

  it('ends a new process that takes too long', async () => {
    await using folder = await AppFolder.with({ 'new.mjs': idler });
    const mark = `GALLEY_TEST_MARK=${randomUUID()}`;
    const environment = { ...process.env, GALLEY_TEST_MARK: mark.split('=')[1] };
    using program = new NodeProgram(old(folder.file('new.mjs'), 'limitMs: 600'), { environment });
    const bind = (await program.says()) as Bind;
    program.child.kill('SIGUSR2');
    const { message } = await hears<{ message: string }>(program, 'message');
    assert.match(message, /the new process was not ready after 0\.6 s and was ended$/);
    assert.deepEqual(
      processesWith(mark).map(({ pid }) => pid),
      [program.child.pid],
    );
    assert.equal(await answerOf(bind), 'old');
  });

  it('ends the new process when this one is asked to stop', async () => {
    await using folder = await AppFolder.with({ 'new.mjs': idler });
    using program = new NodeProgram(old(folder.file('new.mjs')));
    await program.says();
    program.child.kill('SIGUSR2');
    const { pid } = await hears<{ pid: number }>(program, 'pid');
    program.child.kill('SIGHUP');
    assert.match((await hears<{ message: string }>(program, 'message')).message, /since this one is to stop$/);
    assert.ok(!isRunning(pid));
  });

  it('does one upgrade at a time, and none after one that is done', async () => {
    await using folder = await AppFolder.with({ 'new.mjs': idler });
    using program = new NodeProgram(old(folder.file('new.mjs')));
    await program.says();
    program.child.kill('SIGUSR2');
    const { pid } = await hears<{ pid: number }>(program, 'pid');
    program.child.kill('SIGUSR2');
    assert.match((await hears<{ message: string }>(program, 'message')).message, /: an upgrade is under way$/);
    process.kill(pid, 'SIGKILL');
    await hears(program, 'message');
    await folder.write('new.mjs', heir);
    program.child.kill('SIGUSR2');
    await hears(program, 'isUpgrade');
    await hears(program, 'upgraded');
    program.child.kill('SIGUSR2');
    assert.match((await hears<{ message: string }>(program, 'message')).message, /: a new process has taken over/);
  });

  it('reports a descriptor that is closed', async () => {
    const closed = `sockets: [{ fd: 99, bind, origin: 'galley' }]`;
    using program = new NodeProgram(old('/nowhere.mjs', closed));
    await program.says();
    program.child.kill('SIGUSR2');
    const { name, message } = await hears<{ name: string; message: string }>(program, 'message');
    assert.equal(name, 'UpgradeError');
    assert.match(message, /EBADF/);
  });
});

describe('whyNoUpgrade', () => {
  const facts = { state: 'idle', pid: 20, parentPid: 1, hasLauncher: false } as const;

  it('lets an ordinary process and a service of systemd upgrade', () => {
    assert.equal(whyNoUpgrade(facts), undefined);
    assert.equal(whyNoUpgrade({ ...facts, parentPid: 19, hasLauncher: true }), undefined);
  });

  it('refuses process 1, and the child of a launcher that is process 1', () => {
    assert.match(whyNoUpgrade({ ...facts, pid: 1, parentPid: 0 }) ?? '', /process 1/);
    assert.match(whyNoUpgrade({ ...facts, hasLauncher: true }) ?? '', /process 1/);
  });
});

/** All that a server says to a new connection. */
async function answerOf(bind: Bind): Promise<string> {
  assert.ok(bind.kind === 'tcp');
  let text = '';
  for await (const bytes of connect(bind.port, bind.host)) text += bytes;
  return text;
}
