import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../../test/support/app-folder.ts';
import { until } from '../../../../test/support/until.ts';
import { noStart, processStart } from '../../../observe/process-start.ts';
import { runDnsHook } from './dns-hook.ts';

const record = { name: '_acme-challenge.a.test', value: '$(id) "x" --' };

const { signal } = new AbortController();

describe('runDnsHook', () => {
  it('runs a program without a shell', async () => {
    const script = `
      import { writeFileSync } from 'node:fs';
      const { GALLEY_DNS_ACTION, GALLEY_DNS_NAME, GALLEY_DNS_VALUE } = process.env;
      writeFileSync(process.argv[2], JSON.stringify([process.argv.slice(3), GALLEY_DNS_ACTION, GALLEY_DNS_NAME, GALLEY_DNS_VALUE]));
    `;
    await using folder = await AppFolder.with({ 'hook.mjs': script });
    await runDnsHook([process.execPath, folder.file('hook.mjs'), folder.file('said')], 'present', record, signal);
    const { name, value } = record;
    const said = JSON.parse(await readFile(folder.file('said'), 'utf8'));
    assert.deepEqual(said, [['present', name, value], 'present', name, value]);
  });

  it('says what the program says where it fails', async () => {
    const hook = [process.execPath, '-e', 'console.error("no such zone"); process.exit(3)', '--'];
    await assert.rejects(
      runDnsHook(hook, 'cleanup', record, signal),
      /cleanup _acme-challenge\.a\.test" has failed: exit code 3: no such zone$/,
    );
  });

  it('says that there is no such program', async () => {
    await assert.rejects(
      runDnsHook(['/nonexistent/hook'], 'present', record, signal),
      /has failed: spawn \/nonexistent\/hook ENOENT/,
    );
  });

  it('ends a program that takes too long', async () => {
    const hook = [process.execPath, '-e', 'setInterval(() => {}, 1000)', '--'];
    await assert.rejects(runDnsHook(hook, 'present', record, signal, 100), /has failed: ended after 100 ms/);
  });

  it('ends what the program has started with it', async () => {
    await using folder = await AppFolder.with({});
    const script = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      require('node:fs').writeFileSync(process.argv[1], String(child.pid));
      setInterval(() => {}, 1000);
    `;
    const stop = new AbortController();
    const running = runDnsHook([process.execPath, '-e', script, folder.file('pid')], 'present', record, stop.signal);
    const failure = assert.rejects(running, /it is not wanted any more/);
    let pid = '';
    await until(async () => {
      pid = await readFile(folder.file('pid'), 'latin1').catch(() => '');
      return pid !== '';
    }, 'the child');
    stop.abort();
    await failure;
    await until(() => processStart(Number(pid)) === noStart, 'the end of the child');
  });

  it('is not run where it is not wanted any more', async () => {
    await using folder = await AppFolder.with({});
    const hook = [process.execPath, '-e', 'require("node:fs").writeFileSync(process.argv[1], "")', folder.file('run')];
    await assert.rejects(runDnsHook(hook, 'cleanup', record, AbortSignal.abort()), /it is not wanted any more/);
    await assert.rejects(readFile(folder.file('run')), /ENOENT/);
  });

  it('ends the program when it is not wanted any more', async () => {
    const hook = [process.execPath, '-e', 'setInterval(() => {}, 1000)', '--'];
    await assert.rejects(
      runDnsHook(hook, 'present', record, AbortSignal.timeout(50)),
      /has failed: it is not wanted any more/,
    );
  });
});
