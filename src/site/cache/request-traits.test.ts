import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList } from '../../core/headers.ts';
import { trait, traitsOf } from './request-traits.ts';

describe('traitsOf', () => {
  it('finds what matters to a cache among other fields', () => {
    const of = (...names: string[]): number =>
      traitsOf(HeaderList.of([['host', 'a'], ...names.map((name) => [name, 'x'] as const)]));
    assert.equal(of('accept', 'cookie', 'cache-contrul', 'x-range'), 0);
    assert.equal(of('cache-control'), trait.wish);
    assert.equal(of('range', 'if-none-match'), trait.range | trait.condition);
    assert.equal(of('x-http-method-override', 'pragma'), trait.methodOverride | trait.wish);
  });
});
