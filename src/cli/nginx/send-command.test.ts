import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { sendCommand } from './send-command.ts';

describe('sendCommand', () => {
  const signals = { stop: 'SIGTERM', quit: 'SIGQUIT', reopen: 'SIGUSR1', reload: 'SIGHUP' } as const;
  for (const command of ['stop', 'quit', 'reopen', 'reload'] as const) {
    it(`sends ${signals[command]} for "${command}"`, async () => {
      const child = spawn('sleep', ['60']);
      await once(child, 'spawn');
      await using folder = await AppFolder.with({ 'a.pid': `${child.pid}\n` });
      assert.equal(sendCommand(command, folder.file('a.pid')), undefined);
      const [, signal] = await once(child, 'exit');
      assert.equal(signal, signals[command]);
    });
  }

  it('says in nginx’s words why it cannot', async () => {
    await using folder = await AppFolder.with({
      'text.pid': 'abc\n',
      'empty.pid': '',
      'zero.pid': '0\n',
      'none.pid': '999999999',
    });
    const messageOf = (name: string): string | undefined => sendCommand('stop', folder.file(name))?.message;
    assert.equal(messageOf('text.pid'), `invalid PID number "abc" in "${folder.file('text.pid')}"`);
    assert.equal(messageOf('empty.pid'), `invalid PID number "" in "${folder.file('empty.pid')}"`);
    assert.equal(messageOf('zero.pid'), `invalid PID number "0" in "${folder.file('zero.pid')}"`);
    assert.equal(messageOf('none.pid'), 'kill(999999999, 15) failed (3: No such process)');
    assert.deepEqual(sendCommand('reload', '/nowhere/a.pid'), {
      level: 'error',
      message: 'open() "/nowhere/a.pid" failed (2: No such file or directory)',
    });
  });
});
