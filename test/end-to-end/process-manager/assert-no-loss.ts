import assert from 'node:assert/strict';
import type { LoadReport } from '../../support/load-report.ts';

/** Every request that was sent has got a whole answer with status 200, and there were at least so many. */
export function assertNoLoss(report: LoadReport, atLeast: number, log: string): void {
  const { sent, answered, statuses, failures, firstFailures } = report;
  const seen = `${JSON.stringify({ sent, answered, statuses, failures })}\n${firstFailures.join('\n')}\n${log}`;
  assert.deepEqual(statuses, { 200: sent }, seen);
  assert.equal(answered, sent, seen);
  assert.ok(sent >= atLeast, `the load sent ${sent} requests, fewer than ${atLeast}`);
}
