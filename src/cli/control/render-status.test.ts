import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { appStatus, galleyStatus, workerStatus } from '../../../test/support/fake-control.ts';
import { renderStatus } from './render-status.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const wide = { width: Number.POSITIVE_INFINITY, color: false, now };
const none = { p50: null, p95: null, p99: null };

const busy = galleyStatus({
  addresses: ['http://127.0.0.1:8000', 'unix:/run/shop.sock'],
  frontThreads: [
    { index: 0, restarts: 0 },
    { index: 1, restarts: 2 },
  ],
  state: 'stopping',
  apps: [
    appStatus({
      name: 'shop.wsgi',
      interface: 'wsgi',
      version: 3,
      lastReload: { ok: false, at: '2025-12-31T23:55:00Z', text: 'reload failed: no module "x"' },
      scale: { min: 1, max: 8, wanted: 3 },
      inFlight: 5,
      queue: {
        ...appStatus().queue,
        depth: 3,
        oldestMs: 210,
        waitMs: { p50: 1, p95: 2, p99: 300 },
        refusedFull: 7,
        refusedTimeout: 2,
      },
      workers: [
        workerStatus({ leader: true, inFlight: 5 }),
        workerStatus({
          id: 12,
          pid: 12_345,
          state: 'draining',
          reason: 'max-rss',
          latencyMs: none,
          rssBytes: null,
          cpuShare: null,
          uptimeMs: 100_000_000,
        }),
        workerStatus({ id: 13, pid: null, state: 'starting', requests: 0, latencyMs: none }),
      ],
      exits: [
        { worker: 4, pid: 4715, at: '2025-12-31T23:57:00Z', code: null, signal: 'SIGKILL', oom: true, reason: null },
        { worker: 3, pid: 4714, at: '2025-12-31T22:57:00Z', code: 0, signal: null, oom: false, reason: 'max-requests' },
        { worker: 2, pid: null, at: '2025-12-31T20:57:00Z', code: 3, signal: null, oom: false, reason: null },
        {
          worker: 1,
          pid: null,
          at: '2025-12-31T20:57:00Z',
          code: null,
          signal: 'SIGKILL',
          oom: false,
          reason: 'stuck',
        },
        { worker: 0, pid: null, at: '2025-12-31T20:57:00Z', code: 0, signal: null, oom: false, reason: null },
        { worker: 99, pid: null, at: '2025-12-31T20:57:00Z', code: 0, signal: null, oom: false, reason: null },
      ],
    }),
  ],
});

describe('renderStatus of upstreams', () => {
  it('has a line for each', () => {
    const upstreams = [
      { name: 'app', usable: 2, members: 3 },
      { name: 'gateway', usable: 1, members: 1 },
    ];
    const text = renderStatus(galleyStatus({ apps: [], upstreams }), wide);
    assert.match(text, /\n\nUpstreams\n {2}app {6}2 of 3 members up\n {2}gateway {2}1 of 1 member up\n$/);
  });
});

