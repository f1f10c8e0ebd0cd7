import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseExtensions } from './extensions.ts';

describe('parseExtensions', () => {
  it('reads names, parameters, and values bare or quoted', () => {
    assert.deepEqual(parseExtensions('foo, bar; a ; b=1\t;c = "x\\y" , baz;a;a'), [
      { name: 'foo', parameters: [] },
      {
        name: 'bar',
        parameters: [
          ['a', undefined],
          ['b', '1'],
          ['c', 'xy'],
        ],
      },
      {
        name: 'baz',
        parameters: [
          ['a', undefined],
          ['a', undefined],
        ],
      },
    ]);
  });

  it('refuses what the grammar does not allow', () => {
    for (const value of [
      '',
      ' ',
      ',',
      'a,',
      ',a',
      'a;',
      'a;;b',
      'a=1',
      'a;b=',
      'a;b="',
      'a;b=""',
      'a;b="x y"',
      'a b',
    ]) {
      assert.equal(parseExtensions(value), undefined, value);
    }
    for (const value of ['a;b="x"y', 'a;=1', 'é', 'a;b=\xa0']) assert.equal(parseExtensions(value), undefined, value);
  });

  it('refuses more offers or parameters than anybody has', () => {
    const times = (count: number, text: string, by: string) => Array.from({ length: count }, () => text).join(by);
    assert.equal(parseExtensions(times(16, 'a', ','))?.length, 16);
    assert.equal(parseExtensions(times(17, 'a', ',')), undefined);
    assert.equal(parseExtensions(`a;${times(16, 'b', ';')}`)?.[0]?.parameters.length, 16);
    assert.equal(parseExtensions(`a;${times(17, 'b', ';')}`), undefined);
  });

  it('refuses an open quote of any length without trying every way to read it', () => {
    for (const filler of ['a', '\\a']) {
      assert.equal(parseExtensions(`permessage-deflate; x="${filler.repeat(8_000)}`), undefined);
    }
  });
});
