import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CachedStage, cachedStage, fetched } from '../../../test/support/cached-stage.ts';
import { defaultProxy } from '../../../test/support/default-settings.ts';
import { pieces } from '../../../test/support/reply-stage.ts';
import { until } from '../../../test/support/until.ts';
import type { CachePurgeRequest } from '../../cache/cache-store.ts';
import type { CacheSettings } from '../../plan/cache-plan.ts';
import { type SiteOutcome, statusOutcome } from '../outcome.ts';
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
      assert.equal(stage.store.counts.entries, 4, 'the pieces, and which of them hold');
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
      assert.equal(stage.store.counts.entries, 4);
      assert.equal((await stage.ask('/a', { method: 'PURGE' })).status, 404);
      const purges: CachePurgeRequest[] = [];
      const { store } = stage;
      const purge = store.purge.bind(store);
      store.purge = (what) => {
        purges.push(what);
        return purge(what);
      };
      stage.content = (request) => (request.method === 'PUT' ? fetched('') : ranged('ba9876543210')(request));
      await stage.ask('/ab', { method: 'PUT' });
      assert.equal((await stage.ask('/ab')).text, 'ba9876543210');
      assert.deepEqual(new Set(purges.map(({ kind }) => kind)), new Set(['key']), 'nothing is looked through for it');
    });
  }

  for (const key of ['$uri', '$uri$slice_range']) {
    it(`ends an answer whose pieces are of two states, and gives the new one from then on, with the key ${key}`, async () => {
      const stage = stageOf({ key });
      await stage.ask('/a', { headers: { range: 'bytes=0-1' } });
      stage.content = ranged('ba9876543210', '"2"');
      await assert.rejects(stage.ask('/a'), /the resource has changed between two pieces/);
      for (let time = 0; time < 2; time++) assert.equal((await stage.ask('/a')).text, 'ba9876543210');
      stage.content = ranged('01234567', '"1"');
      assert.equal((await stage.ask('/a')).text, 'ba9876543210');
    });
  }

  it('does not put together what is of another length', async () => {
    const stage = stageOf();
    await stage.ask('/a', { headers: { range: 'bytes=0-1' } });
    stage.content = ranged('01234567', '"1"');
    await assert.rejects(stage.ask('/a'), /what came is no piece|changed between/);
    assert.equal((await stage.ask('/a')).text, '01234567');
  });

  for (const [what, last] of [
    ['longer', 5],
    ['shorter', 3],
  ] as const) {
    it(`neither gives nor keeps a piece that is ${what} than it was said to be`, async () => {
      const stage = stageOf();
      const wrong = (request: SiteRequest): SiteOutcome => {
        const range = request.header('range');
        if (range !== 'bytes=0-4') return ranged()(request);
        const fields = { 'cache-control': 'max-age=60', etag: '"1"', 'content-range': 'bytes 0-4/12' };
        return fetched(pieces(whole.slice(0, 2), whole.slice(2, last + 1)), fields, 206);
      };
      stage.content = wrong;
      await assert.rejects(stage.ask('/a'), new RegExp(`a piece is ${what}`));
      stage.content = ranged();
      assert.equal((await stage.ask('/a')).text, whole);
    });
  }

  it('keeps nothing whose length is not that of its range', async () => {
    const stage = stageOf();
    stage.content = () =>
      fetched(
        '01234567',
        { 'cache-control': 'max-age=60', 'content-range': 'bytes 0-4/12', 'content-length': '8' },
        206,
      );
    await assert.rejects(stage.ask('/a'), { code: 'upstream-response-invalid', status: 502 });
    assert.equal(stage.store.counts.entries, 0);
  });

  for (const range of ['bytes 5-9/12', 'bytes 0-3/12', 'bytes 0-9/12', 'bytes 0-4/*', 'lines 0-4/12', undefined]) {
    it(`neither gives nor keeps a part of ${range} where another was asked for`, async () => {
      const stage = stageOf({ valid: [{ statuses: 'any', ms: 60_000 }] });
      const fields = { etag: '"1"', ...(range && { 'content-range': range }) };
      stage.content = () => fetched(pieces('01234'), fields, 206);
      for (let time = 0; time < 2; time++) {
        await assert.rejects(stage.ask('/a'), { code: 'upstream-response-invalid', status: 502 });
        assert.equal(stage.asked.length, time + 1);
      }
      assert.equal(stage.store.counts.entries, 0);
    });
  }

  describe('loses no pieces by a request', () => {
    /** Some pieces are there, and content refuses the next one where the request has a field. */
    async function begun(refuse: () => SiteOutcome): Promise<CachedStage> {
      const stage = stageOf();
      await stage.ask('/a', { headers: { range: 'bytes=0-4' } });
      stage.content = (request) => (request.header('odd') ? refuse() : ranged()(request));
      return stage;
    }

    const kept = { 'cache-control': 'max-age=60' };
    for (const [what, refuse] of [
      ['is refused', () => fetched('no', {}, 401)],
      ['gets something else that may be kept', () => fetched('no', kept, 404)],
      ['gets all at once', () => fetched(whole, kept)],
      ['gets another part', () => fetched('0', { ...kept, 'content-range': 'bytes 0-0/12' }, 206)],
      ['fails', () => statusOutcome(502)],
    ] as const) {
      it(`whose second piece ${what}`, async () => {
        const stage = await begun(refuse);
        for (const range of ['bytes=0-', 'bytes=6-7']) {
          await stage.ask('/a', { headers: { odd: '1', range } }).catch(() => {});
        }
        stage.asked.length = 0;
        assert.equal((await stage.ask('/a')).text, whole);
        assert.deepEqual(rangesOf(stage), ['bytes=5-9', 'bytes=10-14']);
        stage.asked.length = 0;
        assert.equal((await stage.ask('/a')).text, whole);
        assert.equal(stage.asked.length, 0);
      });
    }

    it('that takes only what is kept, which gets 504 where some is missing', async () => {
      const stage = stageOf();
      const headers = { 'cache-control': 'only-if-cached' };
      const ask = async (range: string): Promise<readonly unknown[]> => {
        const { status, text } = await stage.ask('/a', { headers: { ...headers, range } });
        return [status, text];
      };
      assert.deepEqual(await ask('bytes=0-'), [504, '']);
      await stage.ask('/a', { headers: { range: 'bytes=5-9' } });
      for (const range of ['bytes=0-', 'bytes=4-6', 'bytes=6-10', 'bytes=-1']) {
        assert.deepEqual(await ask(range), [504, ''], range);
      }
      assert.deepEqual(await ask('bytes=6-8'), [206, '678']);
      assert.equal(stage.asked.length, 1);
      await stage.ask('/a');
      assert.deepEqual(await ask('bytes=0-'), [206, whole]);
      assert.equal(stage.asked.length, 3);
    });
  });

  it('asks anew for what is gone, and for what has taken its place', async () => {
    const stage = stageOf();
    await stage.ask('/a', { headers: { range: 'bytes=0-1' } });
    stage.content = ranged('012', '"2"');
    await assert.rejects(stage.ask('/a'), /the resource has changed/);
    assert.equal((await stage.ask('/a')).text, '012');
  });

  it('passes on what no cache answers', async () => {
    const stage = stageOf();
    await stage.ask('/a');
    stage.content = (request) => fetched(`${request.exchange.body.toString()} ${request.header('range')}`);
    assert.equal((await stage.ask('/a', { body: Buffer.from('query') })).text, 'query undefined');
    assert.equal((await stage.ask('/a', { headers: { 'x-http-method-override': 'DELETE' } })).cache, 'BYPASS');
    assert.equal((await stage.ask('/a')).text, whole);
  });

  it('counts how often all of it is asked for', async () => {
    const stage = stageOf({ minUses: 2 });
    for (let time = 0; time < 3; time++) assert.equal((await stage.ask('/a')).text, whole);
    assert.equal(stage.asked.length, 6);
    assert.equal(stage.store.counts.entries, 4);
  });

  it('fetches each piece once for all that ask at the same time', async () => {
    const stage = stageOf();
    const answers = await Promise.all(['/a', '/a', '/a'].map((path) => stage.ask(path)));
    assert.deepEqual(
      answers.map(({ text }) => text),
      [whole, whole, whole],
    );
    assert.equal(stage.asked.length, 3);
  });

  it('leaves no piece half read where the client leaves while it is asked for', async () => {
    const proxy = { ...defaultProxy, bufferSize: 1, maxTempFileSize: 0 };
    const stage = cachedStage(ranged(), { sliceSize: 5 }, { proxy });
    const given = Promise.withResolvers<SiteOutcome>();
    stage.content = (request) => (request.header('range') === 'bytes=5-9' ? given.promise : ranged()(request));
    const outcome = await stage.begin('/a').outcome;
    assert.ok('body' in outcome && !(outcome.body instanceof Uint8Array));
    const body = outcome.body[Symbol.asyncIterator]();
    assert.equal(String((await body.next()).value), '01234');
    const next = body.next();
    await until(() => stage.asked.length === 2, 'the second piece is asked for');
    await body.return?.();
    const fields = { 'cache-control': 'max-age=60', etag: '"1"', 'content-range': 'bytes 5-9/12' };
    given.resolve(fetched(pieces(...'56789'), fields, 206));
    assert.deepEqual(await next, { done: true, value: undefined });
    await until(() => stage.store.counts.entries === 3, 'what was fetched is kept');
    stage.content = ranged();
    assert.equal((await stage.ask('/a')).text, whole);
    assert.equal(stage.asked.length, 3);
  });

  it('forgets nothing where the client leaves in the middle of a piece', async () => {
    const stage = stageOf();
    await stage.ask('/a', { headers: { range: 'bytes=0-4' } });
    const rest = Promise.withResolvers<void>();
    async function* slowly(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('56');
      await rest.promise;
      yield Buffer.from('789');
    }
    const fields = { 'cache-control': 'max-age=60', etag: '"1"', 'content-range': 'bytes 5-9/12' };
    stage.content = () => fetched(slowly(), fields, 206);
    const outcome = await stage.begin('/a').outcome;
    assert.ok('body' in outcome && !(outcome.body instanceof Uint8Array));
    const body = outcome.body[Symbol.asyncIterator]();
    assert.equal(String((await body.next()).value) + String((await body.next()).value), '0123456');
    const next = body.next();
    await body.return?.();
    assert.deepEqual(await next, { done: true, value: undefined });
    rest.resolve();
    await until(() => stage.store.counts.entries === 3, 'what was fetched is kept');
    stage.content = ranged();
    assert.equal((await stage.ask('/a')).text, whole);
    assert.deepEqual(rangesOf(stage), ['bytes=0-4', 'bytes=5-9', 'bytes=10-14']);
  });

  for (const given of [{ lock: false }, { lockTimeoutMs: 0 }]) {
    it(`keeps pieces once where many fetch them at the same time with ${JSON.stringify(given)}`, async () => {
      const stage = stageOf(given);
      const answers: (() => void)[] = [];
      stage.content = (request) =>
        new Promise<SiteOutcome>((resolve) => answers.push(() => resolve(ranged()(request))));
      const asking = ['/a', '/a', '/a'].map((path) => stage.ask(path));
      await until(() => answers.length === 3, 'all are asked for');
      stage.content = ranged();
      for (const answer of answers) answer();
      for (const { text } of await Promise.all(asking)) assert.equal(text, whole);
      assert.equal(stage.store.counts.entries, 4);
      stage.asked.length = 0;
      assert.equal((await stage.ask('/a')).text, whole);
      assert.equal(stage.asked.length, 0);
    });
  }

  it('keeps the lock though one request must not be kept', async () => {
    const stage = stageOf();
    for (const cacheControl of ['no-store', 'only-if-cached']) {
      await stage.ask('/a', { headers: { 'cache-control': cacheControl } });
      assert.equal(stage.store.counts.entries, 0);
    }
    stage.asked.length = 0;
    const answers = await Promise.all(['/a', '/a', '/a'].map((path) => stage.ask(path)));
    for (const { text } of answers) assert.equal(text, whole);
    assert.equal(stage.asked.length, 3);
  });

  it('lets no request wait for what is not kept', async () => {
    const stage = stageOf();
    const answers: ((outcome: SiteOutcome) => void)[] = [];
    stage.content = () => fetched('no', {}, 404);
    await stage.ask('/a');
    stage.content = () => new Promise<SiteOutcome>((resolve) => answers.push(resolve));
    const asking = ['/a', '/a'].map((path) => stage.ask(path));
    await until(() => answers.length === 2, 'both are asked for');
    for (const answer of answers) answer(fetched('no', {}, 404));
    for (const { status } of await Promise.all(asking)) assert.equal(status, 404);
    assert.equal(stage.store.counts.entries, 0);
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
