import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { summarizeCache } from './cache-results.ts';

const tests = [
  { id: 'a', name: 'a' },
  { id: 'b', name: 'b', depends_on: ['a'] },
  { id: 'c', name: 'c', kind: 'optimal' },
  { id: 'd', name: 'd', kind: 'check' },
] as const;

describe('summarizeCache', () => {
  it('passes where all that is required has passed, and counts the rest', () => {
    const { lines, passed } = summarizeCache(tests, { a: true, b: true, c: ['Assertion', 'no'], d: true }, {});
    assert.equal(passed, true);
    assert.deepEqual(lines, ['required: 2 of 2 passed', 'optimal: 0 of 1 passed', 'check: 1 yes of 1']);
  });

  it('fails where something required has not, whatever the reason', () => {
    const { lines, passed } = summarizeCache(tests, { a: ['Assertion', 'from cache'], b: true, c: true, d: true }, {});
    assert.equal(passed, false);
    assert.deepEqual(lines.slice(0, 3), [
      'a: failed, Assertion from cache',
      'b: unknown,  what it depends on did not pass',
      'required: 0 of 2 passed',
    ]);
    assert.equal(summarizeCache(tests, { a: ['Setup', 'status is 502'], b: true }, {}).passed, false);
  });

  it('passes exceptions, as long as they are some', () => {
    const failing = { a: true, b: ['Assertion', 'no'], c: true, d: true } as const;
    assert.equal(summarizeCache(tests, failing, { b: 'two tests contradict' }).passed, true);
    assert.equal(summarizeCache(tests, { ...failing, b: true }, { b: 'two tests contradict' }).passed, false);
  });

  it('fails a run without tests', () => {
    assert.equal(summarizeCache([], {}, {}).passed, false);
  });
});
