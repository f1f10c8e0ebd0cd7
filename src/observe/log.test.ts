import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLog, type LogLevel, type LogThreshold } from './log.ts';

function logged(level: LogLevel): { lines: string[]; log: ReturnType<typeof createLog> } {
  const lines: string[] = [];
  const log = createLog(
    { level },
    (text) => lines.push(text),
    () => new Date(2026, 10, 21, 9, 5, 7),
  );
  return { lines, log };
}

describe('createLog', () => {
  it('follows its threshold', () => {
    const lines: string[] = [];
    const threshold: LogThreshold = { level: 'error' };
    const log = createLog(
      threshold,
      (text) => lines.push(text),
      () => new Date(),
    );
    log.info('unheard');
    threshold.level = 'info';
    log.info('heard');
    assert.match(lines.join(''), /^\S+ info {2}heard\n$/);
  });

  it('writes time, level, message and fields on one line', () => {
    const { lines, log } = logged('info');
    log.warn('worker 3 was killed', { pid: 47, app: 'a b', nothing: undefined });
    assert.deepEqual(lines, ['09:05:07 warn  worker 3 was killed pid=47 app="a b"\n']);
  });

  it('leaves out what is below its level', () => {
    const { lines, log } = logged('warn');
    log.info('quiet');
    log.debug('quiet');
    log.error('loud');
    assert.deepEqual(lines, ['09:05:07 error loud\n']);
  });

  it('indents a traceback below the message', () => {
    const { lines, log } = logged('error');
    log.error('the app failed', { request: 'a-1', text: 'Traceback\n  File "x"\n' });
    assert.deepEqual(lines, ['09:05:07 error the app failed request=a-1\n    Traceback\n      File "x"\n']);
  });

  it('writes control characters so that nobody can forge a line or drive a terminal', () => {
    const { lines, log } = logged('error');
    log.error('GET /\n09:00:00 error forged', { agent: '\x1b[31m', text: 'a\x1b]0;x\x07' });
    assert.equal(lines[0]?.split('\n').length, 3);
    assert.doesNotMatch(lines[0] ?? '', /[\x1b\x07]/);
  });
});
