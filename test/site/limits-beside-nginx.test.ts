import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LimitRequest, LimitSettings } from '../../src/plan/settings.ts';
import { createLimitSteps } from '../../src/site/limits/limit-steps.ts';
import { openZones, zoneBuffers } from '../../src/site/limits/limit-zones.ts';
import { RequestZone } from '../../src/site/limits/request-zone.ts';
import type { SiteOutcome } from '../../src/site/outcome.ts';
import { fakeContext, fakeSiteRequest } from '../support/fake-site-request.ts';
import { requestLog, startLoggedNginx } from '../support/nginx-request-log.ts';
import { requires } from '../support/requirements.ts';
import { until } from '../support/until.ts';

const none: LimitSettings = {
  limitRequests: [],
  limitRequestsStatus: 503,
  limitRequestsDryRun: false,
  limitRequestsLogLevel: 'error',
  limitConnections: [],
  limitConnectionsStatus: 503,
  limitConnectionsDryRun: false,
  limitConnectionsLogLevel: 'error',
  limitRate: undefined,
  limitRateAfter: undefined,
};

const zones = `limit_req_zone $arg_a zone=one:1m rate=1r/m; limit_req_zone $arg_b zone=two:1m rate=2r/m;
  limit_conn_zone $arg_a zone=people:1m;`;
const plan = {
  requestZones: [
    { name: 'one', key: '$arg_a', size: 1 << 20, rate: 16 },
    { name: 'two', key: '$arg_b', size: 1 << 20, rate: 33 },
  ],
  connectionZones: [{ name: 'people', key: '$arg_a', size: 1 << 20 }],
};

interface Case {
  readonly lines: string;
  readonly settings: Partial<LimitSettings>;
}

function limit(zone: string, burst = 0, delay: LimitRequest['delay'] = 0): LimitRequest {
  return { zone, burst, delay };
}

/** The excess of a rate as slow as theirs is whole but for a few milliseconds. */
function rounded(line: string): string {
  return line.replace(/excess: (\d+\.\d+)/, (_, excess) => `excess: ${Number(excess).toFixed(1)}`);
}

