import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FloodCase, FloodResult } from '../../test/support/floods/run-flood.ts';
import { floodRow } from './flood-table.ts';

const calm = { answered: 100, failed: 0, p50: 1, p99: 4 };
const each: FloodCase = { name: 'PING', end: 'calm', over: 'TLS' };

function problems(changed: Partial<FloodResult>): readonly string[] {
  const flood = { connections: 3, closed: 2, refused: 0, sent: 9, goaways: { 11: 3 } };
  return floodRow(each, { honest: { ...calm, p99: 19 }, flood, memory: [1e8, 1.2e8], ...changed }, calm).problems;
}

describe('floodRow', () => {
  it('has no problem where honest clients hardly notice, memory is flat and the other one is told', () => {
    assert.deepEqual(problems({}), []);
  });

  it('tells of 5 times the calm percentile, failures, memory and ends', () => {
    assert.deepEqual(problems({ honest: { ...calm, p99: 20 } }), ['p99 is 5.0 times the calm one']);
    assert.deepEqual(problems({ honest: { ...calm, failed: 1 } }), ['1 honest requests failed']);
    assert.deepEqual(problems({ memory: [1e8, 3e8] }), ['memory grew by 200 MB']);
    const flood = { connections: 3, closed: 2, refused: 0, sent: 9, goaways: { 0: 3 } };
    assert.deepEqual(problems({ flood }), ['2 were closed, 0 told to be calm']);
  });
});
