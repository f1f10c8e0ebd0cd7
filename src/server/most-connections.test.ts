import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maxConnections } from '../core/limits.ts';
import { mostConnections, openFilesLimit, softLimit } from './most-connections.ts';

describe('mostConnections', () => {
  it('leaves files for all else that a process opens', () => {
    for (const [openFiles, frontThreads, most] of [
      [200, 1, 136],
      [200, 2, 68],
      [1_000, 1, 900],
      [4_096, 2, 1_843],
      [60, 4, 1],
      [1_048_576, 32, maxConnections],
      [Number.POSITIVE_INFINITY, 1, maxConnections],
    ] as const) {
      assert.equal(mostConnections(openFiles, frontThreads), most, `${openFiles} files, ${frontThreads} threads`);
    }
  });

  it('is what the config says of each thread, where files suffice', () => {
    assert.equal(mostConnections(4_096, 4, 500), 500);
    assert.equal(mostConnections(Number.POSITIVE_INFINITY, 4, 500), 500);
    assert.equal(mostConnections(1_000, 2, 768), 450);
  });
});

describe('softLimit', () => {
  it('is the first of the two limits', () => {
    const limits = `Limit                     Soft Limit           Hard Limit           Units
Max processes             63432                63432                processes
Max open files            1024                 524288               files
`;
    assert.equal(softLimit(limits), 1_024);
    assert.equal(softLimit(limits.replace('1024 ', 'unlimited')), Number.POSITIVE_INFINITY);
    assert.ok(openFilesLimit() > 0);
  });
});
