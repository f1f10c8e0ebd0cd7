import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList, InvalidHeader } from './headers.ts';
import { NameSet } from './name-set.ts';

describe('HeaderList', () => {
  it('finds what each way of making a list has put there, and nothing else', () => {
    const names = ['a', 'host', 'content-length', 'x-pad', 'via', 'server', 'set-cookie'];
    const list = HeaderList.of(names.map((name) => [name, `${name}.`]));
    const pairs = (of: HeaderList): string[] => [...of].map(([name]) => name);
    const made = [
      list,
      HeaderList.empty,
      HeaderList.of([['via', '1']]).with('date', '2'),
      HeaderList.of([['via', '1']]).withAll(HeaderList.of([['date', '2']])),
      HeaderList.of([['via', '1']]).withAll([['date', '2']]),
      HeaderList.of([['via', '1']]).replaced('date', '2'),
      HeaderList.joined([['date', '2']], list, new NameSet(['via'])),
      HeaderList.joined(HeaderList.of([['date', '2']]), list, new NameSet([], 'x-')),
      list.without('via', 'host'),
      list.withoutAny(new NameSet(['server', 'date'])),
      list.withoutAny(new NameSet(['date'], 'x-')),
      HeaderList.ofValidBlock(list.bytes, list.start, list.end),
    ];
    for (const each of made) {
      for (const name of [...names, 'date', 'b', 'vary']) {
        assert.equal(each.has(name), pairs(each).includes(name), name);
        assert.equal(each.get(name) !== undefined, each.has(name), name);
        assert.equal(each.getAll(name).length === 1, each.has(name), name);
        assert.equal(each.withoutAny(new NameSet([name])).has(name), false, name);
      }
    }
  });

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

  it('adds many fields at once, encoded ones or those of another list', () => {
    const more = [
      ['X-One', '1'],
      ['x-two', ''],
    ] as const;
    const whole = [...list, ['x-one', '1'], ['x-two', '']];
    assert.deepEqual([...list.withAll(more)], whole);
    assert.deepEqual([...list.withAll(inside(HeaderList.of(more)))], whole);
    assert.deepEqual([...inside(list).withAll(more)], whole);
    assert.throws(() => list.withAll([['x', 'a\nb']]), InvalidHeader);
  });

  it('leaves out fields wherever they stand, and is the same where there is nothing to leave out', () => {
    for (const each of [list, inside(list)]) {
      assert.deepEqual(
        [...each.without('accept')],
        [
          ['host', 'example.com'],
          ['x-empty', ''],
        ],
      );
      assert.deepEqual([...each.without('host', 'x-empty')].flat(), ['accept', 'a', 'accept', 'b']);
      assert.deepEqual([...each.without('host', 'x-empty', 'accept')], []);
      assert.equal(each.without('accep', 'hosts'), each);
    }
  });

  it('replaces the first field of a name and leaves out its others', () => {
    for (const each of [list, inside(list)]) {
      const replaced = [
        ['host', 'example.com'],
        ['accept', 'longer than a'],
        ['x-empty', ''],
      ];
      assert.deepEqual([...each.replaced('accept', 'longer than a')], replaced);
      assert.deepEqual([...each.replaced('x-new', 'y')], [...list, ['x-new', 'y']]);
      assert.throws(() => each.replaced('accept', '\0'), InvalidHeader);
      assert.throws(() => each.replaced('x y', ''), InvalidHeader);
    }
  });

  it('leaves out all fields of a set of names', () => {
    for (const each of [list, inside(list)]) {
      const left = each.withoutAny(new NameSet(['accept', 'hos', 'hosts']));
      assert.deepEqual([...left].flat(), ['host', 'example.com', 'x-empty', '']);
      assert.equal(each.withoutAny(new NameSet(['hosts', ''])), each);
      assert.deepEqual([...each.withoutAny(new NameSet(['host', 'accept', 'x-empty']))], []);
    }
  });

  it('joins fields with those of another list', () => {
    const dropped = new NameSet(['accept', 'y']);
    const joined = HeaderList.joined(
      [
        ['X-First', '1'],
        ['accept', 'mine'],
      ],
      inside(list),
      dropped,
    );
    assert.deepEqual(
      [...joined],
      [
        ['x-first', '1'],
        ['accept', 'mine'],
        ['host', 'example.com'],
        ['x-empty', ''],
      ],
    );
    assert.deepEqual([...HeaderList.joined([], HeaderList.empty, dropped)], []);
    assert.throws(() => HeaderList.joined([['a', '\n']], list, dropped), InvalidHeader);
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
    const within = inside(block);
    assert.deepEqual(
      [...within],
      [
        ['a', '1'],
        ['b', '2'],
      ],
    );
    assert.equal(within.get('junk'), undefined);
    assert.equal(within.count, 2);
  });
});

/** The same list in the middle of a larger buffer. */
function inside(list: HeaderList): HeaderList {
  const bytes = Buffer.concat([Buffer.from('junk'), list.bytes.subarray(list.start, list.end), Buffer.from('junk')]);
  return HeaderList.ofValidBlock(bytes, 4, 4 + list.end - list.start);
}
