import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { finishedRequest, logContext } from '../../../test/support/log-stage.ts';
import { until } from '../../../test/support/until.ts';
import { LogFiles } from '../../observe/log-files.ts';
import type { AccessLogPlan } from '../../plan/log-plan.ts';
import { PlanError } from '../compile-context.ts';
import { createAccessLogger } from './access-logger.ts';

const formats = [{ name: 'short', escape: 'default', text: '$request_uri $status' }] as const;

function logTo(path: string, others: Partial<AccessLogPlan> = {}): AccessLogPlan {
  const target = { kind: 'file', path } as const;
  return { target, format: 'short', bufferSize: 0, flushMs: 0, gzipLevel: 0, condition: undefined, ...others };
}

describe('createAccessLogger', () => {
  it('writes to every log whose condition holds', async () => {
    await using folder = await AppFolder.with({});
    const files = new LogFiles(assert.fail);
    const plans = [logTo(folder.file('all.log')), logTo(folder.file('some.log'), { condition: '$arg_log' })];
    const log = createAccessLogger(plans, formats, { compile: logContext, files });
    for (const target of ['/1?log=1', '/2?log=0', '/3', '/4?log=yes']) log?.(finishedRequest({ target }));
    await files.close();
    assert.equal(
      readFileSync(folder.file('all.log'), 'latin1'),
      '/1?log=1 200\n/2?log=0 200\n/3 200\n/4?log=yes 200\n',
    );
    assert.equal(readFileSync(folder.file('some.log'), 'latin1'), '/1?log=1 200\n/4?log=yes 200\n');
  });

  it('is nothing where there are no logs', () => {
    assert.equal(createAccessLogger([], formats, { compile: logContext, files: new LogFiles(assert.fail) }), undefined);
  });

  it('refuses a file that cannot be opened, in nginx’s words', () => {
    const context = { compile: logContext, files: new LogFiles(assert.fail) };
    assert.throws(
      () => createAccessLogger([logTo('/nowhere/é.log')], formats, context),
      new PlanError(
        `open() "/nowhere/${Buffer.from('é').toString('latin1')}.log" failed (2: No such file or directory)`,
      ),
    );
  });

  it('takes a path with variables, and closes files that are unused for long', async () => {
    await using folder = await AppFolder.with({});
    mkdirSync(folder.file('logs'));
    const files = new LogFiles(assert.fail);
    const log = createAccessLogger([logTo(`${folder.file('logs')}/$arg_a.log`)], formats, {
      compile: logContext,
      files,
    });
    for (let round = 0; round < 2; round++) {
      for (let name = 0; name < 200; name++) log?.(finishedRequest({ target: `/?a=${name}` }));
      await until(() => readdirSync('/proc/self/fd').length < 150, 'few files are open');
    }
    await files.close();
    assert.equal(readdirSync(folder.file('logs')).length, 200);
    assert.equal(readFileSync(folder.file('logs/7.log'), 'latin1'), '/?a=7 200\n/?a=7 200\n');
  });

  it('opens no file outside of the folder that a path with variables names, and tells of it once a second', async () => {
    await using folder = await AppFolder.with({});
    const files = new LogFiles(assert.fail);
    const told: string[] = [];
    const errorLog = { write: (_: unknown, level: string, message: string) => void told.push(`${level}: ${message}`) };
    const log = createAccessLogger([logTo(`${folder.path}/$arg_a`)], formats, { compile: logContext, files });
    log?.(finishedRequest({ target: '/?a=x/../../evil', errorLog }));
    log?.(finishedRequest({ target: '/?a=x/../../evil', errorLog }));
    log?.(finishedRequest({ target: '/?a=nodir/b', errorLog }));
    await files.close();
    assert.deepEqual(told, [
      `crit: the access log "${folder.path}/x/../../evil" is not opened: its path is not safe`,
      `crit: open() "${folder.path}/nodir/b" failed (2: No such file or directory)`,
    ]);
    assert.deepEqual(readdirSync(folder.path), []);
  });
});
