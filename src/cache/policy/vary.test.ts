import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList } from '../../core/headers.ts';
import { matchesVary, varyNames, varyValues } from './vary.ts';

const list = (...fields: (readonly [string, string])[]): HeaderList => HeaderList.of(fields);

describe('varyNames', () => {
  it('reads names in any case, of several fields, once each', () => {
    assert.deepEqual(varyNames(list(['vary', 'B, a,'], ['vary', 'A'])), ['a', 'b']);
    assert.deepEqual(varyNames(list()), []);
  });

  it('tells of * wherever it stands', () => {
    for (const value of ['*', '*, *', ', *', 'a, *']) assert.equal(varyNames(list(['vary', value])), 'any', value);
    const many = Array.from({ length: 40 }, (_, index) => `a${index}`).join();
    assert.equal(varyNames(list(['vary', many])), 'any');
  });
});

describe('matchesVary', () => {
  const matches = (name: string, one: readonly string[], other: readonly string[]): boolean => {
    const request = (values: readonly string[]): HeaderList => list(...values.map((value) => [name, value] as const));
    return matchesVary(varyValues([name], request(one)), request(other));
  };

  it('compares values as lists, without the spaces around their members', () => {
    assert.ok(matches('foo', ['1, 2'], ['1', '2']));
    assert.ok(matches('foo', ['1,2'], [' 1, 2 ']));
    assert.ok(!matches('foo', ['1, 2'], ['2, 1']));
    assert.ok(!matches('foo', ['a'], ['A']));
  });

  it('tells a field that is not there from an empty one', () => {
    assert.ok(!matches('foo', [], ['']));
    assert.ok(matches('foo', [], []));
  });

  it('knows fields whose case or order says nothing', () => {
    assert.ok(matches('accept-encoding', ['gzip, br'], ['BR,gzip']));
    assert.ok(matches('accept-language', ['en, de'], ['EN,De']));
    assert.ok(!matches('accept-language', ['en, de'], ['de, en']));
  });
});
