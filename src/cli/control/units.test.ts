import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { durationText, latencyText, memoryText, rateText, shareText } from './units.ts';

function describeUnit<T>(name: string, text: (value: T) => string, cases: readonly (readonly [T, string])[]): void {
  describe(name, () => {
    for (const [value, expected] of cases) {
      it(`writes ${value} as ${expected}`, () => assert.equal(text(value), expected));
    }
  });
}

const minute = 60_000;
const hour = 60 * minute;

describeUnit('durationText', durationText, [
  [-5, '0 s'],
  [59_999, '59 s'],
  [minute, '1 min'],
  [hour - 1, '59 min'],
  [hour + 5 * minute, '1 h 5 min'],
  [24 * hour - 1, '23 h 59 min'],
  [51 * hour, '2 d 3 h'],
]);

describeUnit('latencyText', latencyText, [
  [null, '-'],
  [0.04, '0.0 ms'],
  [9.94, '9.9 ms'],
  [9.96, '10 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [9_940, '9.9 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min'],
]);

describeUnit('memoryText', memoryText, [
  [null, '-'],
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_536, '2 KiB'],
  [1023.4 * 1024, '1023 KiB'],
  [1023.6 * 1024, '1 MiB'],
  [48.4 * 1024 ** 2, '48 MiB'],
  [1023.4 * 1024 ** 2, '1023 MiB'],
  [1023.6 * 1024 ** 2, '1.0 GiB'],
]);

describeUnit('shareText', shareText, [
  [null, '-'],
  [0, '0 %'],
  [0.126, '13 %'],
]);

describeUnit('rateText', rateText, [
  [undefined, '-'],
  [0, '0.0/s'],
  [99.94, '99.9/s'],
  [99.96, '100/s'],
]);