describe('renderStatus', () => {
  it('says little of a Galley of which there is little to say', () => {
    assert.equal(
      renderStatus(galleyStatus(), wide),
      `Galley 0.1.0, pid 4711, up 1 min, 1 front thread
http://127.0.0.1:8000

main:app  ASGI 3, version 1
  Workers   1 wanted; 1 ready
  Requests  1000, 0 in flight
  Latency   p50 1.2 ms, p95 8.0 ms, p99 20 ms
  Queue     0 of 1000 waiting; refused 0 when full, 0 after too long

  WORKER   PID  STATE  REQUESTS  IN FLIGHT     P50     P95    P99     RSS   CPU     UP
      *1  4712  ready      1000          0  1.2 ms  8.0 ms  20 ms  48 MiB  12 %  1 min
`,
    );
  });

  it('says all there is to say', () => {
    assert.equal(
      renderStatus(busy, wide),
      `Galley 0.1.0, pid 4711, up 1 min, 2 front threads (replaced 2 times), stopping
http://127.0.0.1:8000  unix:/run/shop.sock

shop.wsgi  WSGI, version 3
  Reload    5 min ago: reload failed: no module "x"
  Workers   3 wanted, of 1 to 8; 1 ready
  Requests  1000, 5 in flight
  Latency   p50 1.2 ms, p95 8.0 ms, p99 20 ms
  Queue     3 of 1000 waiting, the oldest for 210 ms of 30 s; refused 7 when full, 2 after too long
  Waited    p50 1.0 ms, p95 2.0 ms, p99 300 ms

  WORKER    PID  STATE              REQUESTS  IN FLIGHT     P50     P95    P99     RSS   CPU       UP
      *1   4712  ready                  1000          5  1.2 ms  8.0 ms  20 ms  48 MiB  12 %    1 min
      12  12345  draining: max-rss      1000          0       -       -      -       -     -  1 d 3 h
      13      -  starting                  0          0       -       -      -  48 MiB  12 %    1 min

  Last exits
  worker 4, pid 4715, was killed by SIGKILL 3 min ago, out of memory
  worker 3, pid 4714, ended 1 h 3 min ago (max-requests)
  worker 2 ended 3 h 3 min ago with code 3
  worker 1 was killed by SIGKILL 3 h 3 min ago (stuck)
  worker 0 ended 3 h 3 min ago with code 0
`,
    );
  });

  it('says when the app was reloaded', () => {
    const lastReload = { ok: true, at: '2025-12-31T23:55:00Z', text: 'reloaded in 300 ms' };
    const text = renderStatus(galleyStatus({ apps: [appStatus({ version: 2, lastReload })] }), wide);
    assert.match(text, /^main:app {2}ASGI 3, version 2, reloaded 5 min ago\n {2}Workers/m);
  });

  it('shows rates where they are known, and leaves columns out that do not fit', () => {
    const rates = new Map([['shop.wsgi', { perSecond: 85.34, workers: new Map([[1, 80.1]]) }]]);
    const lines = renderStatus(busy, { ...wide, width: 80, rates }).split('\n');
    assert.equal(lines[6], '  Requests  1000, 85.3/s, 5 in flight');
    assert.deepEqual(lines.slice(11, 15), [
      '  WORKER    PID  STATE                RATE  IN FLIGHT    P99     RSS   CPU',
      '      *1   4712  ready              80.1/s          5  20 ms  48 MiB  12 %',
      '      12  12345  draining: max-rss       -          0      -       -     -',
      '      13      -  starting                -          0      -  48 MiB  12 %',
    ]);
  });

  for (const width of [1, 20, 40, 60, 80, 100]) {
    it(`is never wider than ${width} columns`, () => {
      const lines = renderStatus(busy, { ...wide, width }).split('\n');
      assert.deepEqual(
        lines.filter((each) => each.length > width),
        [],
      );
      assert.equal(lines[0]?.endsWith('…'), width < 79);
    });
  }

  it('has colours only if they are wanted, and the same text in them', () => {
    for (const width of [50, 200]) {
      const colored = renderStatus(busy, { ...wide, width, color: true });
      const plain = renderStatus(busy, { ...wide, width });
      assert.match(colored, /\x1b\[32m {2}ready/);
      assert.doesNotMatch(plain, /\x1b/);
      assert.equal(stripVTControlCharacters(colored).replaceAll(/ +$/gm, ''), plain);
    }
  });

  it('lets nothing through that could steer the terminal', () => {
    const lastReload = { ok: false, at: '2025-12-31T23:55:00Z', text: 'bad \x1b[2J\n\x07' };
    const text = renderStatus(galleyStatus({ apps: [appStatus({ lastReload, interface: null })] }), wide);
    assert.match(text, /not loaded, version 1\n {2}Reload {4}5 min ago: bad \\x1b\[2J\\x0a\\x07\n/);
  });
});
