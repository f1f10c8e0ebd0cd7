import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RequestName } from '../front-message.ts';
import { describeExit, describeLate, type WorkerExit } from './incident.ts';

const MiB = 1024 * 1024;

const exit: WorkerExit = {
  worker: 3,
  pid: 4711,
  code: null,
  signal: 'SIGKILL',
  oom: false,
  memoryLimitBytes: 512 * MiB,
  rssBytes: 100.4 * MiB,
  lost: [],
  reason: undefined,
};

function request(number: number, elapsedMs = 400): RequestName {
  return { id: `r${number}`, line: `GET /${number}`, elapsedMs };
}

describe('describeExit', () => {
  const table: readonly (readonly [Partial<WorkerExit>, string])[] = [
    [{}, 'worker 3 was killed by SIGKILL'],
    [{ code: 1, signal: null }, 'worker 3 exited with code 1'],
    [{ oom: true }, "worker 3 was killed by SIGKILL: out of memory (the cgroup's limit is 512 MiB)"],
    [{ oom: true, memoryLimitBytes: undefined }, 'worker 3 was killed by SIGKILL: out of memory'],
    [{ reason: 'it was stuck' }, 'worker 3 was killed by SIGKILL: it was stuck'],
    [{ lost: [request(1)] }, 'worker 3 was killed by SIGKILL, while it had 1 request: GET /1 (0.4 s)'],
    [
      { reason: 'it was stuck', lost: [request(1), request(2, 12_040)] },
      'worker 3 was killed by SIGKILL: it was stuck, while it had 2 requests: GET /1 (0.4 s), GET /2 (12.0 s)',
    ],
    [
      { lost: [{ ...request(1), line: `GET /${'x'.repeat(8000)}` }] },
      `worker 3 was killed by SIGKILL, while it had 1 request: GET /${'x'.repeat(95)}… (0.4 s)`,
    ],
  ];
  for (const [changes, message] of table) {
    it(`says: ${message.slice(0, 110)}`, () => assert.equal(describeExit({ ...exit, ...changes }).message, message));
  }

  it('names ten requests, and how many more there were', () => {
    const lost = Array.from({ length: 12 }, (_, index) => request(index));
    const { message, fields } = describeExit({ ...exit, lost });
    assert.match(message, /had 12 requests: GET \/0 \(0\.4 s\), .*, GET \/9 \(0\.4 s\), and 2 more$/);
    assert.equal(fields['requests'], 'r0 r1 r2 r3 r4 r5 r6 r7 r8 r9');
  });

  it('has what is known in fields', () => {
    const { fields } = describeExit({ ...exit, oom: true, lost: [request(1, 400.4)] });
    assert.deepEqual(known(fields), {
      pid: 4711,
      rssMiB: 100,
      signal: 'SIGKILL',
      oom: true,
      request: 'r1',
      line: 'GET /1',
      elapsedMs: 400,
    });
    const ended = describeExit({ ...exit, pid: undefined, rssBytes: undefined, code: 1, signal: null });
    assert.deepEqual(known(ended.fields), { code: 1 });
  });
});

describe('describeLate', () => {
  const stacks = `Thread 0x01 (most recent call first):
  File "/opt/galley/workers/python/galley_worker/wsgi/pool.py", line 73 in _work

Thread 0x02 (most recent call first):
  File "/srv/shop.py", line 12 in slow
`;

  it('names the request and shows the stacks of the app', () => {
    const late = { worker: 3, pid: 4711, requests: [request(1, 31_240)], stacks, rssBytes: 64 * MiB };
    assert.deepEqual(describeLate(late), {
      message: 'the app has not answered in time: 1 request: GET /1 (31.2 s)',
      fields: {
        worker: 3,
        pid: 4711,
        rssMiB: 64,
        request: 'r1',
        line: 'GET /1',
        elapsedMs: 31_240,
        text: 'Thread 0x02 (most recent call first):\n  File "/srv/shop.py", line 12 in slow',
      },
    });
  });

  it('says where there are no stacks', () => {
    const late = { worker: 3, pid: 1, requests: [request(1), request(2)], stacks: undefined, rssBytes: undefined };
    const { message, fields } = describeLate(late);
    assert.match(message, /2 requests: .*; its threads do not tell where$/);
    assert.equal('text' in fields, false);
    assert.equal(fields['requests'], 'r1 r2');
  });
});

function known(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
