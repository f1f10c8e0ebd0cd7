import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseEncoding, encodingWeight } from './accept-encoding.ts';

const weights: readonly [field: string | undefined, coding: string, weight: number][] = [
  ['gzip', 'gzip', 1000],
  ['GZip', 'gzip', 1000],
  ['x-gzip', 'gzip', 1000],
  ['gzipx', 'gzip', 0],
  ['xgzip', 'gzip', 0],
  ['gzip, deflate, br', 'br', 1000],
  ['deflate,gzip ;q=0.5', 'gzip', 500],
  ['gzip; q=0.001', 'gzip', 1],
  ['gzip;q=1.000', 'gzip', 1000],
  ['gzip;Q=0.25', 'gzip', 250],
  ['gzip;q=0', 'gzip', 0],
  ['gzip;q=0.000', 'gzip', 0],
  ['gzip;q=1.5', 'gzip', 0],
  ['gzip;q=', 'gzip', 0],
  ['gzip;q=0.1234', 'gzip', 0],
  ['gzip;level=9', 'gzip', 0],
  ['*', 'zstd', 1000],
  ['*;q=0.3, br', 'gzip', 300],
  ['*, gzip;q=0', 'gzip', 0],
  ['gzip;q=0, *', 'gzip', 0],
  ['', 'gzip', 0],
  [undefined, 'gzip', 0],
  [undefined, 'identity', 1],
  ['gzip', 'identity', 1],
  ['identity;q=0', 'identity', 0],
  ['*;q=0', 'identity', 0],
  [' ,, gzip', 'gzip', 1000],
  ['gzip\t;\tq=0.7\t', 'gzip', 700],
];

describe('encodingWeight', () => {
  for (const [field, coding, weight] of weights) {
    it(`gives ${coding} ${weight} for ${JSON.stringify(field)}`, () => {
      assert.equal(encodingWeight(field, coding), weight);
    });
  }

  it('reads no more than the first 1,024 bytes of the field (http.md 261)', () => {
    const filler = 'a,'.repeat(510);
    assert.equal(encodingWeight(`${filler}gzip`, 'gzip'), 1000);
    assert.equal(encodingWeight(`${filler}gzip;q=1`, 'gzip'), 0);
    assert.equal(encodingWeight(`${filler}a,gzip`, 'gzip'), 0);
    assert.equal(encodingWeight(`gzip,${'a,'.repeat(32 * 1024)}`, 'gzip'), 1000);
  });
});

const choices: readonly [field: string | undefined, chosen: string | undefined][] = [
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip', 'gzip'],
  ['gzip;q=1.0, br;q=0.9', 'gzip'],
  ['*', 'br'],
  ['gzip;q=0.5', 'gzip'],
  ['gzip;q=0.5, identity', undefined],
  ['gzip, identity', 'gzip'],
  ['gzip;q=0.5, *;q=0.8', 'br'],
  ['identity;q=0', undefined],
  ['br;q=0, gzip;q=0', undefined],
  ['deflate', undefined],
  [undefined, undefined],
];

describe('chooseEncoding', () => {
  for (const [field, chosen] of choices) {
    it(`of br and gzip takes ${chosen ?? 'none'} for ${JSON.stringify(field)}`, () => {
      assert.equal(chooseEncoding(field, ['br', 'gzip']), chosen);
    });
  }
});
