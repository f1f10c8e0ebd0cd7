import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cachedStage, fetched } from '../../../test/support/cached-stage.ts';
import { until } from '../../../test/support/until.ts';
import type { SiteOutcome } from '../outcome.ts';

const purge = { method: 'PURGE', from: ['127.0.0.1'] };

describe('what is removed while it is being fetched', () => {
  for (const [what, method, target] of [
    ['a purge', 'PURGE', '/a'],
    ['a purge of all that begins so', 'PURGE', '/*'],
    ['an unsafe method', 'POST', '/a'],
  ] as const) {
    it(`is not kept, by ${what}`, async () => {
      const asked: ((outcome: SiteOutcome) => void)[] = [];
      const stage = cachedStage(
        (request) => {
          if (request.method !== 'GET') return fetched('done');
          return new Promise<SiteOutcome>((resolve) => asked.push(resolve));
        },
        { purge, key: '$request_uri' },
      );
      const first = stage.ask('/a');
      await until(() => asked.length === 1, 'content is asked');
      await stage.ask(target, { method });
      asked[0]?.(fetched('old', { 'cache-control': 'max-age=60' }));
      assert.equal((await first).text, 'old');
      const second = stage.ask('/a');
      await until(() => asked.length === 2, 'content is asked again');
      asked[1]?.(fetched('new', { 'cache-control': 'max-age=60' }));
      assert.equal((await second).text, 'new');
      const { text, cache } = await stage.ask('/a');
      assert.deepEqual([text, cache], ['new', 'HIT']);
    });
  }
});
