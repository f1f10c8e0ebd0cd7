import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { appStatus, galleyStatus, workerStatus } from '../../../test/support/fake-control.ts';
import { requestRates } from './request-rates.ts';

const before = galleyStatus({
  uptimeMs: 10_000,
  apps: [appStatus({ requests: 100, workers: [workerStatus({ id: 1, requests: 60 })] })],
});

describe('requestRates', () => {
  it('is what was done in between, by the clock of the server', () => {
    const workers = [workerStatus({ id: 1, requests: 70 }), workerStatus({ id: 2, requests: 4 })];
    const now = galleyStatus({ uptimeMs: 12_000, apps: [appStatus({ requests: 115, workers })] });
    const rates = requestRates(before, now)?.get('main:app');
    assert.equal(rates?.perSecond, 7.5);
    assert.deepEqual(
      [...(rates?.workers ?? [])],
      [
        [1, 5],
        [2, 2],
      ],
    );
  });

  it('is not known at first, of another Galley, or when no time has passed', () => {
    const later = { ...before, uptimeMs: 11_000 };
    assert.equal(requestRates(undefined, later), undefined);
    assert.equal(requestRates(before, { ...later, pid: 1 }), undefined);
    assert.equal(requestRates(before, { ...later, startedAt: '2026-01-02T00:00:00.000Z' }), undefined);
    assert.equal(requestRates(before, before), undefined);
  });
});
