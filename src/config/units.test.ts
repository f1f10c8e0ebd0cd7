import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Expires } from '../plan/settings.ts';
import {
  durationText,
  expiresText,
  parseDuration,
  parseExpires,
  parseRate,
  parseSize,
  rateText,
  sizeText,
} from './units.ts';

describe('units', () => {
  it('reads durations', () => {
    const cases = {
      '30s': 30_000,
      '250ms': 250,
      '1h 30m': 5_400_000,
      '1h30m': 5_400_000,
      '1M': 2_592_000_000,
      '0s': 0,
    };
    for (const [text, ms] of Object.entries(cases)) assert.equal(parseDuration(text), ms, text);
    for (const text of ['', '30', 's', '1.5s', '-1s', '1s  1s'])
      assert.throws(() => parseDuration(text), RangeError, text);
  });

  it('reads sizes', () => {
    const cases = { '10m': 10_485_760, '1K': 1_024, '2g': 2_147_483_648, '7': 7 };
    for (const [text, bytes] of Object.entries(cases)) assert.equal(parseSize(text), bytes, text);
    for (const text of ['', 'm', '1.5m', '10mb', '-1']) assert.throws(() => parseSize(text), RangeError, text);
  });

  it('reads rates as nginx does', () => {
    const cases = { '10/s': 10_000, '10/m': 166, '30/m': 500, '1/h': 0 };
    for (const [text, rate] of Object.entries(cases)) assert.equal(parseRate(text), rate, text);
    for (const text of ['10', '0/s', '10/d', '10r/s']) assert.throws(() => parseRate(text), RangeError, text);
  });

  it('reads times of expiry', () => {
    const cases: readonly (readonly [string, Expires])[] = [
      ['1y', { kind: 'after', from: 'now', seconds: 31_536_000 }],
      ['-1', { kind: 'after', from: 'now', seconds: -1 }],
      ['modified +24h', { kind: 'after', from: 'modified', seconds: 86_400 }],
      ['@15h30m', { kind: 'daily', seconds: 55_800 }],
      ['max', { kind: 'max' }],
      ['epoch', { kind: 'epoch' }],
      ['$expires', { kind: 'template', text: '$expires', from: 'now' }],
    ];
    for (const [text, expected] of cases) assert.deepEqual(parseExpires(text), expected, text);
    for (const text of ['', 'never', '@', 'modified @3h', '1ms'])
      assert.throws(() => parseExpires(text), RangeError, text);
  });

  it('writes what it reads', () => {
    const whole = fc.nat({ max: 10 ** 12 });
    fc.assert(fc.property(whole, (ms) => assert.equal(parseDuration(durationText(ms)), ms)));
    fc.assert(fc.property(whole, (bytes) => assert.equal(parseSize(sizeText(bytes)), bytes)));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.constantFrom('s', 'm'), (number, unit) => {
        const rate = parseRate(`${number}/${unit}`);
        assert.equal(parseRate(rateText(rate) ?? ''), rate);
      }),
    );
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom('now', 'modified'), (seconds, from) => {
        const expires = { kind: 'after', from, seconds } as const;
        assert.deepEqual(parseExpires(expiresText(expires)), expires);
      }),
    );
  });

  it('prefers units to long numbers', () => {
    assert.equal(durationText(5_400_000), '1h 30m');
    assert.equal(durationText(2_592_000_000), '30d');
    assert.equal(sizeText(10_485_760), '10m');
    assert.equal(sizeText(1_025), 1_025);
    assert.equal(rateText(500), '30/m');
  });
});
