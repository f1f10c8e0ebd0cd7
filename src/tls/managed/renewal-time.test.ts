import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { suggestedRenewalTime, usualRenewalTime } from './renewal-time.ts';
import { retryDelayMs } from './retry-delay.ts';

const day = 86_400_000;

describe('usualRenewalTime', () => {
  it('is at two thirds of a life, and a little later by chance', () => {
    assert.equal(usualRenewalTime({ from: 0, until: 90 * day }, 0), 60 * day);
    assert.equal(usualRenewalTime({ from: 0, until: 90 * day }, 1), 64.5 * day);
  });

  it('is at half of a short one', () => {
    assert.equal(usualRenewalTime({ from: day, until: 7 * day }, 0), 4 * day);
  });
});

describe('suggestedRenewalTime', () => {
  const validity = { from: 0, until: 100 * day };

  it('is any time of the window', () => {
    assert.equal(suggestedRenewalTime({ start: 10 * day, end: 20 * day }, validity, 0), 10 * day);
    assert.equal(suggestedRenewalTime({ start: 10 * day, end: 20 * day }, validity, 0.5), 15 * day);
  });

  it('is not when the certificate has ended', () => {
    assert.equal(suggestedRenewalTime({ start: 200 * day, end: 300 * day }, validity, 0), 95 * day);
  });
});

describe('retryDelayMs', () => {
  it('doubles from a minute to six hours, less by chance', () => {
    assert.deepEqual(
      [1, 2, 3, 9, 10, 50].map((failures) => retryDelayMs(failures, 0) / 60_000),
      [1, 2, 4, 256, 360, 360],
    );
    assert.equal(retryDelayMs(1, 1), 45_000);
  });
});
