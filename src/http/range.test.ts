import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decideRanges, type RangeDecision } from './range.ts';

function text(decision: RangeDecision): string {
  return typeof decision === 'string' ? decision : decision.map(({ start, end }) => `[${start},${end})`).join(' ');
}

const table: readonly [field: string, size: number, decision: string][] = [
  ['bytes=0-0', 10, '[0,1)'],
  ['bytes=0-', 10, '[0,10)'],
  ['bytes=3-5', 10, '[3,6)'],
  ['bytes=3-99', 10, '[3,10)'],
  ['bytes=9-9', 10, '[9,10)'],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=-3', 10, '[7,10)'],
  ['bytes=-99', 10, '[0,10)'],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=0-1,3-4', 10, '[0,2) [3,5)'],
  ['bytes=3-4,0-1', 10, '[3,5) [0,2)'],
  ['bytes=0-5,3-4', 10, '[0,6) [3,5)'],
  ['bytes=0-6,3-9', 10, 'whole'],
  ['bytes=0-,0-,0-', 2, 'whole'],
  ['bytes=0-1,99-', 2, '[0,2)'],
  ['bytes=99-,0-1', 10, '[0,2)'],
  ['BYTES=0-1', 10, '[0,2)'],
  ['bytes= 0 - 1 , 3 - 4 ', 10, '[0,2) [3,5)'],
  ['bytes=0 -', 10, '[0,10)'],
  ['bytes=- 3', 10, 'unsatisfiable'],
  ['bytes=1-0', 10, 'unsatisfiable'],
  ['bytes=abc', 10, 'unsatisfiable'],
  ['bytes=', 10, 'whole'],
  ['bytes= ', 10, 'unsatisfiable'],
  ['bytes=0-1,', 10, 'unsatisfiable'],
  ['bytes=,0-1', 10, 'unsatisfiable'],
  ['bytes=-', 10, 'unsatisfiable'],
  ['bytes=0-1x', 10, 'unsatisfiable'],
  ['bytes=0--1', 10, 'unsatisfiable'],
  ['bytes=+0-1', 10, 'unsatisfiable'],
  ['items=0-1', 10, 'whole'],
  ['bytes 0-1', 10, 'whole'],
  ['', 10, 'whole'],
  ['bytes=0-', 0, 'whole'],
  ['bytes=0-0', 0, 'whole'],
  ['bytes=-1', 0, 'whole'],
  ['bytes=1-', 0, 'unsatisfiable'],
  ['bytes=0-9223372036854775807', 10, '[0,10)'],
  ['bytes=0-9223372036854775808', 10, 'unsatisfiable'],
  ['bytes=0-18446744073709551616', 10, 'unsatisfiable'],
  ['bytes=9223372036854775808-', 10, 'unsatisfiable'],
  ['bytes=-9223372036854775808', 10, 'unsatisfiable'],
  ['bytes=-9223372036854775807', 10, '[0,10)'],
  [`bytes=0-${'0'.repeat(40)}1`, 10, '[0,2)'],
];

describe('decideRanges', () => {
  for (const [field, size, decision] of table) {
    it(`${JSON.stringify(field)} of ${size} bytes is ${decision}`, () => {
      assert.equal(text(decideRanges(field, size, 100)), decision);
    });
  }

  it('takes as many ranges as are allowed and no more', () => {
    assert.equal(text(decideRanges('bytes=0-0,1-1', 10, 2)), '[0,1) [1,2)');
    assert.equal(text(decideRanges('bytes=0-0,1-1,2-2', 10, 2)), 'whole');
    assert.equal(text(decideRanges('bytes=0-0,1-1,99-', 10, 2)), '[0,1) [1,2)');
    assert.equal(text(decideRanges('bytes=0-0', 10, 0)), 'whole');
  });

  it('stays quick with 1,000 ranges (http.md 258) and with 1 MiB of spaces', () => {
    assert.equal(text(decideRanges(`bytes=${Array(1000).fill('0-').join(',')}`, 10, 2000)), 'whole');
    assert.equal(text(decideRanges(`bytes=0-${' '.repeat(1 << 20)}x`, 10, 100)), 'unsatisfiable');
    assert.equal(text(decideRanges(`bytes=${' '.repeat(1 << 20)}x`, 10, 100)), 'unsatisfiable');
  });
});
