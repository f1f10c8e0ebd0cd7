import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BenchResult, median, medianOf, problemOf } from './results.ts';

const round = {
  cpuUs: 20,
  answersPerSecond: 50_000,
  p50Us: 1000,
  p99Us: 2000,
  memoryBytes: 2 ** 25,
  badAnswers: 0,
  socketErrors: 0,
};
const result: BenchResult = {
  case: 'asgi-bare',
  server: 'uvicorn',
  version: '1.0',
  rounds: [round, { ...round, cpuUs: 30 }, { ...round, cpuUs: 22 }],
  failure: undefined,
};

describe('median', () => {
  it('is the middle of an odd count, the mean of the middle two of an even count, and NaN of none', () => {
    assert.equal(median([10, 9, 100]), 10);
    assert.equal(median([4, 1, 3, 100]), 3.5);
    assert.equal(median([]), Number.NaN);
  });

  it('of the rounds is taken per number', () => {
    assert.equal(medianOf(result, 'cpuUs'), 22);
  });
});

describe('problemOf', () => {
  it('is undefined when every answer was good', () => {
    assert.equal(problemOf(result), undefined);
  });

  it('adds the failures of all rounds', () => {
    const rounds = [
      { ...round, badAnswers: 2 },
      { ...round, badAnswers: 3, socketErrors: 1 },
    ];
    assert.equal(
      problemOf({ ...result, rounds, failure: 'ended during the run' }),
      'ended during the run, 5 bad or missing answers, 1 socket errors',
    );
  });
});
