import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { imbalanceOf } from './imbalance.ts';

describe('imbalanceOf', () => {
  it('compares the busiest with the least busy', () => {
    assert.equal(imbalanceOf([100, 110, 105], 3), 1.1);
  });

  it('is without measure where a worker had nothing', () => {
    assert.equal(imbalanceOf([100, 110], 3), 1e9);
  });
});
