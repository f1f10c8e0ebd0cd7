import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CaseResult, summarize } from './websocket-results.ts';

function result(behavior: string, behaviorClose = 'OK'): CaseResult {
  return { behavior, behaviorClose, reportfile: 'galley_case.json' };
}

describe('summarize', () => {
  it('passes a run whose cases are OK, NON-STRICT or INFORMATIONAL', () => {
    const results = { '1.1.1': result('OK'), '3.2': result('NON-STRICT'), '7.13.1': result('INFORMATIONAL') };
    const { lines, passed } = summarize(results, 3);
    assert.equal(passed, true);
    assert.equal(lines.at(-1), '3 passed, 0 failed (1 OK, 1 NON-STRICT, 1 INFORMATIONAL)');
  });

  it('fails a run in which one case failed', () => {
    const { lines, passed } = summarize({ '1.1.1': result('FAILED'), '1.1.2': result('OK') }, 2);
    assert.equal(passed, false);
    assert.equal(lines.at(-1), '1 passed, 1 failed (1 FAILED, 1 OK)');
  });

  it('fails a case whose messages are right and whose close is not', () => {
    assert.equal(summarize({ '7.1.1': result('OK', 'WRONG CODE') }, 1).passed, false);
  });

  it('fails a case that the server declined', () => {
    assert.equal(summarize({ '12.1.1': result('UNIMPLEMENTED') }, 1).passed, false);
  });

  it('fails a run that ended before its last case', () => {
    const { lines, passed } = summarize({ '1.1.1': result('OK') }, 517);
    assert.equal(passed, false);
    assert.ok(lines.includes('516 of 517 cases did not run'), lines.join('\n'));
  });

  it('fails a run that never began', () => {
    const { lines, passed } = summarize({}, 0);
    assert.equal(passed, false);
    assert.deepEqual(lines, ['0 passed, 0 failed (no case ran)']);
  });

  it('lists what is not wholly OK, in the order of the cases', () => {
    const results = { '10.1.1': result('FAILED'), '9.1.1': result('OK', 'UNCLEAN'), '1.1.1': result('OK') };
    const ids = summarize(results, 3).lines.map((line) => line.split(' ')[0]);
    assert.deepEqual(ids, ['9.1.1', '10.1.1', '1']);
  });
});
