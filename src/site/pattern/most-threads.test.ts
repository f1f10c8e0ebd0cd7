import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mostThreads } from './most-threads.ts';
import { parsePattern } from './parse-pattern.ts';

function threadsOf(pattern: string): number {
  return mostThreads(parsePattern(pattern, false).root);
}

describe('mostThreads', () => {
  it('is 1 where each byte says what comes next', () => {
    assert.equal(threadsOf('^abc'), 1);
    assert.equal(threadsOf('^a{3}'), 1);
  });

  it('counts where a text may be at once, those that do not take the byte half', () => {
    assert.equal(threadsOf('^(?:a|b)c'), 1.5);
    assert.equal(threadsOf('^.*a.*b'), 3.5);
    assert.equal(threadsOf('^(?:a|ab|abc)'), 3);
    assert.equal(threadsOf('^a?b?c?d'), 2.5);
    assert.equal(threadsOf('^(?:a{2,3}|b)+$'), 3.5);
    assert.equal(threadsOf('^a{1,20}$'), 1);
    assert.equal(threadsOf('^a{0,20}b'), 1.5);
    assert.equal(threadsOf('^(?:a{1,20})+$'), 20);
    assert.equal(threadsOf('a{20}'), 20);
    assert.equal(threadsOf('.?'.repeat(20)), 20);
  });

  it('counts that it may begin anywhere', () => {
    assert.equal(threadsOf('aaa'), 3);
    assert.equal(threadsOf('^a|b'), 1.5);
  });

  it('is as much or more where there are many ways to be at several places', () => {
    assert.equal(threadsOf('(?:a|b).{12}c'), 15);
    assert.equal(threadsOf('ab.{1,30}c'), 18);
  });

  it('is not known for what is too large or no automaton', () => {
    assert.equal(threadsOf('a{2000}'), Number.POSITIVE_INFINITY);
    assert.equal(threadsOf('a{200}'), Number.POSITIVE_INFINITY);
    assert.equal(threadsOf('ab.{1,300}c'), Number.POSITIVE_INFINITY);
    assert.equal(threadsOf('a(?=b)'), Number.POSITIVE_INFINITY);
  });
});
