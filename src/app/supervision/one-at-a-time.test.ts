import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { OneAtATime } from './one-at-a-time.ts';

describe('OneAtATime', () => {
  it('begins a piece of work when the one before is over', async () => {
    const turns = new OneAtATime();
    const events: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = turns.run(async () => {
      events.push('first');
      await promise;
      events.push('first ends');
    });
    const second = turns.run(async () => events.push('second'));
    resolve();
    await Promise.all([first, second]);
    assert.deepEqual(events, ['first', 'first ends', 'second']);
  });

  it('goes on after work that failed, and tells who asked for it', async () => {
    const turns = new OneAtATime();
    const failing = turns.run(() => Promise.reject(new Error('no')));
    const next = turns.run(() => Promise.resolve('yes'));
    await assert.rejects(failing, /no/);
    assert.equal(await next, 'yes');
  });

  it('has at most one under way and one waiting of those that may be merged', async () => {
    const turns = new OneAtATime();
    let runs = 0;
    const gates = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
    const work = (): Promise<void> => gates[runs++]!.promise;
    const begun = turns.runLatest(work);
    await until(() => runs === 1, 'the first is under way');
    const burst = [turns.runLatest(work), turns.runLatest(work), turns.runLatest(work)];
    assert.equal(new Set(burst).size, 1);
    gates[0]!.resolve();
    await begun;
    gates[1]!.resolve();
    await Promise.all(burst);
    assert.equal(runs, 2);
  });
});
