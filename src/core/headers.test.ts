import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList, InvalidHeader } from './headers.ts';

describe('HeaderList', () => {
  const list = HeaderList.of([
    ['Host', 'example.com'],
    ['accept', 'a'],
    ['x-empty', ''],
    ['Accept', 'b'],
  ]);

  it('lower-cases names and keeps order and duplicates', () => {
    assert.deepEqual(
      [...list],
      [
        ['host', 'example.com'],
        ['accept', 'a'],
        ['x-empty', ''],
        ['accept', 'b'],
      ],
    );
  });

  it('finds the first value, all values, and empty ones', () => {
    assert.equal(list.get('accept'), 'a');
    assert.deepEqual(list.getAll('accept'), ['a', 'b']);
    assert.equal(list.get('x-empty'), '');
    assert.equal(list.get('hos'), undefined);
    assert.equal(list.has('host'), true);
    assert.equal(HeaderList.empty.get('host'), undefined);
  });

  it('is a value: with and without give copies', () => {
    assert.deepEqual(list.with('x', 'y').getAll('x'), ['y']);
    assert.deepEqual([...list.without('accept')].length, 2);
    assert.equal([...list].length, 4);
  });

  it('keeps latin-1 bytes', () => {
    assert.equal(HeaderList.of([['x', 'caf\xe9']]).get('x'), 'caf\xe9');
  });

  it('refuses names and values that could break a message', () => {
    for (const name of ['', 'a b', 'a:', 'a\n', 'é']) assert.throws(() => HeaderList.of([[name, '']]), InvalidHeader);
    for (const value of ['a\nb', 'a\rb', '\0', '\x7f', '€'])
      assert.throws(() => HeaderList.of([['x', value]]), InvalidHeader);
  });

  it('reads a block in the middle of a larger buffer', () => {
    const block = HeaderList.of([
      ['a', '1'],
      ['b', '2'],
    ]);
    const bytes = Buffer.concat([Buffer.from('junk'), block.bytes, Buffer.from('junk')]);
    const inside = HeaderList.ofValidBlock(bytes, 4, 4 + block.end);
    assert.deepEqual(
      [...inside],
      [
        ['a', '1'],
        ['b', '2'],
      ],
    );
    assert.equal(inside.get('junk'), undefined);
    assert.equal(inside.count, 2);
  });
});
