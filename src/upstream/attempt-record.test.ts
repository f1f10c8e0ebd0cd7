import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AttemptRecord } from './attempt-record.ts';
import type { LeaseResult } from './lease.ts';
import type { Member } from './member.ts';

describe('the record of an attempt', () => {
  const ended = (how: 'complete' | 'cancelled' | 'failed', judged: 'before' | 'after' | 'never'): boolean[] => {
    const results: LeaseResult[] = [];
    const lease = { member: {} as Member, done: (result: LeaseResult) => results.push(result) };
    const attempt = new AttemptRecord({ answered() {}, failed() {} }, lease, () => 0);
    if (judged === 'before') attempt.judge(true);
    attempt.ended(how);
    if (judged === 'after') attempt.judge(true);
    return results.map(({ hasFailed }) => hasFailed);
  };

  it('tells once that an answer was a failure, whether it is whole by then or not', () => {
    assert.deepEqual(ended('complete', 'before'), [true]);
    assert.deepEqual(ended('complete', 'after'), [true]);
  });

  it('tells of one without an answer at its end', () => {
    assert.deepEqual([ended('failed', 'never'), ended('cancelled', 'never')], [[true], [false]]);
  });
});
