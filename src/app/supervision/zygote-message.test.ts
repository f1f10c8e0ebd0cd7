import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readZygoteMessage } from './zygote-message.ts';

const loaded = {
  event: 'loaded',
  interface: 'asgi3',
  reason: 'a coroutine function',
  python: '3.12.1',
  implementation: 'CPython',
  gil: 'always',
  milliseconds: 41.5,
  preloaded: true,
  found: [],
  rss: 1,
};

describe('readZygoteMessage', () => {
  const messages: readonly object[] = [
    loaded,
    { ...loaded, inspection: {} },
    { event: 'failed', kind: 'import-error', message: 'no', traceback: '' },
    { event: 'forked', worker: 3, pid: 4711 },
    { event: 'exited', worker: 3, pid: 4711, code: 0, signal: null },
    { event: 'exited', worker: 3, pid: 4711, code: null, signal: 'SIGKILL' },
  ];
  for (const message of messages) {
    const line = JSON.stringify(message);
    it(`reads ${line}`, () => assert.deepEqual(readZygoteMessage(line), message));
  }

  const others: readonly string[] = [
    '',
    'ready',
    'null',
    '3',
    '[]',
    '{}',
    '{"event": "toString"}',
    '{"event": "forked", "worker": "3", "pid": 4711}',
    '{"event": "exited", "worker": 3}',
    '{"event": "failed", "message": null}',
    ...Object.keys(loaded).map((name) => JSON.stringify({ ...loaded, [name]: { odd: 1 } })),
  ];
  for (const line of others) it(`finds no message in ${line}`, () => assert.equal(readZygoteMessage(line), undefined));
});
