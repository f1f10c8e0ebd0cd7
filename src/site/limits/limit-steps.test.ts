import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type FakeSiteRequest,
  type FakeSiteRequestOptions,
  fakeContext,
  fakeSiteRequest,
} from '../../../test/support/fake-site-request.ts';
import { drop } from '../../core/reply.ts';
import type { LimitSettings } from '../../plan/settings.ts';
import type { SitePlan } from '../../plan/site-plan.ts';
import { PlanError } from '../compile-context.ts';
import { statusOutcome } from '../outcome.ts';
import type { Step } from '../steps.ts';
import { createLimitSteps } from './limit-steps.ts';
import { clearFront, openZones, zoneBuffers } from './limit-zones.ts';

type ZonesPlan = Pick<SitePlan, 'requestZones' | 'connectionZones'>;

const zonesPlan: ZonesPlan = {
  requestZones: [
    { name: 'one', key: '$arg_a', size: 65_536, rate: 1000 },
    { name: 'two', key: '$arg_b', size: 65_536, rate: 2000 },
  ],
  connectionZones: [
    { name: 'people', key: '$arg_a', size: 65_536 },
    { name: 'places', key: '$arg_b', size: 65_536 },
  ],
};

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

/** The only step that these settings make, at a time that can be changed. */
function limited(settings: Partial<LimitSettings>): {
  readonly step: Step;
  readonly clock: { now: number };
  waiting(): number;
} {
  const clock = { now: 1000 };
  const zones = openZones(zoneBuffers(zonesPlan, 1), 0, () => clock.now);
  const [step, ...others] = createLimitSteps({ ...none, ...settings }, zones, fakeContext());
  assert.ok(step);
  assert.deepEqual(others, []);
  return { step, clock, waiting: () => zones.delays.length };
}

function ask(
  step: Step,
  target = '/?a=1',
  options?: FakeSiteRequestOptions,
): FakeSiteRequest & { readonly outcome: ReturnType<Step> } {
  const fake = fakeSiteRequest(target, options);
  return { ...fake, outcome: step(fake.request) };
}

it('createLimitSteps makes nothing of no limits, and refuses a zone that does not exist', () => {
  const zones = openZones(zoneBuffers(zonesPlan, 1), 0, () => 0);
  assert.deepEqual(createLimitSteps(none, zones, fakeContext()), []);
  const unknown = [
    { limitRequests: [{ zone: 'none', burst: 0, delay: 0 }] },
    { limitConnections: [{ zone: 'one', number: 1 }] },
  ];
  for (const settings of unknown) {
    assert.throws(() => createLimitSteps({ ...none, ...settings }, zones, fakeContext()), PlanError);
  }
});

