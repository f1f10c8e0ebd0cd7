import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileEntityTag, listMatches, matchesStrongly } from './entity-tag.ts';

const lists: readonly [list: string, tag: string | undefined, weak: boolean, strong: boolean][] = [
  ['"a"', '"a"', true, true],
  ['"b"', '"a"', false, false],
  ['"b", "a"', '"a"', true, true],
  ['"b","a"', '"a"', true, true],
  [' , "b" ,, "a" ', '"a"', true, true],
  ['W/"a"', '"a"', true, false],
  ['"a"', 'W/"a"', true, false],
  ['W/"a"', 'W/"a"', true, false],
  ['W/"a", "a"', '"a"', true, true],
  ['w/"a"', '"a"', false, false],
  ['*', '"a"', true, true],
  ['*', undefined, true, true],
  [' * ', '"a"', true, true],
  ['"*"', '"a"', false, false],
  ['"a"', undefined, false, false],
  ['a', '"a"', false, false],
  ['"a', '"a"', false, false],
  ['x, "a"', '"a"', false, false],
  ['"b""a"', '"a"', false, false],
  ['"x, "a"', '"a"', false, false],
  ['"a"x', '"a"', false, false],
  ['"a""b"', '"a"', false, false],
  ['"b", "a"W/"c"', '"a"', false, false],
  ['"a",x', '"a"', true, true],
  ['"a, b", "c"', '"c"', true, true],
  ['"ab"', '"a"', false, false],
  ['', '"a"', false, false],
];

describe('listMatches', () => {
  for (const [list, tag, weak, strong] of lists) {
    it(`${list} with ${tag}: weakly ${weak}, strongly ${strong}`, () => {
      assert.equal(listMatches(list, tag, 'weak'), weak);
      assert.equal(listMatches(list, tag, 'strong'), strong);
    });
  }

  it('reads 10,000 tags, and 1 MiB of separators, in time that grows with them (http.md 260)', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `"${index}"`).join(', ');
    assert.equal(listMatches(many, '"9999"', 'weak'), true);
    assert.equal(listMatches(many, '"10000"', 'weak'), false);
    assert.equal(listMatches(', '.repeat(1 << 19), '"a"', 'weak'), false);
  });
});

it('matchesStrongly takes no weak tag', () => {
  assert.equal(matchesStrongly('"a"', '"a"'), true);
  assert.equal(matchesStrongly('"a"', '"b"'), false);
  assert.equal(matchesStrongly('W/"a"', 'W/"a"'), false);
});

it('fileEntityTag is what nginx gives', () => {
  assert.equal(fileEntityTag(1577836800, 6), '"5e0be100-6"');
});
