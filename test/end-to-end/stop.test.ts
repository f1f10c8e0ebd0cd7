import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AppFolder } from '../support/app-folder.ts';
import { startGalley } from '../support/galley.ts';
import { testPython } from '../support/python.ts';
import { until } from '../support/until.ts';
import { HeldRequests } from './held-requests.ts';

const run = promisify(execFile);
const launcher = fileURLToPath(new URL('../../bin/galley.js', import.meta.url));

/** Runs a command in a terminal of its own, which it closes after a reload. */
const inTerminal = `
import os, pty, signal, sys
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGKILL))  # it took too long
said = b''
def wait_for(text):
    global said
    while text not in said:
        said += os.read(terminal, 4096)
wait_for(b'Ready in')
print('ready', flush=True)
os.kill(child, signal.SIGHUP)
wait_for(b'reloaded in')
print('reloaded', flush=True)
os.close(terminal)
print('exit code', os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
`;

describe('galley, when it is told to stop', () => {
  it('lets requests end on Ctrl-C, runs lifespan shutdown, and exits with 0', async () => {
    await using held = await HeldRequests.start('--workers', '2');
    const { galley } = held;
    const workers = galley.workers();
    const outcomes = await held.hold(4);
    const holders = await held.holders();
    galley.pressControlC();
    await galley.says(/SIGINT: stopping/);
    await until(() => isRefused(galley.url), 'new connections are refused');
    assert.deepEqual(await held.shutdowns(), []);
    await held.release();
    for (const [key, outcome] of outcomes.entries()) {
      assert.deepEqual(await outcome, { status: 200, body: String(holders[key]) });
    }
    const { code, stderr } = await galley.exited;
    assert.equal(code, 0);
    assert.match(stderr, /stopped\n$/);
    assert.deepEqual((await held.shutdowns()).sort(), workers.sort());
    await galley.leavesNothing();
  });

  for (const signal of ['SIGTERM', 'SIGQUIT'] as const) {
    it(`stops in the same way on ${signal}`, async () => {
      await using held = await HeldRequests.start('--workers', '1');
      const [outcome] = await held.hold(1);
      held.galley.signal(signal);
      await held.galley.says(new RegExp(`${signal}: stopping`));
      await held.release();
      assert.equal((await held.galley.exited).code, 0);
      assert.equal('status' in (await outcome!), true);
      assert.equal((await held.shutdowns()).length, 1);
      await held.galley.leavesNothing();
    });
  }

  it('lets requests end although a service manager sends SIGTERM to every process', async () => {
    await using held = await HeldRequests.start('--workers', '1');
    const [outcome] = await held.hold(1);
    held.galley.signalAll('SIGTERM');
    await held.galley.says(/SIGTERM: stopping/);
    await held.release();
    assert.equal((await held.galley.exited).code, 0);
    const got = await outcome!;
    assert.equal('status' in got && got.status, 200);
    await held.galley.leavesNothing();
  });

  it('stops when its terminal is closed, and reloads on a SIGHUP before that', async () => {
    await using folder = await AppFolder.with({
      'main.py': 'def app(environ, start_response):\n    start_response("200 OK", [])\n    return [b"here"]\n',
      'terminal.py': inTerminal,
    });
    const command = [process.execPath, launcher, 'main:app', '--port', '0', '--python', testPython()];
    const { stdout } = await run(testPython(), ['terminal.py', ...command], { cwd: folder.path, timeout: 10_000 });
    assert.equal(stdout, 'ready\nreloaded\nexit code 0\n');
  });

  it('does not wait on a second signal', async () => {
    await using held = await HeldRequests.start('--workers', '1');
    const [outcome] = await held.hold(1);
    held.galley.pressControlC();
    await held.galley.says(/SIGINT: stopping/);
    const askedAt = performance.now();
    held.galley.pressControlC();
    assert.equal((await held.galley.exited).code, 1);
    assert.ok(performance.now() - askedAt < 2_000);
    assert.equal('cut' in (await outcome!), true);
    await held.galley.leavesNothing();
  });

  it('refuses with 503 what has no answer within --graceful-timeout', async () => {
    await using held = await HeldRequests.start('--workers', '1', '--graceful-timeout', '0.5');
    const [outcome] = await held.hold(1);
    const askedAt = performance.now();
    assert.equal(await held.galley.stop(), 0);
    const tookMs = performance.now() - askedAt;
    assert.ok(tookMs >= 500 && tookMs < 5_000, `it took ${tookMs} ms`);
    const got = await outcome!;
    assert.equal('status' in got && got.status, 503);
    assert.match(held.galley.stderr(), /1 requests had no answer after 500 ms and got 503/);
    await held.galley.leavesNothing();
  });

  it('ends a worker whose threads are stuck in the app', async () => {
    await using folder = await AppFolder.with({
      'main.py': `
import time
def app(environ, start_response):
    start_response('200 OK', [])
    yield b'stuck'
    time.sleep(600)
`,
    });
    const args = ['--workers', '1', '--graceful-timeout', '0.5'];
    await using galley = await startGalley('main:app', { cwd: folder.path, args });
    const answer = await fetch(galley.url);
    const reader = answer.body!.getReader();
    assert.equal(Buffer.from((await reader.read()).value!).toString(), 'stuck');
    assert.equal(await galley.stop(), 0);
    await assert.rejects(reader.read());
    assert.match(galley.stderr(), /1 connections had not ended/);
    await galley.leavesNothing();
  });
});

async function isRefused(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { headers: { connection: 'close' } })).text();
    return false;
  } catch (error) {
    return (error as { cause?: NodeJS.ErrnoException }).cause?.code === 'ECONNREFUSED';
  }
}
