import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cachedStage, fetched } from '../../../test/support/cached-stage.ts';
import { until } from '../../../test/support/until.ts';

const fresh = { 'cache-control': 'max-age=60' };

describe('Answers that are for one request alone', () => {
  it('keeps what is fresh where a request is refused for what it is, or told what is for it alone', async () => {
    const stage = cachedStage(() => fetched('a', fresh));
    await stage.ask('/a');
    const reload = { 'cache-control': 'no-cache' };
    for (const status of [400, 401, 403, 429]) {
      stage.content = () => fetched('no', { 'cache-control': 'no-store' }, status);
      assert.equal((await stage.ask('/a', { headers: reload })).status, status);
      assert.equal((await stage.ask('/a')).cache, 'HIT', String(status));
    }
    stage.content = () => fetched('mine', { 'cache-control': 'max-age=60' });
    assert.equal((await stage.ask('/a', { headers: { ...reload, authorization: 'x' } })).text, 'mine');
    assert.equal((await stage.ask('/a', { headers: { 'cache-control': 'no-store' } })).text, 'mine');
    assert.equal((await stage.ask('/a')).text, 'a');
    stage.content = () => fetched('gone', { 'cache-control': 'no-store' }, 404);
    await stage.ask('/a', { headers: reload });
    assert.equal((await stage.ask('/a')).text, 'gone');
  });

  it('lets requests wait although one was refused for what it is, or told what is for it alone', async () => {
    for (const [status, headers] of [
      [413, {}],
      [200, { authorization: 'x' }],
      [200, { 'cache-control': 'no-store' }],
    ] as const) {
      const gate = Promise.withResolvers<void>();
      const stage = cachedStage(() =>
        fetched('own', { 'cache-control': status === 200 ? 'max-age=60' : 'no-store' }, status),
      );
      await stage.ask('/a', { headers });
      stage.content = async () => {
        await gate.promise;
        return fetched('a', fresh);
      };
      const both = [stage.ask('/a'), stage.ask('/a')];
      await until(
        () => stage.asked.length > 1,
        () => 'the fetch',
      );
      gate.resolve();
      await Promise.all(both);
      assert.equal(stage.asked.length, 2, JSON.stringify([status, headers]));
    }
  });

  it('lets no requests with authorization wait for answers that are for each of them', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const headers = { authorization: 'x' };
    const stage = cachedStage(() => fetched('own', fresh));
    await stage.ask('/a', { headers });
    stage.content = async () => {
      await gates[stage.asked.length - 2]?.promise;
      return fetched('own', fresh);
    };
    const both = [stage.ask('/a', { headers }), stage.ask('/a', { headers })];
    await until(
      () => stage.asked.length === 3,
      () => 'both fetches',
    );
    for (const gate of gates) gate.resolve();
    await Promise.all(both);
  });
});