describe('A limit of requests', () => {
  it('refuses what is beyond the burst, and says so as nginx does', () => {
    const { step, clock } = limited({
      limitRequests: [{ zone: 'one', burst: 1, delay: 'all' }],
      limitRequestsStatus: 429,
    });
    const answers = [1, 2, 3].map(() => ask(step));
    assert.deepEqual(
      answers.map(({ outcome, request }) => [outcome, request.limitRequestsStatus]),
      [
        [undefined, 'PASSED'],
        [undefined, 'PASSED'],
        [statusOutcome(429), 'REJECTED'],
      ],
    );
    assert.deepEqual(answers[2]!.log, ['error: limiting requests, excess: 2.000 by zone "one"']);
    assert.equal(ask(step, '/?a=2').outcome, undefined);
    clock.now += 999;
    assert.deepEqual(ask(step).log, ['error: limiting requests, excess: 1.001 by zone "one"']);
    clock.now += 1;
    assert.equal(ask(step).outcome, undefined);
  });

  it('does not limit a request without a key', () => {
    const { step } = limited({ limitRequests: [{ zone: 'one', burst: 0, delay: 0 }] });
    for (let count = 0; count < 3; count++) {
      const { outcome, request } = ask(step, '/');
      assert.deepEqual([outcome, request.limitRequestsStatus], [undefined, undefined]);
    }
  });

  it('skips a key that is too long, and says so', () => {
    const { step } = limited({ limitRequests: [{ zone: 'one', burst: 0, delay: 0 }] });
    const long = 'x'.repeat(65_536);
    for (let count = 0; count < 2; count++) {
      const { outcome, log } = ask(step, `/?a=${long}`);
      assert.equal(outcome, undefined);
      assert.deepEqual(log, [`error: the value of the "$arg_a" key is more than 65535 bytes: "${long}"`]);
    }
  });

  it('limits a request once: redirects and subrequests are of it', () => {
    const { step } = limited({ limitRequests: [{ zone: 'one', burst: 0, delay: 0 }] });
    const { request } = ask(step);
    assert.equal(step(request), undefined);
    assert.equal(ask(step, '/?a=1', { parent: request }).outcome, undefined);
    assert.deepEqual(ask(step).outcome, statusOutcome(503));
  });

  it('tells in a dry run what it would do', () => {
    const { step } = limited({ limitRequests: [{ zone: 'one', burst: 1, delay: 0 }], limitRequestsDryRun: true });
    const answers = [1, 2, 3].map(() => ask(step));
    assert.deepEqual(
      answers.map(({ outcome, request, log }) => [outcome, request.limitRequestsStatus, log]),
      [
        [undefined, 'PASSED', []],
        [undefined, 'DELAYED_DRY_RUN', ['warn: delaying request, dry run, excess: 1.000, by zone "one"']],
        [undefined, 'REJECTED_DRY_RUN', ['error: limiting requests, dry run, excess: 2.000 by zone "one"']],
      ],
    );
  });

  it('delays what is beyond its part of the burst, each for its time and in order', async ({ mock }) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const { step, clock, waiting } = limited({
      limitRequests: [{ zone: 'one', burst: 4, delay: 1 }],
      limitRequestsLogLevel: 'notice',
    });
    const done: string[] = [];
    const start = (name: string): FakeSiteRequest => {
      const asked = ask(step);
      void Promise.resolve(asked.outcome).then((outcome) => done.push(outcome ? `${name} dropped` : name));
      return asked;
    };
    const pass = async (milliseconds: number): Promise<void> => {
      clock.now += milliseconds;
      mock.timers.tick(milliseconds);
      await new Promise(setImmediate);
    };
    for (const name of ['first', 'undelayed']) assert.equal(ask(step).outcome, undefined, name);
    const second = start('second');
    const third = start('third');
    const fourth = start('fourth');
    assert.deepEqual(ask(step).outcome, statusOutcome(503));
    assert.deepEqual(second.log, ['info: delaying request, excess: 2.000, by zone "one"']);
    assert.equal(third.request.limitRequestsStatus, 'DELAYED');
    await pass(999);
    assert.deepEqual(done, []);
    await pass(1);
    assert.deepEqual(done, ['second']);
    third.exchange.abort('client-closed');
    await pass(0);
    assert.deepEqual(done, ['second', 'third dropped']);
    assert.equal(waiting(), 1);
    await pass(2000);
    assert.deepEqual(done, ['second', 'third dropped', 'fourth']);
    assert.equal(waiting(), 0);
    fourth.exchange.abort('client-closed');
    assert.equal(waiting(), 0);
  });

  it('drops a request whose client leaves while it waits', async () => {
    const { step } = limited({ limitRequests: [{ zone: 'one', burst: 1, delay: 0 }] });
    ask(step);
    const { exchange, outcome } = ask(step);
    exchange.abort('client-closed');
    assert.equal(await outcome, drop);
  });

  it('counts for several zones only what all of them let pass, but the last one', () => {
    const { step } = limited({
      limitRequests: [
        { zone: 'one', burst: 1, delay: 'all' },
        { zone: 'two', burst: 0, delay: 'all' },
      ],
    });
    assert.equal(ask(step, '/?a=1&b=1').outcome, undefined);
    // The second zone refuses these, so that the first one does not count them.
    for (let count = 0; count < 3; count++) {
      assert.deepEqual(ask(step, '/?a=1&b=1').log, ['error: limiting requests, excess: 1.000 by zone "two"']);
    }
    assert.equal(ask(step, '/?a=1&b=2').outcome, undefined);
    assert.deepEqual(ask(step, '/?a=1&b=3').log, ['error: limiting requests, excess: 2.000 by zone "one"']);
    // Where the last zone has no key, the others count.
    assert.equal(ask(step, '/?a=7').outcome, undefined);
    assert.equal(ask(step, '/?a=7').outcome, undefined);
    assert.deepEqual(ask(step, '/?a=7').outcome, statusOutcome(503));
  });

  it('waits for the longest delay of several zones', () => {
    const { step } = limited({
      limitRequests: [
        { zone: 'one', burst: 5, delay: 0 },
        { zone: 'two', burst: 5, delay: 0 },
      ],
      limitRequestsDryRun: true,
    });
    ask(step, '/?a=1&b=1');
    assert.deepEqual(ask(step, '/?a=1&b=1').log, ['warn: delaying request, dry run, excess: 1.000, by zone "one"']);
    ask(step, '/?b=1');
    ask(step, '/?b=1');
    assert.deepEqual(ask(step, '/?a=9&b=1').log, ['warn: delaying request, dry run, excess: 4.000, by zone "two"']);
  });
});

