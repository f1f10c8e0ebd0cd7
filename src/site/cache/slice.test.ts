import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CachedStage, cachedStage, fetched } from '../../../test/support/cached-stage.ts';
import type { SiteOutcome } from '../outcome.ts';
import type { CacheSettings } from '../plan/cache-plan.ts';
import type { SiteRequest } from '../site-request.ts';

const whole = '0123456789ab';

/** Content that gives the range that it is asked for. */
function ranged(text = whole, etag = '"1"'): (request: SiteRequest) => SiteOutcome {
  return (request) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.header('range') ?? '') ?? [];
    const fields = { 'cache-control': 'max-age=60', etag };
    if (first === undefined) return fetched(text, fields);
    if (Number(first) >= text.length) return fetched('', { 'content-range': `bytes */${text.length}` }, 416);
    const part = text.slice(Number(first), Number(last) + 1);
    const range = `bytes ${first}-${Number(first) + part.length - 1}/${text.length}`;
    return fetched(part, { ...fields, 'content-range': range, 'content-length': String(part.length) }, 206);
  };
}

function stageOf(given: Partial<CacheSettings> = {}): CachedStage {
  return cachedStage(ranged(), { sliceSize: 5, ...given });
}

const rangesOf = ({ asked }: CachedStage): readonly (string | undefined)[] =>
  asked.map((request) => request.header('range'));

describe('slices', () => {
  for (const key of ['$uri', '$uri$slice_range']) {
    it(`puts the whole together of pieces of one size, each kept by itself, with the key ${key}`, async () => {
      const stage = stageOf({ key });
      const { status, text, headers } = await stage.ask('/a');
      assert.deepEqual(
        [status, text, headers['content-length'], headers['content-range']],
        [200, whole, '12', undefined],
      );
      assert.deepEqual(rangesOf(stage), ['bytes=0-4', 'bytes=5-9', 'bytes=10-14']);
      assert.equal((await stage.ask('/a')).text, whole);
      assert.equal(stage.asked.length, 3);
      assert.equal(stage.store.counts.entries, 3);
    });
  }

  it('lets the config ask for pieces by $slice_range', async () => {
    const stage = stageOf();
    await stage.ask('/a');
    assert.deepEqual(
      stage.asked.map(({ sliceRange }) => sliceRange),
      ['bytes=0-4', 'bytes=5-9', 'bytes=10-14'],
    );
  });

  it('fetches only the pieces that a range needs', async () => {
    const stage = stageOf();
    const { status, text, headers } = await stage.ask('/a', { headers: { range: 'bytes=6-10' } });
    assert.deepEqual(
      [status, text, headers['content-range'], headers['content-length']],
      [206, '6789a', 'bytes 6-10/12', '5'],
    );
    assert.deepEqual(rangesOf(stage), ['bytes=5-9', 'bytes=10-14']);
    assert.equal((await stage.ask('/a', { headers: { range: 'bytes=7-7' } })).text, '7');
    assert.equal(stage.asked.length, 2);
    assert.equal((await stage.ask('/a', { headers: { range: 'bytes=-1' } })).text, 'b');
  });

  it('answers HEAD and conditions', async () => {
    const stage = stageOf();
    const { status, text, headers } = await stage.ask('/a', { method: 'HEAD' });
    assert.deepEqual([status, text, headers['content-length']], [200, '', '12']);
    assert.equal((await stage.ask('/a', { headers: { 'if-none-match': '"1"' } })).status, 304);
    assert.equal((await stage.ask('/a', { headers: { 'if-match': '"2"' } })).status, 412);
  });

  for (const key of ['$uri', '$uri$slice_range']) {
    it(`forgets all pieces together, with the key ${key}`, async () => {
      const stage = stageOf({ key, purge: { method: 'PURGE', from: ['127.0.0.1'] } });
      for (const path of ['/a', '/ab']) await stage.ask(path);
      assert.equal((await stage.ask('/a', { method: 'PURGE' })).status, 200);
      assert.equal(stage.store.counts.entries, 3);
      assert.equal((await stage.ask('/a', { method: 'PURGE' })).status, 404);
      stage.content = () => fetched('');
      await stage.ask('/ab', { method: 'PUT' });
      assert.equal(stage.store.counts.entries, 0);
    });
  }

  it('ends an answer whose pieces are of two states', async () => {
    const stage = stageOf();
    await stage.ask('/a', { headers: { range: 'bytes=0-1' } });
    stage.content = ranged(whole, '"2"');
    await assert.rejects(stage.ask('/a'), /the resource has changed between two pieces/);
    stage.content = ranged('01234567', '"1"');
    await assert.rejects(stage.ask('/a'), /what came is no piece|changed between/);
  });

  it('gives what does not come in pieces as it is', async () => {
    const stage = stageOf();
    stage.content = () => fetched('all of it', { 'cache-control': 'max-age=60' });
    const { status, text } = await stage.ask('/a');
    assert.deepEqual([status, text], [200, 'all of it']);
    stage.content = ranged();
    assert.equal((await stage.ask('/b', { headers: { range: 'bytes=20-' } })).status, 416);
    stage.content = () => fetched('no', {}, 404);
    assert.equal((await stage.ask('/c')).status, 404);
  });
});