describe('Limits beside nginx', { skip: requires('nginx') }, () => {
  const cases: Case[] = [
    { lines: 'limit_req zone=one;', settings: { limitRequests: [limit('one')] } },
    { lines: 'limit_req zone=one burst=3 nodelay;', settings: { limitRequests: [limit('one', 3, 'all')] } },
    { lines: 'limit_req zone=one burst=3 delay=3;', settings: { limitRequests: [limit('one', 3, 3)] } },
    {
      lines: 'limit_req zone=one burst=3; limit_req_dry_run on;',
      settings: { limitRequests: [limit('one', 3)], limitRequestsDryRun: true },
    },
    {
      lines: 'limit_req zone=one burst=4 delay=2; limit_req_dry_run on; limit_req_log_level notice;',
      settings: { limitRequests: [limit('one', 4, 2)], limitRequestsDryRun: true, limitRequestsLogLevel: 'notice' },
    },
    {
      lines: 'limit_req zone=one burst=2 nodelay; limit_req_status 429; limit_req_log_level warn;',
      settings: { limitRequests: [limit('one', 2, 'all')], limitRequestsStatus: 429, limitRequestsLogLevel: 'warn' },
    },
    {
      lines: 'limit_req zone=one burst=2 nodelay; limit_req zone=two burst=1 nodelay;',
      settings: { limitRequests: [limit('one', 2, 'all'), limit('two', 1, 'all')] },
    },
    {
      lines: 'limit_req zone=one burst=5; limit_req zone=two burst=3 delay=1; limit_req_dry_run on;',
      settings: { limitRequests: [limit('one', 5), limit('two', 3, 1)], limitRequestsDryRun: true },
    },
    {
      lines: 'limit_conn people 1; limit_req zone=one burst=1 nodelay;',
      settings: { limitConnections: [{ zone: 'people', number: 1 }], limitRequests: [limit('one', 1, 'all')] },
    },
  ];
  const targets = [
    'a=1&b=1',
    'a=1&b=1',
    'a=1&b=2',
    'a=2&b=1',
    'a=1&b=3',
    '',
    'b=1',
    'a=1',
    'a=1&b=1',
    'a=3&b=1',
    'a=3',
    'a=3',
  ];

  for (const { lines, settings } of cases) {
    it(`does the same for ${lines}`, async () => {
      const headers =
        'add_header x-requests "$limit_req_status" always; add_header x-connections "$limit_conn_status" always;';
      await using nginx = await startLoggedNginx(`location / { ${headers} ${lines} empty_gif; }`, zones);
      const steps = createLimitSteps(
        { ...none, ...settings },
        openZones(zoneBuffers(plan, 1), 0, () => performance.now()),
        fakeContext(),
      );
      const logged: string[] = [];
      for (const target of targets) {
        const theirs = await nginx.ask(`/?${target}`);
        const { request, log, end } = fakeSiteRequest(`/?${target}`);
        let outcome: SiteOutcome | undefined;
        for (const step of steps) outcome ??= await step(request);
        const status = outcome && 'status' in outcome ? outcome.status : 200;
        assert.deepEqual(
          [status, request.limitRequestsStatus, request.limitConnectionsStatus],
          [theirs.status, theirs.fields.get('x-requests'), theirs.fields.get('x-connections')],
          target,
        );
        logged.push(...log);
        end();
      }
      assert.deepEqual(logged.map(rounded), (await requestLog(nginx)).map(rounded));
    });
  }

  it('counts time as nginx does', async () => {
    const zone = 'limit_req_zone $arg_a zone=fast:1m rate=50r/s;';
    const lines = 'add_header x-time $msec always; limit_req zone=fast burst=4 nodelay; empty_gif;';
    await using nginx = await startLoggedNginx(`location / { ${lines} }`, zone);
    let now = 0;
    const fast = { name: 'fast', key: '$arg_a', size: 65_536, rate: 50_000 };
    const ours = new RequestZone(fast, RequestZone.memory(fast), 0, () => now);
    const differences: string[] = [];
    const statuses = new Set<number>();
    let key = 1;
    // Pauses of different lengths, between which as many come as can.
    for (let round = 0; round < 12; round++) {
      const until0 = performance.now() + round * 7;
      await until(() => performance.now() > until0, 'the pause to be over');
      for (let count = 0; count < 8; count++) {
        const { status, fields } = await nginx.ask(`/?a=${key}`);
        now = Math.round(Number(fields.get('x-time')) * 1000);
        const excess = ours.excess(`key ${key}`, 4000, true);
        statuses.add(status);
        if (excess > 4000 === (status === 503)) continue;
        // nginx looks at its clock once a turn: in a millisecond of difference 50 thousandths leave.
        if (Math.abs(excess - 4000) > 500) differences.push(`${status} at ${now} with an excess of ${excess}`);
        // One of them has counted this request and the other has not.
        key++;
      }
    }
    assert.deepEqual(differences, []);
    assert.deepEqual([...statuses].sort(), [200, 503]);
  });

  it('delays for as long as nginx, in order', async () => {
    const zone = 'limit_req_zone $arg_a zone=slow:1m rate=5r/s;';
    const lines = 'limit_req zone=slow burst=3 delay=1; empty_gif;';
    await using nginx = await startLoggedNginx(`location / { ${lines} }`, zone);
    const slow = { name: 'slow', key: '$arg_a', size: 65_536, rate: 5000 };
    const buffers = zoneBuffers({ requestZones: [slow], connectionZones: [] }, 1);
    const settings = { ...none, limitRequests: [limit('slow', 3, 1)] };
    const [step] = createLimitSteps(
      settings,
      openZones(buffers, 0, () => performance.now()),
      fakeContext(),
    );

    const both = [
      async (): Promise<number> => (await nginx.ask('/?a=1')).status,
      async (): Promise<number> => {
        const outcome = await step?.(fakeSiteRequest('/?a=1').request);
        return outcome && 'status' in outcome ? outcome.status : 200;
      },
    ];
    for (const ask of both) {
      const start = performance.now();
      const times: number[] = [];
      const answers = await Promise.all(
        Array.from({ length: 6 }, async () => {
          const status = await ask();
          if (status === 200) times.push(performance.now() - start);
          return status;
        }),
      );
      assert.deepEqual(answers.sort(), [200, 200, 200, 200, 503, 503]);
      // Two at once, and then one each 200 ms, of which those that came a little later wait a little less.
      for (const [index, least] of [0, 0, 120, 320].entries()) assert.ok(times[index]! >= least, `${times}`);
    }
  });
});