describe('A limit of connections', () => {
  it('counts a request until its exchange is over', () => {
    const { step } = limited({ limitConnections: [{ zone: 'people', number: 2 }], limitConnectionsStatus: 429 });
    const [first, second, third] = [ask(step), ask(step), ask(step)];
    assert.deepEqual([first.outcome, first.request.limitConnectionsStatus], [undefined, 'PASSED']);
    assert.equal(second.outcome, undefined);
    assert.deepEqual([third.outcome, third.request.limitConnectionsStatus], [statusOutcome(429), 'REJECTED']);
    assert.deepEqual(third.log, ['error: limiting connections by zone "people"']);
    assert.equal(ask(step, '/?a=2').outcome, undefined);
    assert.equal(ask(step, '/').request.limitConnectionsStatus, undefined);
    third.end();
    assert.deepEqual(ask(step).outcome, statusOutcome(429));
    first.end();
    first.end();
    assert.equal(ask(step).outcome, undefined);
    assert.deepEqual(ask(step).outcome, statusOutcome(429));
  });

  it('counts a request once, and nothing of one that is refused or over already', () => {
    const { step } = limited({
      limitConnections: [
        { zone: 'people', number: 2 },
        { zone: 'places', number: 1 },
      ],
    });
    const first = ask(step, '/?a=1&b=1');
    assert.equal(step(first.request), undefined);
    assert.equal(ask(step, '/?a=1&b=1', { parent: first.request }).outcome, undefined);
    for (let count = 0; count < 3; count++) {
      assert.deepEqual(ask(step, '/?a=1&b=1').log, ['error: limiting connections by zone "places"']);
    }
    const over = fakeSiteRequest('/?a=1&b=2');
    over.end();
    assert.equal(step(over.request), undefined);
    assert.equal(ask(step, '/?a=1&b=2').outcome, undefined);
  });

  it('tells in a dry run what it would do', () => {
    const { step } = limited({
      limitConnections: [{ zone: 'people', number: 1 }],
      limitConnectionsDryRun: true,
      limitConnectionsLogLevel: 'info',
    });
    ask(step);
    const { outcome, request, log } = ask(step);
    assert.deepEqual([outcome, request.limitConnectionsStatus], [undefined, 'REJECTED_DRY_RUN']);
    assert.deepEqual(log, ['info: limiting connections, dry run, by zone "people"']);
  });

  it('counts over threads, and forgets what a thread that died had counted', () => {
    const buffers = zoneBuffers(zonesPlan, 3);
    const threads = [0, 1, 2].map((front) => openZones(buffers, front, () => 0));
    const settings = { ...none, limitConnections: [{ zone: 'people', number: 3 }] };
    const steps = threads.map((zones) => createLimitSteps(settings, zones, fakeContext())[0]!);
    const outcomes = (): unknown[] => steps.map((step) => ask(step).outcome);
    assert.deepEqual(outcomes(), [undefined, undefined, undefined]);
    assert.deepEqual(
      outcomes(),
      steps.map(() => statusOutcome(503)),
    );
    clearFront(threads[0]!, 1);
    assert.deepEqual(outcomes(), [undefined, statusOutcome(503), statusOutcome(503)]);
  });

  it('refuses, as nginx does, where no key can be forgotten', () => {
    const plan: ZonesPlan = { requestZones: [], connectionZones: [{ name: 'tiny', key: '$arg_a', size: 1 }] };
    const zones = openZones(zoneBuffers(plan, 1), 0, () => 0);
    const step = createLimitSteps(
      { ...none, limitConnections: [{ zone: 'tiny', number: 9 }] },
      zones,
      fakeContext(),
    )[0]!;
    const asked = Array.from({ length: 17 }, (_, key) => ask(step, `/?a=${key}`));
    assert.deepEqual(
      asked.map(({ outcome }) => outcome),
      [...Array(16).fill(undefined), statusOutcome(503)],
    );
    asked[3]!.end();
    assert.equal(ask(step, '/?a=16').outcome, undefined);
  });
});

it('zoneBuffers keeps the zones whose name, key and size are the same', () => {
  const before = zoneBuffers(zonesPlan, 2);
  const [one, two] = zonesPlan.requestZones as [ZonesPlan['requestZones'][0], ZonesPlan['requestZones'][0]];
  const plan: ZonesPlan = {
    requestZones: [
      { ...two, size: 1 << 20 },
      { ...one, rate: 7 },
    ],
    connectionZones: zonesPlan.connectionZones.map((zone) => ({ ...zone, key: '$uri' })),
  };
  const after = zoneBuffers(plan, 2, before);
  assert.equal(after.requests[1]!.memory, before.requests[0]!.memory);
  assert.equal(after.requests[1]!.plan.rate, 7);
  assert.notEqual(after.requests[0]!.memory, before.requests[1]!.memory);
  assert.notEqual(after.connections[0]!.memory, before.connections[0]!.memory);
  assert.equal(zoneBuffers(zonesPlan, 2, before).connections[1]!.memory, before.connections[1]!.memory);
  assert.notEqual(zoneBuffers(zonesPlan, 3, before).connections[1]!.memory, before.connections[1]!.memory);
});
