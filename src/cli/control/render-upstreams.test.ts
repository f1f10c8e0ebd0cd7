import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memberStatus, upstreamStatus } from '../../../test/support/fake-control.ts';
import { renderUpstreams } from './render-upstreams.ts';

const now = Date.parse('2026-01-01T00:01:00Z');
const options = { width: Number.POSITIVE_INFINITY, color: false, now };

describe('renderUpstreams', () => {
  it('shows each member in a line', () => {
    const members = [
      memberStatus({
        address: '10.0.0.1:80',
        name: 'app.example:80',
        lastCheck: { at: '2026-01-01T00:00:55Z', problem: null },
      }),
      memberStatus({
        address: '[2001:db8::1]:80',
        name: 'app.example:80',
        state: 'unhealthy',
        weight: 12,
        backup: true,
        lastCheck: { at: '2026-01-01T00:00:00Z', problem: 'it refuses connections' },
      }),
    ];
    assert.equal(
      renderUpstreams([upstreamStatus({ members }), upstreamStatus({ name: 'api' })], options),
      `app
  ADDRESS           NAME            STATE              WEIGHT  ACTIVE  REQUESTS  FAILURES  LAST CHECK
  10.0.0.1:80       app.example:80  up                      1       2      1000         1  passed, 5 s ago
  [2001:db8::1]:80  app.example:80  unhealthy, backup      12       2      1000         1  it refuses connections, 1 min ago

api
  ADDRESS         STATE  WEIGHT  ACTIVE  REQUESTS  FAILURES
  127.0.0.1:8001  up          1       2      1000         1
`,
    );
  });

  it('says where there is no member', () => {
    assert.equal(renderUpstreams([upstreamStatus({ members: [] })], options), 'app\n  no members\n');
  });

  it('cuts lines to the width, with colours where they are wanted', () => {
    const [, head = '', row = ''] = renderUpstreams([upstreamStatus()], { ...options, width: 24 }).split('\n');
    assert.deepEqual([head, row], ['  ADDRESS         STATE…', '  127.0.0.1:8001  up   …']);
    assert.match(renderUpstreams([upstreamStatus()], { ...options, color: true }), /\x1b\[32m {2}up/);
  });
});
