import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseLoadResult } from './run-load.ts';

const result = {
  answers: 53147,
  durationUs: 1001337,
  p50Us: 1164,
  p99Us: 2309,
  badAnswers: 2,
  socketErrors: 3,
};

describe('parseLoadResult', () => {
  it("finds the result below wrk's own words", () => {
    const output = `  53147 requests in 1.00s, 4.76MB read\nRequests/sec:  53076.04\nRESULT ${JSON.stringify(result)}\n`;
    assert.deepEqual(parseLoadResult(output), result);
  });

  it('reads what only a mixed load tells', () => {
    const mixed = { ...result, longP99Us: 204_000, imbalance: 1.05 };
    assert.deepEqual(parseLoadResult(`RESULT ${JSON.stringify(mixed)}\n`), mixed);
  });

  it('shows what was said when there is no result', () => {
    assert.throws(() => parseLoadResult('unable to connect to 127.0.0.1:1\n'), /no RESULT line: unable to connect/);
  });

  it('names a number that is missing', () => {
    const output = `RESULT ${JSON.stringify({ ...result, p99Us: undefined })}\n`;
    assert.throws(() => parseLoadResult(output), /no number "p99Us"/);
  });
});
