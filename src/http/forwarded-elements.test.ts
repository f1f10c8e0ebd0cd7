import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { elementsFromEnd, forwardedElement } from './forwarded-elements.ts';

describe('elementsFromEnd', () => {
  it('gives the last one first, trimmed, without empty ones', () => {
    assert.deepEqual(elementsFromEnd('a, b ,\tc', 9), ['c', 'b', 'a']);
    assert.deepEqual(elementsFromEnd(', a,, b,', 9), ['b', 'a']);
    assert.deepEqual(elementsFromEnd('', 9), []);
    assert.deepEqual(elementsFromEnd(' , ', 9), []);
  });

  it('gives so many at most', () => {
    assert.deepEqual(elementsFromEnd('a,b,c', 2), ['c', 'b']);
  });

  it('leaves commas in quotes alone', () => {
    assert.deepEqual(elementsFromEnd('for=a, for="b,c", for=d', 9), ['for=d', 'for="b,c"', 'for=a']);
    assert.deepEqual(elementsFromEnd(String.raw`x="a\",b", y="c\\", z`, 9), [
      'z',
      String.raw`y="c\\"`,
      String.raw`x="a\",b"`,
    ]);
  });

  it('takes an escaped quote for a part of its text', () => {
    assert.deepEqual(elementsFromEnd(String.raw`x="a,b\"c", y="d,e\\\""`, 9), [
      String.raw`y="d,e\\\""`,
      String.raw`x="a,b\"c"`,
    ]);
  });

  it('finds what stands behind a quote that was left open', () => {
    const [last] = elementsFromEnd('for="1.1.1.1, for="[2001:db8::1]";proto=https', 9);
    assert.equal(last, 'for="[2001:db8::1]";proto=https');
    assert.equal(elementsFromEnd(String.raw`for="\, for=2.2.2.2`, 9)[0], 'for=2.2.2.2');
  });
});

describe('forwardedElement', () => {
  it('reads the node and the scheme, in any order and case, beside other parameters', () => {
    for (const [text, node, scheme] of [
      ['for=192.0.2.60;proto=http;by=203.0.113.43', '192.0.2.60', 'http'],
      ['Proto=HTTPS;For="[2001:db8::1]:4711"', '[2001:db8::1]:4711', 'HTTPS'],
      ['host="a;b,c";for=_x', '_x', ''],
      ['proto=https', '', 'https'],
      [String.raw`for="\a\"b"`, 'a"b', ''],
      ['for=a ; proto=b', 'a', 'b'],
      [';for=a;', 'a', ''],
    ] as const) {
      assert.deepEqual(forwardedElement(text), { node, scheme }, text);
    }
  });

  it('refuses what is malformed or says one thing twice', () => {
    for (const text of [
      'for',
      '=a',
      'for = a',
      'for=a b',
      'for="a',
      'for="a"b',
      'for=a"b"',
      'for=1.1.1.1;for=2.2.2.2',
      'proto=http;proto=https',
    ]) {
      assert.equal(forwardedElement(text), undefined, text);
    }
  });
});
