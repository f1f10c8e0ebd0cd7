import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { ErrorLog, errorLogLine, unforgeable } from './error-log.ts';
import type { ErrorLogLevel } from './error-log-level.ts';
import { LogFiles } from './log-files.ts';
import { createNginxLog } from './nginx-log.ts';

const at = new Date(2026, 10, 21, 9, 5, 7);
const who = `${process.pid}#${process.pid}`;

/** What an error log of that level writes. */
async function written(level: ErrorLogLevel, act: (log: ErrorLog) => void): Promise<string> {
  await using folder = await AppFolder.with({});
  const files = new LogFiles(assert.fail);
  const path = folder.file('é.log');
  act(new ErrorLog([{ target: { kind: 'file', path }, level }], files, () => at));
  await files.close();
  return readFileSync(path, 'utf8');
}

describe('errorLogLine', () => {
  it('is as nginx writes it', () => {
    assert.equal(errorLogLine(at, 'error', 'oops', 45), `2026/11/21 09:05:07 [error] ${who}: *45 oops\n`);
    assert.equal(errorLogLine(at, 'notice', 'start'), `2026/11/21 09:05:07 [notice] ${who}: start\n`);
  });

  it('is no longer than nginx’s', () => {
    const line = errorLogLine(at, 'error', 'x'.repeat(9_000));
    assert.equal(line.length, 2048);
    assert.ok(line.endsWith('x\n'));
  });
});

describe('unforgeable', () => {
  const cases = [
    ['plain "quoted" \\', 'plain "quoted" \\'],
    ['a\nb\x1b[31m\x7f\0', 'a\\x0Ab\\x1B[31m\\x7F\\x00'],
    [Buffer.from('/bücher/日本').toString('latin1'), Buffer.from('/bücher/日本').toString('latin1')],
    [Buffer.from('a\u009b31m').toString('latin1'), 'a\\xC2\\x9B31m'],
    ['no utf-8 \xe9\x9b', 'no utf-8 \\xE9\\x9B'],
  ] as const;
  for (const [text, expected] of cases) {
    it(`writes ${JSON.stringify(text)} without control characters (http.md 263)`, () => {
      assert.equal(unforgeable(text), expected);
    });
  }
});

describe('ErrorLog', () => {
  it('writes what is as grave as its level', async () => {
    const text = await written('warn', (log) => {
      assert.deepEqual([log.takes('warn'), log.takes('notice')], [true, false]);
      log.write('emerg', 'a');
      log.write('warn', 'b');
      log.write('notice', 'c');
    });
    assert.deepEqual(text.match(/\[\w+\]/g), ['[emerg]', '[warn]']);
  });
});

describe('createNginxLog', () => {
  it('writes Galley’s events with their fields, and a traceback on lines of its own', async () => {
    const text = await written('notice', (errorLog) => {
      const log = createNginxLog(errorLog);
      log.info('wörker 1 started', { pid: 4, app: 'a\nb', nothing: undefined });
      log.error('the app failed', { text: 'Traceback:\n  File "é"\x1b\n' });
      log.debug('unheard');
    });
    assert.equal(
      text,
      `2026/11/21 09:05:07 [notice] ${who}: wörker 1 started, pid: 4, app: "a\\nb"\n` +
        `2026/11/21 09:05:07 [error] ${who}: the app failed\n    Traceback:\n      File "é"\\x1B\n`,
    );
  });
});
