import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cachedStage, fetched } from '../../../test/support/cached-stage.ts';
import { pieces } from '../../../test/support/reply-stage.ts';
import { until } from '../../../test/support/until.ts';
import type { CacheWriter } from '../../cache/cache-store.ts';
import type { Body } from '../../core/body.ts';
import type { Reply } from '../../core/reply.ts';

const fresh = { 'cache-control': 'max-age=60' };

describe('an answer on its way to a client and into a store', () => {
  it('reads ahead of a slow client no further than memory holds where the answer is too large to be kept', async () => {
    const taken = [0, 0];
    async function* large(asked: number): AsyncGenerator<Uint8Array, undefined> {
      for (let piece = 0; piece < 100; piece++) {
        taken[asked - 1] = piece;
        yield Buffer.alloc(64 * 1024);
      }
    }
    const stage = cachedStage(() => fetched(large(stage.asked.length), fresh));
    const { outcome } = stage.begin('/a');
    const { body } = (await outcome) as Reply & { body: AsyncIterable<Uint8Array> };
    const iterator = body[Symbol.asyncIterator]();
    await iterator.next();
    assert.equal((await stage.ask('/a')).text.length, 100 * 64 * 1024, 'the lock is free');
    for (let turn = 0; turn < 300; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(Number(taken[0]) < 25, `${taken[0]} pieces`);
    await iterator.return?.();
  });

  for (const isWhole of [true, false]) {
    it(`lets others wait until an answer is found, ${isWhole ? 'in one piece' : 'in pieces'}`, async () => {
      const body = (): Body => (isWhole ? Buffer.from('abcd') : pieces('ab', 'cd'));
      const stage = cachedStage(() => fetched(body(), { ...fresh, 'content-length': '4' }));
      const { store } = stage;
      const write = store.write.bind(store);
      const { promise, resolve } = Promise.withResolvers<void>();
      store.write = (...given) => {
        const writer = write(...given);
        return writer && { write: (bytes) => writer.write(bytes), commit: late(writer), abort: () => writer.abort() };
      };
      const late = (writer: CacheWriter) => async (): Promise<boolean> => {
        await promise;
        return writer.commit();
      };
      const first = stage.ask('/a');
      await until(
        () => stage.asked.length === 1,
        () => 'content is asked',
      );
      const second = stage.ask('/a');
      for (let turn = 0; turn < 20; turn++) await new Promise((again) => setImmediate(again));
      assert.equal(stage.asked.length, 1);
      resolve();
      assert.deepEqual([(await first).text, (await second).text, (await second).cache], ['abcd', 'abcd', 'HIT']);
      assert.equal(stage.asked.length, 1);
    });
  }
});
