import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { summarize } from './summary.ts';

const passed = { name: 'a', outcome: 'passed', reason: '' } as const;
const failed = { name: 'b', outcome: 'failed', reason: '' } as const;
const skipped = { name: 'c', outcome: 'skipped', reason: 'no wrk' } as const;

describe('summarize', () => {
  it('ends in the counts', () => {
    assert.deepEqual(summarize([passed, passed], false), { text: '\n2 passed, 0 failed, 0 skipped\n', exitCode: 0 });
  });

  it('lists what failed and why others were skipped, before the counts', () => {
    assert.deepEqual(summarize([skipped, passed, failed], false), {
      text: '\nFailed:\n  b\n\nSkipped:\n  c: no wrk\n\n1 passed, 1 failed, 1 skipped\n',
      exitCode: 1,
    });
  });

  it('lets a skipped test pass, unless all are required', () => {
    assert.equal(summarize([passed, skipped], false).exitCode, 0);
    assert.deepEqual(summarize([passed, skipped], true), {
      text: '\nFailed:\n  c: skipped, which GALLEY_REQUIRE_ALL forbids: no wrk\n\n1 passed, 1 failed, 0 skipped\n',
      exitCode: 1,
    });
  });

  it('fails where there was no test', () => assert.equal(summarize([], false).exitCode, 1));
});
