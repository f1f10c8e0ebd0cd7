import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { benchCases, type RequestLoad } from './cases.ts';
import { h2load, parseH2load } from './h2load.ts';

const output = `progress: 100% of clients started

finished in 2.00s, 70123.50 req/s, 5.82MB/s
requests: 140247 total, 140327 started, 140247 done, 140240 succeeded, 7 failed, 2 errored, 0 timeout
status codes: 140238 2xx, 0 3xx, 2 4xx, 0 5xx
traffic: 11.64MB (12202505) total
`;

describe('parseH2load', () => {
  it('finds what was answered, and how much of it is wrong', () => {
    const result = { answers: 140_240, durationUs: 2_000_000, badAnswers: 2, socketErrors: 7 };
    assert.deepEqual(parseH2load(output), result);
  });

  it('shows what was said when there is no result', () => {
    assert.throws(() => parseH2load('no such host\n'), /Cannot read the output of h2load: no such host/);
  });
});

describe('h2load', () => {
  it('sends the headers of a browser', () => {
    const { load } = benchCases.find(({ name }) => name === 'http2-tls')!;
    const command = h2load(load as RequestLoad, 4711, 2);
    assert.equal(command.filter((argument) => argument === '-H').length, 9);
    assert.equal(command.at(-1), 'https://127.0.0.1:4711/');
  });
});
