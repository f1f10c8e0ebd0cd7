import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readTarget } from './target.ts';

describe('readTarget', () => {
  it('splits the origin form at the first question mark', () => {
    assert.deepEqual(readTarget('GET', '/a/../b?c?d=/../'), {
      target: '/a/../b?c?d=/../',
      path: '/a/../b',
      query: 'c?d=/../',
      normalizedPath: '/b',
      authority: undefined,
    });
    assert.equal(readTarget('GET', '/?').query, '');
  });

  it('232: normalises the path and leaves the query alone', () => {
    assert.equal(readTarget('GET', '/a/./b/../c?x=%zz/..').normalizedPath, '/a/c');
  });

  it('gives the origin form of an absolute URL, and its authority', () => {
    for (const [text, target, authority] of [
      ['http://a/', '/', 'a'],
      ['HTTP://a:8080/x?y', '/x?y', 'a:8080'],
      ['https://[::1]/x', '/x', '[::1]'],
      ['http://a', '/', 'a'],
      ['http://a?x', '/?x', 'a'],
      ['http://a//b', '//b', 'a'],
    ] as const) {
      const read = readTarget('GET', text);
      assert.deepEqual([read.target, read.authority], [target, authority], text);
    }
  });

  it('242: refuses userinfo, other schemes and broken authorities', () => {
    for (const text of [
      'http://user:pw@h/',
      'ftp://a/',
      'http:///x',
      'http://:80/',
      'http:/a',
      'http://a b',
      'a',
      'a:80',
      '',
    ]) {
      assert.throws(() => readTarget('GET', text), { code: 'request-target' }, text);
    }
  });

  it('246: knows CONNECT and offers no tunnel', () => {
    assert.throws(() => readTarget('CONNECT', 'h:443'), { code: 'method-not-allowed' });
    assert.throws(() => readTarget('CONNECT', '[::1]:443'), { code: 'method-not-allowed' });
    for (const text of ['/', 'h', 'h:', ':443', 'http://h:443', '*', 'u@h:443', '[x:443']) {
      assert.throws(() => readTarget('CONNECT', text), { code: 'request-target' }, text);
    }
  });

  it('247: lets * pass for OPTIONS alone', () => {
    assert.deepEqual(readTarget('OPTIONS', '*'), {
      target: '*',
      path: '*',
      query: '',
      normalizedPath: '*',
      authority: undefined,
    });
    assert.equal(readTarget('OPTIONS', 'http://a').target, '*');
    assert.equal(readTarget('OPTIONS', 'http://a/').target, '/');
    assert.throws(() => readTarget('GET', '*'), { code: 'request-target' });
    assert.throws(() => readTarget('options', '*'), { code: 'request-target' });
  });

  it('248: refuses TRACE', () => {
    assert.throws(() => readTarget('TRACE', '/'), { code: 'method-not-allowed' });
  });
});
