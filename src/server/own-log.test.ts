import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { until } from '../../test/support/until.ts';
import type { ErrorLogTarget } from '../observe/error-log.ts';
import { LogFileError } from '../observe/log-file.ts';
import { LogFiles } from '../observe/log-files.ts';
import { OwnLog } from './own-log.ts';

it('OwnLog goes over to other files and leaves those before, but where they cannot be opened', async () => {
  await using folder = await AppFolder.with({});
  const files = new LogFiles(assert.fail);
  const logsTo = (...names: string[]): readonly ErrorLogTarget[] =>
    names.map((name) => ({ target: { kind: 'file', path: folder.file(name) }, level: 'warn' }));
  const own = new OwnLog(logsTo('a.log'), files, { level: 'info' });
  const { log } = own;
  log.warn('one');
  own.use(logsTo('b.log'));
  log.warn('two');
  assert.throws(() => own.use(logsTo('c.log', 'missing/d.log')), LogFileError);
  log.warn('three');
  await until(() => !isOpen(folder.file('a.log')), 'what was left is closed');
  await until(() => !isOpen(folder.file('c.log')), 'what was opened in vain is closed');
  assert.ok(isOpen(folder.file('b.log')));
  await files.close();
  const linesOf = (name: string): string => readFileSync(folder.file(name), 'latin1').replace(/^.*: /gm, '');
  assert.deepEqual([linesOf('a.log'), linesOf('b.log')], ['one\n', 'two\nthree\n']);
});

/** Whether this process has a file open. */
function isOpen(path: string): boolean {
  return readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      // The descriptor by which the folder was read is closed.
      return false;
    }
  });
}
