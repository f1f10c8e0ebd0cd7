import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServerProcess } from './server-process.ts';

const start = (script: string) => new ServerProcess([process.execPath, '-e', script], process.cwd());
const never = new AbortController().signal;

describe('ServerProcess', () => {
  it('reports the exit code and the last words of a server that does not start', async () => {
    const server = start('console.error("no such module: main"); process.exitCode = 3;');
    await assert.rejects(
      server.untilReady(async () => 'refused', never),
      /did not start \(exit code 3\)\n {4}no such module: main/,
    );
    await server.stop();
  });

  it('ends a tree that ignores SIGTERM and whose root is gone', { timeout: 20_000 }, async () => {
    const stubborn = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("ready");';
    const server = start(
      `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(stubborn)}], { stdio: 'inherit' });`,
    );
    await server.untilReady(async () => (server.failure('').message.includes('ready') ? undefined : 'starting'), never);
    assert.equal(server.tree().length, 2);
    await server.stop(100);
    assert.equal(server.isAlive(), false);
  });

  it('stops waiting when the run is aborted', async () => {
    const server = start('setInterval(() => {}, 1000);');
    await assert.rejects(
      server.untilReady(async () => 'refused', AbortSignal.timeout(50)),
      { name: 'AbortError' },
    );
    await server.stop();
    assert.equal(server.isAlive(), false);
  });
});
