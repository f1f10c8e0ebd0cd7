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
    assert.equal(threadsOf('^(?:a|b)c'), 2);
  });

  it('counts where a text may be at once', () => {
    assert.equal(threadsOf('^.*a.*b'), 4);
    assert.equal(threadsOf('^(?:a|ab|abc)'), 3);
    assert.equal(threadsOf('^a?b?c?d'), 4);
    assert.equal(threadsOf('^(?:a{2,3}|b)+$'), 4);
    assert.equal(threadsOf('^a{1,20}$'), 1);
    assert.equal(threadsOf('^a{0,20}b'), 2);
    assert.equal(threadsOf('^(?:a{1,20})+$'), 20);
    assert.equal(threadsOf('a{20}'), 20);
  });

  it('counts that it may begin anywhere', () => {
    assert.equal(threadsOf('aaa'), 3);
    assert.equal(threadsOf('^a|b'), 2);
  });

  it('is not known for what is too large or no automaton', () => {
    assert.equal(threadsOf('a{2000}'), Number.POSITIVE_INFINITY);
    assert.equal(threadsOf('a{200}'), Number.POSITIVE_INFINITY);
    assert.equal(threadsOf('(?:a|b).{12}c'), Number.POSITIVE_INFINITY);
    assert.equal(threadsOf('a(?=b)'), Number.POSITIVE_INFINITY);
  });
});
