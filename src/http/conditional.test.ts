import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList } from '../core/headers.ts';
import { evaluatePreconditions, ifRangeHolds, type ModifiedComparison } from './conditional.ts';

const earlier = 'Tue, 31 Dec 2019 23:59:59 GMT';
const same = 'Wed, 01 Jan 2020 00:00:00 GMT';
const later = 'Wed, 01 Jan 2020 00:00:01 GMT';
const validators = { entityTag: '"a"', modifiedSeconds: 1577836800 };

type Case = readonly [fields: [string, string][], comparison: ModifiedComparison, outcome: string];

const cases: readonly Case[] = [
  [[], 'exact', 'go-on'],
  [[['if-match', '"a"']], 'exact', 'go-on'],
  [[['if-match', '*']], 'exact', 'go-on'],
  [[['if-match', 'W/"a"']], 'exact', 'failed'],
  [[['if-match', '"b"']], 'exact', 'failed'],
  [
    [
      ['if-match', '"b"'],
      ['if-match', '"a"'],
    ],
    'exact',
    'go-on',
  ],
  [
    [
      ['if-match', '"a"'],
      ['if-unmodified-since', earlier],
    ],
    'exact',
    'go-on',
  ],
  [
    [
      ['if-match', '"b"'],
      ['if-none-match', '"a"'],
    ],
    'exact',
    'failed',
  ],
  [
    [
      ['if-match', '"a"'],
      ['if-none-match', '"a"'],
    ],
    'exact',
    'not-modified',
  ],
  [[['if-unmodified-since', earlier]], 'exact', 'failed'],
  [[['if-unmodified-since', same]], 'exact', 'go-on'],
  [[['if-unmodified-since', later]], 'exact', 'go-on'],
  [[['if-unmodified-since', 'yesterday']], 'exact', 'go-on'],
  [[['if-none-match', '"a"']], 'exact', 'not-modified'],
  [[['if-none-match', 'W/"a"']], 'exact', 'not-modified'],
  [[['if-none-match', '"b", "a"']], 'exact', 'not-modified'],
  [[['if-none-match', '*']], 'exact', 'not-modified'],
  [[['if-none-match', '"b"']], 'exact', 'go-on'],
  [
    [
      ['if-none-match', '"b"'],
      ['if-modified-since', same],
    ],
    'exact',
    'go-on',
  ],
  [
    [
      ['if-none-match', '"a"'],
      ['if-modified-since', earlier],
    ],
    'exact',
    'not-modified',
  ],
  [[['if-modified-since', same]], 'exact', 'not-modified'],
  [[['if-modified-since', later]], 'exact', 'go-on'],
  [[['if-modified-since', later]], 'before', 'not-modified'],
  [[['if-modified-since', same]], 'before', 'not-modified'],
  [[['if-modified-since', earlier]], 'before', 'go-on'],
  [[['if-modified-since', same]], 'off', 'go-on'],
  [[['if-modified-since', 'Wed']], 'before', 'go-on'],
];

describe('evaluatePreconditions', () => {
  for (const [fields, comparison, outcome] of cases) {
    it(`${JSON.stringify(fields)}, ${comparison}: ${outcome}`, () => {
      assert.equal(evaluatePreconditions(HeaderList.of(fields), validators, comparison), outcome);
    });
  }

  it('without validators lets all but If-Match pass', () => {
    const none = { entityTag: undefined, modifiedSeconds: undefined };
    const outcome = (name: string, value: string): string =>
      evaluatePreconditions(HeaderList.of([[name, value]]), none, 'exact');
    assert.equal(outcome('if-match', '"a"'), 'failed');
    assert.equal(outcome('if-none-match', '"a"'), 'go-on');
    assert.equal(outcome('if-modified-since', same), 'go-on');
    assert.equal(outcome('if-unmodified-since', earlier), 'go-on');
  });
});

describe('ifRangeHolds', () => {
  const table: readonly [field: string | undefined, holds: boolean][] = [
    [undefined, true],
    ['"a"', true],
    ['"b"', false],
    ['W/"a"', false],
    [same, true],
    [later, false],
    [earlier, false],
    ['never', false],
    ['', false],
  ];
  for (const [field, holds] of table)
    it(`${field}: ${holds}`, () => assert.equal(ifRangeHolds(field, validators), holds));

  it('never holds by a tag that is weak', () => {
    assert.equal(ifRangeHolds('W/"a"', { ...validators, entityTag: 'W/"a"' }), false);
  });
});
