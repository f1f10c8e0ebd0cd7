import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { duration, size } from './value-type.ts';

describe('duration', () => {
  const cases: Readonly<Record<string, number>> = {
    '0': 0,
    '90': 90_000,
    '1.5': 1_500,
    '90s': 90_000,
    '30m': 1_800_000,
    '0.5h': 1_800_000,
    '720h': 30 * 86_400_000,
  };
  for (const [text, expected] of Object.entries(cases)) {
    it(`reads ${text}`, () => assert.equal(duration.parse(text), expected));
  }

  for (const text of ['', 's', '-1', '1d', '1 h', '721h', '2592001', '1h30m', '1e3']) {
    it(`refuses "${text}"`, () => assert.equal(duration.parse(text), undefined));
  }
});

describe('size', () => {
  const cases: Readonly<Record<string, number>> = {
    '0': 0,
    '1048576': 1024 ** 2,
    '1024K': 1024 ** 2,
    '512M': 512 * 1024 ** 2,
    '1g': 1024 ** 3,
    '1024G': 1024 ** 4,
  };
  for (const [text, expected] of Object.entries(cases)) {
    it(`reads ${text}`, () => assert.equal(size.parse(text), expected));
  }

  for (const text of ['', 'M', '512', '1048575', '1.5G', '512MB', '1025G', '-1M', '1T']) {
    it(`refuses "${text}"`, () => assert.equal(size.parse(text), undefined));
  }
});
