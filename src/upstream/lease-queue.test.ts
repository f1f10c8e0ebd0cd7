import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BalancerStage, failed, passed } from '../../test/support/balancer-stage.ts';
import type { QueuedLease } from './balancer.ts';
import type { Choice } from './lease.ts';
import type { Member } from './member.ts';

const queue = { maxRequests: 3, maxWaitMs: 1_000 };

/** One that has to wait. */
function queued(stage: BalancerStage, choice: Partial<Choice> = {}, front = 0): QueuedLease {
  const taken = stage.balancers[front]!.take({ key: undefined, route: undefined, tried: new Set(), ...choice });
  assert.ok('lease' in taken, 'it need not wait');
  return taken;
}

/** Whether it waits still, after all that can be done now. */
async function waits({ lease }: QueuedLease): Promise<boolean> {
  const isWaiting = Symbol('waits');
  return (await Promise.race([lease, new Promise((resolve) => setImmediate(resolve, isWaiting))])) === isWaiting;
}

describe('LeaseQueue', () => {
  it('gives what becomes free to those that have waited longest', async () => {
    const stage = new BalancerStage([{ maxConnections: 1 }], { queue });
    const first = stage.take();
    const waiting = [queued(stage), queued(stage), queued(stage)];
    first.done(passed);
    const second = await waiting[0]!.lease;
    assert.equal(await waits(waiting[1]!), true);
    second.done(failed);
    (await waiting[1]!.lease).done(passed);
    (await waiting[2]!.lease).done(passed);
    stage.take().done(passed);
    assert.deepEqual([stage.counters.active(0), stage.counters.requests(0)], [0, 5]);
  });

  it('refuses one more than may wait, and all whose time is over', async () => {
    const stage = new BalancerStage([{ maxConnections: 1 }], { queue });
    const first = stage.take();
    const waiting = [queued(stage), queued(stage)];
    stage.now += 500;
    const later = queued(stage);
    assert.throws(() => queued(stage), { code: 'queue-full', status: 503 });
    stage.now += 500;
    for (const { lease } of waiting) await assert.rejects(lease, { code: 'queue-timeout', status: 503 });
    first.done(passed);
    (await later.lease).done(passed);
    assert.equal(stage.counters.longestWaiting(), undefined);
  });

  it('passes those over that nobody waits for any more', async () => {
    const stage = new BalancerStage([{ maxConnections: 1 }], { queue });
    const first = stage.take();
    const [gone, next] = [queued(stage), queued(stage)] as const;
    gone.cancel();
    first.done(passed);
    (await next.lease).done(passed);
    assert.equal(await waits(gone), true);
    stage.take().done(passed);
  });

  it('lets nobody overtake those that wait at another front, and wakes that', async () => {
    const stage = new BalancerStage([{ maxConnections: 1 }], { queue, frontCount: 2 });
    const first = stage.take({}, 0);
    const other = queued(stage, {}, 1);
    stage.now += 1;
    const own = queued(stage, {}, 0);
    first.done(passed);
    assert.equal(await waits(own), true);
    (await other.lease).done(passed);
    (await own.lease).done(passed);
    for (const balancer of stage.balancers) balancer.close();
  });

  it('gives a member that comes back, by word of the main thread or since its time is over', async () => {
    const stage = new BalancerStage([{ state: 'unhealthy' }, { state: 'down' }], { queue });
    const first = queued(stage);
    stage.set([{}, { state: 'down' }]);
    (await first.lease).done(failed);
    const second = queued(stage);
    stage.set([{ failTimeoutMs: 500 }, { state: 'down' }]);
    assert.equal(await waits(second), true);
    stage.counters.failed(0, { maxFails: 1, failTimeoutMs: 500 }, stage.now);
    stage.now += 501;
    (await second.lease).done(passed);
  });

  it('is not for those that have been somewhere, which hold up nobody', async () => {
    const stage = new BalancerStage([{ maxFails: 0 }, { maxConnections: 1 }], { queue });
    const tried = new Set([stage.members[0] as Member]);
    const full = stage.take({ tried });
    assert.throws(() => stage.take({ tried }), { code: 'upstream-unavailable' });
    assert.deepEqual(stage.picks(3), [0, 0, 0]);
    full.done(passed);
    assert.deepEqual(stage.picks(1, { tried }), [1]);
  });

  it('gives one to those that stick to it, though others find none', async () => {
    const stage = new BalancerStage([{ maxConnections: 1 }, { maxConnections: 1, route: 'b', state: 'draining' }], {
      queue,
    });
    const leases = [stage.take(), stage.take({ route: 'b' })];
    const [anyone, stuck] = [queued(stage), queued(stage, { route: 'b' })];
    leases[1]!.done(passed);
    assert.equal((await stuck!.lease).member.slot, 1);
    assert.equal(await waits(anyone!), true);
    stage.balancers[0]!.close();
    await assert.rejects(anyone!.lease, { code: 'shutting-down' });
  });

  it('keeps nobody waiting who has been everywhere, nor anybody when it is closed', async () => {
    const stage = new BalancerStage([{}, { maxConnections: 1 }], { queue });
    assert.throws(() => stage.take({ tried: new Set(stage.members) }), { code: 'upstream-unavailable' });
    stage.set([{ state: 'down' }]);
    const waiting = queued(stage);
    stage.balancers[0]!.close();
    await assert.rejects(waiting.lease, { code: 'shutting-down', status: 503 });
    assert.throws(() => queued(stage), { code: 'shutting-down' });
  });

  it('goes on when it is retired, and says nothing more where the next one says who waits', async () => {
    const stage = new BalancerStage([{ maxConnections: 1 }], { queue });
    const [old] = stage.balancers;
    const first = stage.take();
    const [waiting, late] = [queued(stage), queued(stage)];
    old!.retire();
    assert.equal(stage.counters.longestWaiting(), undefined);
    stage.counters.waiting(0, 1);
    first.done(passed);
    const second = await waiting.lease;
    assert.equal(await waits(late), true);
    second.done(passed);
    (await late.lease).done(passed);
    assert.equal(stage.counters.longestWaiting(), 0, 'somebody waits in the next queue');
    stage.counters.waiting(0, Number.POSITIVE_INFINITY);
    stage.take().done(passed);
  });

  it('lets nobody wait for too long when it is retired', async () => {
    const stage = new BalancerStage([{ maxConnections: 1 }], { queue, frontCount: 2 });
    const first = stage.take();
    const waiting = queued(stage);
    stage.balancers[0]!.retire();
    stage.now += 1_000;
    await assert.rejects(waiting.lease, { code: 'queue-timeout' });
    first.done(passed);
    stage.balancers[1]!.close();
  });
});
