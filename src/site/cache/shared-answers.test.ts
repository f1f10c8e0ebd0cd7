import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cachedStage, fetched } from '../../../test/support/cached-stage.ts';

const fresh = { 'cache-control': 'max-age=60', etag: '"1"', 'last-modified': 'Wed, 31 Dec 2025 12:00:00 GMT' };

describe('What one client brings about', () => {
  for (const status of [412, 416]) {
    it(`keeps no ${status}, to the condition or range of a client whose key is known not to be kept`, async () => {
      const own = status === 412 ? { 'if-match': '"2"' } : { range: 'bytes=99-' };
      const stage = cachedStage(
        ({ exchange: { request } }) => {
          if (Object.keys(own).some((name) => request.headers.has(name))) return fetched('failed', fresh, status);
          return fetched('a', request.headers.has('cookie') ? { 'cache-control': 'private' } : fresh);
        },
        { valid: [{ statuses: 'any', ms: 60_000 }] },
      );
      await stage.ask('/a', { headers: { cookie: 'x' } });
      assert.equal((await stage.ask('/a', { headers: own })).status, status);
      const { text, cache } = await stage.ask('/a');
      assert.deepEqual([text, cache], ['a', 'MISS']);
    });
  }

  for (const [title, method, convertsHead] of [
    ['a 304', 'GET', true],
    ['a HEAD', 'HEAD', false],
  ] as const) {
    it(`keeps nothing of ${title} for one who is authorized, unless it is for all`, async () => {
      let control = 'max-age=60';
      const stage = cachedStage(
        ({ exchange: { request }, method: asked }) => {
          const isNews = request.headers.has('if-none-match') || asked === 'HEAD';
          const own = { ...fresh, 'cache-control': control, user: request.headers.get('authorization') ?? 'none' };
          return fetched(isNews ? '' : 'a', own, isNews && asked === 'GET' ? 304 : 200);
        },
        { convertsHead },
      );
      await stage.ask('/a');
      stage.now += 10_000;
      const headers = { authorization: 'ann', 'cache-control': 'no-cache' };
      const own = await stage.ask('/a', { method, headers });
      assert.deepEqual([own.status, own.headers['user']], [200, 'ann']);
      const other = await stage.ask('/a');
      assert.deepEqual([other.cache, other.headers['user'], other.headers['age']], ['HIT', 'none', '10']);
      control = 'max-age=60, public';
      await stage.ask('/a', { method, headers });
      const changed = await stage.ask('/a');
      assert.deepEqual([changed.cache, changed.headers['user'], changed.headers['age']], ['HIT', 'ann', '0']);
    });
  }

  it('forgets what turns out to vary by other fields when it is confirmed', async () => {
    const stage = cachedStage(({ exchange: { request } }) =>
      request.headers.has('if-none-match')
        ? fetched('', { ...fresh, vary: 'A' }, 304)
        : fetched(request.headers.get('a') ?? '', fresh),
    );
    await stage.ask('/a', { headers: { a: '1' } });
    stage.now += 61_000;
    const { text, cache } = await stage.ask('/a', { headers: { a: '1' } });
    assert.deepEqual([text, cache], ['1', 'REVALIDATED']);
    assert.equal((await stage.ask('/a', { headers: { a: '2' } })).text, '2');
  });
});
