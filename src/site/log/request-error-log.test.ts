import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppFolder } from '../../../test/support/app-folder.ts';
import { endedAt, type FinishedOptions, finishedRequest } from '../../../test/support/log-stage.ts';
import { createLog } from '../../observe/log.ts';
import { LogFiles } from '../../observe/log-files.ts';
import type { ErrorLogLevel } from '../../plan/log-plan.ts';
import { refusedExchange } from './refused-exchange.ts';
import { LocationErrorLog } from './request-error-log.ts';

/** What error logs of a location get of one message. */
async function written(level: ErrorLogLevel, options: FinishedOptions = {}): Promise<string> {
  await using folder = await AppFolder.with({});
  const path = folder.file('error.log');
  const files = new LogFiles(assert.fail);
  const log = new LocationErrorLog(
    files,
    createLog({ level: 'info' }, assert.fail, () => endedAt),
    () => endedAt,
  );
  const errorLogs = [{ target: { kind: 'file', path }, level: 'error' }] as const;
  log.write(finishedRequest({ ...options, errorLogs }), level, 'open() "/x" failed (2: No such file or directory)');
  await files.close();
  return readFileSync(path, 'latin1');
}

const start = `2026/11/21 09:05:07 [error] ${process.pid}#${process.pid}: *45 open() "/x" failed (2: No such file or directory)`;

describe('LocationErrorLog', () => {
  it('writes as nginx does', async () => {
    const headers = { host: 'example.com', referer: 'http://r/' };
    assert.equal(
      await written('error', { headers }),
      `${start}, client: 127.0.0.1, server: example.com, request: "GET /a?b HTTP/1.1", host: "example.com", referrer: "http://r/"\n`,
    );
  });

  it('lets no client forge a line or a field (http.md 263)', async () => {
    const headers = { host: 'a" b\x80' };
    const line = await written('error', { headers, head: { target: '/\x1b[31m"' } });
    assert.equal(
      line,
      `${start}, client: 127.0.0.1, server: example.com, request: "GET /\\x1B[31m\\x22 HTTP/1.1", host: "a\\x22 b\\x80"\n`,
    );
  });

  it('leaves out what is not known of a refused request', async () => {
    const { connection } = finishedRequest().exchange;
    assert.equal(
      await written('error', { exchange: refusedExchange(connection) }),
      `${start}, client: 127.0.0.1, server: example.com\n`,
    );
  });

  it('leaves out what is below its level', async () => {
    assert.equal(await written('warn'), '');
  });

  it('writes to Galley’s log where the location has none', () => {
    const lines: string[] = [];
    const galley = createLog(
      { level: 'info' },
      (text) => lines.push(text),
      () => endedAt,
    );
    new LocationErrorLog(new LogFiles(assert.fail), galley, () => endedAt).write(finishedRequest(), 'crit', 'oops');
    assert.deepEqual(lines, ['09:05:07 error oops request="test-/a?b"\n']);
  });
});
