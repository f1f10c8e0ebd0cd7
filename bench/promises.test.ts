import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { benchCases } from './cases.ts';
import { benchPromises, judge } from './promises.ts';
import type { BenchResult } from './results.ts';
import { benchServers } from './servers.ts';

const rest = { answersPerSecond: 1, p50Us: 1, p99Us: 1, memoryBytes: 1, badAnswers: 0, socketErrors: 0 };
const result = (name: string, server: string, cpuUs: number): BenchResult => ({
  case: name,
  server,
  version: '1.0',
  rounds: [{ cpuUs, ...rest }],
  failure: undefined,
});

describe('judge', () => {
  it('calls a promise met up to its bound, missed beyond it, and not measured where a side is missing', () => {
    const results = [
      result('asgi-bare', 'galley', 15),
      result('asgi-bare', 'uvicorn', 20),
      result('fastapi-json', 'galley', 90),
      result('fastapi-json', 'uvicorn', 100),
      result('wsgi-bare', 'galley', 1),
    ];
    assert.deepEqual(
      judge(results)
        .slice(0, 3)
        .map(({ ratio, verdict }) => [ratio, verdict]),
      [
        [0.75, 'met'],
        [0.9, 'missed'],
        [Number.NaN, 'not measured'],
      ],
    );
  });

  it('believes no run in which answers failed', () => {
    const galley = { ...result('asgi-bare', 'galley', 1), rounds: [{ cpuUs: 1, ...rest, badAnswers: 9 }] };
    assert.equal(judge([galley, result('asgi-bare', 'uvicorn', 20)])[0]?.verdict, 'not measured');
  });

  it('judges the latencies of a mixed load, and how evenly Galley’s own workers are busy', () => {
    const mixed = (server: string, p99Us: number, imbalance: number): BenchResult => ({
      ...result('wsgi-mixed', server, 1),
      rounds: [{ ...rest, cpuUs: 1, p99Us, imbalance }],
    });
    const verdicts = judge([mixed('galley', 40, 1.2), mixed('gunicorn-gthread', 100, 3)]);
    assert.deepEqual(
      verdicts.filter(({ case: name }) => name === 'wsgi-mixed').map(({ of, ratio, verdict }) => [of, ratio, verdict]),
      [
        ['p99Us', 0.4, 'met'],
        ['imbalance', 1.2, 'missed'],
      ],
    );
  });

  it('speaks of cases and servers that exist', () => {
    for (const promise of benchPromises) {
      assert.ok(benchCases.some(({ name }) => name === promise.case));
      if (promise.of !== 'imbalance') assert.ok(benchServers.some(({ name }) => name === promise.peer));
    }
  });
});
