import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerOf, cachedStage, fetched, stageStart } from '../../../test/support/cached-stage.ts';
import { pieces } from '../../../test/support/reply-stage.ts';
import { until } from '../../../test/support/until.ts';
import { PeerError } from '../../core/errors.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import type { SiteOutcome } from '../outcome.ts';

const fresh = { 'cache-control': 'max-age=60', etag: '"1"', 'last-modified': 'Wed, 31 Dec 2025 12:00:00 GMT' };

describe('createCachedContent', () => {
  it('gives what is fresh without a promise, with its age and what the cache did', async () => {
    const stage = cachedStage(() => fetched('a', fresh));
    const first = await stage.ask('/a');
    assert.deepEqual(
      [first.text, first.cache, first.headers['cache-status']],
      ['a', 'MISS', 'galley; fwd=uri-miss; stored'],
    );
    stage.now += 10_500;
    const { outcome, request } = stage.begin('/a');
    assert.ok(!(outcome instanceof Promise));
    const { text, headers, cache } = await answerOf(outcome, request);
    assert.deepEqual([text, cache, headers['age'], headers['cache-status']], ['a', 'HIT', '10', 'galley; hit; ttl=49']);
    assert.equal(headers['content-length'], '1');
    assert.equal(stage.asked.length, 1);
  });

  it('makes the answer of plain hits once a second', async () => {
    const stage = cachedStage(() => fetched('a', fresh));
    await stage.ask('/a');
    const at = (ms: number): SiteOutcome | Promise<SiteOutcome> => {
      stage.now = stageStart + ms;
      return stage.begin('/a').outcome;
    };
    const one = at(1_100);
    assert.equal(at(1_900), one);
    assert.notEqual(at(2_000), one);
  });

  it('keeps answers apart by key, and by what they vary by', async () => {
    const stage = cachedStage(({ exchange }) =>
      fetched(exchange.request.headers.get('a') ?? 'none', { ...fresh, vary: 'A' }),
    );
    const texts: string[] = [];
    for (const [target, a] of [
      ['/a', '1'],
      ['/a', '2'],
      ['/b', '1'],
      ['/a', '1'],
      ['/a', '2'],
    ] as const) {
      const { text, cache } = await stage.ask(target, { headers: { a } });
      texts.push(`${text} ${cache}`);
    }
    assert.deepEqual(texts, ['1 MISS', '2 MISS', '1 MISS', '1 HIT', '2 HIT']);
  });

  it('answers conditions and ranges from what is kept, and asks content for the whole', async () => {
    const stage = cachedStage(() => fetched('0123456789', fresh));
    const first = await stage.ask('/a', { headers: { range: 'bytes=2-3', 'if-none-match': '"0"' } });
    assert.deepEqual([first.status, first.text, first.headers['content-range']], [206, '23', 'bytes 2-3/10']);
    assert.deepEqual(
      ['range', 'if-none-match'].map((name) => stage.asked[0]?.header(name)),
      [undefined, undefined],
    );
    const statusOf = async (headers: Record<string, string>): Promise<unknown> => {
      const { status, text, cache } = await stage.ask('/a', { headers });
      return [status, text, cache];
    };
    assert.deepEqual(await statusOf({ range: 'bytes=-1' }), [206, '9', 'HIT']);
    assert.deepEqual(await statusOf({ range: 'bytes=20-' }), [416, '', 'HIT']);
    assert.deepEqual(await statusOf({ 'if-none-match': 'W/"1"' }), [304, '', 'HIT']);
    assert.deepEqual(await statusOf({ 'if-modified-since': 'Wed, 31 Dec 2025 13:00:00 GMT' }), [304, '', 'HIT']);
    assert.deepEqual(await statusOf({ 'if-match': '"2"' }), [412, '', 'HIT']);
    assert.deepEqual(await statusOf({ range: 'bytes=0-0', 'if-range': '"2"' }), [200, '0123456789', 'HIT']);
    const both = await stage.ask('/a', { headers: { range: 'bytes=0-0,2-3' } });
    assert.match(
      both.text,
      /^\r\n--(\w+)\r\nContent-Range: bytes 0-0\/10\r\n\r\n0\r\n--\1\r\nContent-Range: bytes 2-3\/10\r\n\r\n23\r\n--\1--\r\n$/,
    );
    assert.equal(stage.asked.length, 1);
  });

  it('answers HEAD from what is kept, and fetches it by GET', async () => {
    const stage = cachedStage(() => fetched(pieces('ab', 'cd'), { ...fresh, 'content-length': '4' }));
    const head = await stage.ask('/a', { method: 'HEAD' });
    assert.deepEqual([head.text, head.headers['content-length'], stage.asked[0]?.method], ['', '4', 'GET']);
    await until(
      () => stage.store.counts.entries === 1,
      () => 'the answer is kept',
    );
    const { text, cache } = await stage.ask('/a');
    assert.deepEqual([text, cache], ['abcd', 'HIT']);
    assert.deepEqual((await stage.ask('/a', { method: 'HEAD' })).cache, 'HIT');
  });

  it('gives a range of an answer that is on its way, and keeps all of it', async () => {
    const stage = cachedStage(() => fetched(pieces('01', '234', '56789'), { ...fresh, 'content-length': '10' }));
    assert.equal((await stage.ask('/a', { headers: { range: 'bytes=1-3' } })).text, '123');
    await until(
      () => stage.store.counts.entries === 1,
      () => 'the answer is kept',
    );
    assert.equal((await stage.ask('/a')).text, '0123456789');
  });

  it('asks whether what is stale still holds, and gives it with the new fields', async () => {
    const stage = cachedStage(({ exchange }) => {
      if (!exchange.request.headers.has('if-none-match')) return fetched('a', fresh);
      return fetched('', { ...fresh, added: 'yes', 'content-length': '0' }, 304);
    });
    await stage.ask('/a');
    stage.now += 61_000;
    const { status, text, headers, cache } = await stage.ask('/a');
    assert.deepEqual(
      [status, text, headers['added'], headers['content-length'], cache],
      [200, 'a', 'yes', '1', 'REVALIDATED'],
    );
    assert.equal(headers['cache-status'], 'galley; fwd=stale; fwd-status=304; ttl=60; stored');
    assert.deepEqual(
      ['if-none-match', 'if-modified-since'].map((name) => stage.asked[1]?.header(name)),
      ['"1"', fresh['last-modified']],
    );
    const again = await stage.ask('/a');
    assert.deepEqual([again.cache, again.headers['added'], stage.asked.length], ['HIT', 'yes', 2]);
  });

  it('asks whether another variant would do, and takes it only for a strong tag that the answer names', async () => {
    const stage = cachedStage(() => fetched('a', { ...fresh, vary: 'A' }));
    await stage.ask('/a', { headers: { a: '1' } });
    stage.content = ({ exchange }) => {
      const isAsked = exchange.request.headers.get('if-none-match') === '"1"';
      return isAsked ? fetched('', exchange.request.headers.get('a') === '2' ? fresh : {}, 304) : fetched('b', fresh);
    };
    assert.equal((await stage.ask('/a', { headers: { a: '2' } })).text, 'a');
    assert.equal((await stage.ask('/a', { headers: { a: '3' } })).text, 'b');
    stage.content = () => fetched('a', { ...fresh, vary: 'A', etag: 'W/"1"' });
    await stage.ask('/weak', { headers: { a: '1' } });
    await stage.ask('/weak', { headers: { a: '2' } });
    assert.equal(stage.asked.at(-1)?.header('if-none-match'), undefined);
  });

  it('replaces what is stale by what is new', async () => {
    let count = 0;
    const stage = cachedStage(() => fetched(String(++count), fresh));
    await stage.ask('/a');
    stage.now += 61_000;
    const { text, cache } = await stage.ask('/a');
    assert.deepEqual([text, cache, (await stage.ask('/a')).text], ['2', 'EXPIRED', '2']);
  });

  it('gives what is stale for failures, where that may be', async () => {
    const stage = cachedStage(() => fetched('a', fresh));
    for (const path of ['/a', '/b', '/c']) {
      stage.content = () => fetched('a', path === '/b' ? { 'cache-control': 'max-age=60, must-revalidate' } : fresh);
      await stage.ask(path);
    }
    stage.now += 61_000;
    stage.content = () => Promise.reject(new PeerError('upstream-refused', 'Nobody listens'));
    const stale = await stage.ask('/a');
    assert.deepEqual(
      [stale.text, stale.cache, stale.headers['cache-status']],
      ['a', 'STALE', 'galley; hit; ttl=-1; detail=error'],
    );
    await assert.rejects(stage.ask('/b'), /Nobody listens/);
    stage.content = () => fetched('oh', {}, 503);
    assert.equal((await stage.ask('/c')).text, 'a');
    assert.equal((await stage.ask('/b')).status, 503);
    stage.content = () => Promise.reject(new PeerError('client-closed', 'The client left'));
    await assert.rejects(stage.ask('/a'), /The client left/);
  });

  it('gives what is stale while it is fetched behind the back of the client, within the time that the answer says', async () => {
    let count = 0;
    const stage = cachedStage(() =>
      fetched(String(++count), { 'cache-control': 'max-age=1, stale-while-revalidate=10' }),
    );
    await stage.ask('/a');
    stage.now += 5_000;
    const stale = await stage.ask('/a');
    assert.deepEqual([stale.text, stale.cache], ['1', 'STALE']);
    await until(
      () => stage.asked.length === 2,
      () => 'the update',
    );
    const { text, cache } = await stage.ask('/a');
    assert.deepEqual([text, cache], ['2', 'HIT']);
    stage.now += 12_000;
    assert.equal((await stage.ask('/a')).text, '3');
  });

  it('lets one request fetch while the others wait', async () => {
    const waiting = Promise.withResolvers<void>();
    const stage = cachedStage(async () => {
      await waiting.promise;
      return fetched('a', fresh);
    });
    const asked = [stage.ask('/a'), stage.ask('/a'), stage.ask('/a')];
    await until(
      () => stage.asked.length > 0,
      () => 'the fetch',
    );
    waiting.resolve();
    const answers = await Promise.all(asked);
    assert.deepEqual(
      answers.map(({ cache }) => cache),
      ['MISS', 'HIT', 'HIT'],
    );
    assert.equal(answers[1]?.headers['cache-status'], 'galley; fwd=uri-miss; ttl=60; collapsed');
    assert.equal(stage.asked.length, 1);
  });

  it('asks nothing for a client that has left while it waited', async () => {
    const gate = Promise.withResolvers<void>();
    const stage = cachedStage(async () => {
      await gate.promise;
      return fetched('a', { 'cache-control': 'no-store' });
    });
    const first = stage.ask('/a');
    const second = stage.begin('/a');
    second.exchange.abort('client-closed');
    gate.resolve();
    await assert.rejects(async () => second.outcome, /left while another request/);
    assert.equal((await first).text, 'a');
    assert.equal(stage.asked.length, 1);
  });

  it('lets no request wait for answers of a kind that was not kept', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const stage = cachedStage(() => fetched('a', { 'cache-control': 'no-store' }));
    await stage.ask('/a');
    stage.content = async () => {
      await gates[stage.asked.length - 2]?.promise;
      return fetched('b', { 'cache-control': 'no-store' });
    };
    const both = [stage.ask('/a'), stage.ask('/a')];
    await until(
      () => stage.asked.length === 3,
      () => 'both fetches',
    );
    for (const gate of gates) gate.resolve();
    assert.deepEqual(
      (await Promise.all(both)).map(({ text }) => text),
      ['b', 'b'],
    );
  });

  it('keeps nothing that broke or is shorter or longer than it was said to be', async () => {
    const stage = cachedStage(() => fetched(''));
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('ab');
      throw new PeerError('upstream-incomplete', 'It broke');
    }
    const bodies: readonly (readonly [string, () => Reply])[] = [
      ['/broken', () => fetched(broken(), fresh)],
      ['/short', () => fetched(pieces('ab'), { ...fresh, 'content-length': '4' })],
      ['/long', () => fetched(pieces('ab', 'cd'), { ...fresh, 'content-length': '3' })],
      ['/whole', () => fetched('ab', { ...fresh, 'content-length': '3' })],
    ];
    for (const [path, content] of bodies) {
      stage.content = content;
      await stage.ask(path).catch(() => {});
      assert.deepEqual(await stage.store.find(`http://test${path}`), [], path);
      // Nobody holds its lock any more.
      assert.equal(await stage.store.unlocked(`http://test${path}`, 1), true, path);
    }
  });

  it('fetches on for a client that has left where little is left, and else ends it', async () => {
    const big = Buffer.alloc(128 * 1024);
    let given = 0;
    let isStopped = false;
    async function* body(count: number): AsyncGenerator<Uint8Array> {
      try {
        for (given = 0; given < count; given++) yield big;
      } finally {
        isStopped = true;
      }
    }
    const stage = cachedStage(() => fetched(body(4), { ...fresh, 'content-length': String(4 * big.length) }));
    const leave = async (path: string): Promise<void> => {
      const { outcome } = stage.begin(path);
      const iterator = ((await outcome) as { body: AsyncIterable<Uint8Array> }).body[Symbol.asyncIterator]();
      await iterator.next();
      await iterator.return?.();
    };
    await leave('/little');
    await until(
      () => stage.store.counts.entries === 1,
      () => 'the answer is kept',
    );
    isStopped = false;
    stage.content = () => fetched(body(100), { ...fresh, 'content-length': String(100 * big.length) });
    await leave('/much');
    await until(
      () => isStopped,
      () => 'the end of the fetch',
    );
    assert.equal(given, 0);
    assert.deepEqual(await stage.store.find('http://test/much'), []);
  });

  it('fetches on where a client leaves before its answer is there, unless it is for that client alone', async () => {
    const gate = Promise.withResolvers<void>();
    const aborted: string[] = [];
    const stage = cachedStage(async ({ exchange }) => {
      exchange.onAbort((reason) => aborted.push(`${exchange.request.path} ${reason}`));
      await gate.promise;
      return fetched('a', exchange.request.path === '/own' ? { 'cache-control': 'private' } : fresh);
    });
    const begun = ['/all', '/own'].map((path) => stage.begin(path));
    await until(
      () => stage.asked.length === 2,
      () => 'both fetches',
    );
    for (const { exchange } of begun) exchange.abort('client-closed');
    assert.deepEqual(aborted, []);
    gate.resolve();
    await Promise.all(begun.map(({ outcome }) => outcome));
    assert.deepEqual(aborted, ['/own client-closed']);
    assert.equal((await stage.ask('/all')).cache, 'HIT');
  });

  it('keeps an answer as fast as it comes, though its client is slow', async () => {
    const stage = cachedStage(() => fetched(pieces('ab', 'cd', 'ef'), { ...fresh, 'x-accel-buffering': 'no' }));
    const { outcome, request } = stage.begin('/a');
    const reply = (await outcome) as Reply & { body: AsyncIterable<Uint8Array> };
    const iterator = reply.body[Symbol.asyncIterator]();
    await iterator.next();
    assert.equal((await stage.ask('/a')).text, 'abcdef', 'who waits gets it');
    await until(
      () => stage.store.counts.entries === 1,
      () => 'the answer is kept',
    );
    assert.equal((await stage.ask('/a')).text, 'abcdef');
    const rest = { ...reply, body: { [Symbol.asyncIterator]: () => iterator } };
    assert.equal((await answerOf(rest, request)).text, 'cdef');
  });

  it('gives what sends the request elsewhere as it is', async () => {
    const stage = cachedStage(() => fetched('abc', { ...fresh, 'x-accel-redirect': '/b' }));
    const { status, text } = await stage.ask('/a', { headers: { range: 'bytes=9-', 'if-none-match': '"1"' } });
    assert.deepEqual([status, text, stage.store.counts.entries], [200, 'abc', 0]);
  });

  it('asks content for what is bypassed, and keeps nothing that is not to be', async () => {
    const stage = cachedStage(() => fetched('a', fresh), { bypass: ['$http_bypass'], noStore: ['$http_none'] });
    const statusOf = async (headers: Record<string, string>): Promise<string | undefined> =>
      (await stage.ask('/a', { headers })).cache;
    assert.equal(await statusOf({ none: '1' }), 'MISS');
    assert.equal(await statusOf({ none: '0' }), 'MISS');
    assert.equal(await statusOf({}), 'HIT');
    assert.equal(await statusOf({ bypass: 'yes' }), 'BYPASS');
    assert.equal(stage.asked.length, 3);
  });

  it('keeps nothing of requests that say more than their key', async () => {
    const stage = cachedStage(() => fetched('a', fresh));
    assert.equal(
      (await stage.ask('/a', { body: Buffer.from('x'), headers: { 'content-length': '1' } })).cache,
      'BYPASS',
    );
    assert.equal((await stage.ask('/a', { headers: { 'x-http-method-override': 'POST' } })).cache, 'BYPASS');
    assert.equal((await stage.ask('/a', { headers: { 'cache-control': 'no-store' } })).cache, 'MISS');
    assert.equal(stage.store.counts.entries, 0);
  });

  it('does what a request says: no-cache, max-age, only-if-cached', async () => {
    const stage = cachedStage(() => fetched('a', fresh));
    assert.equal((await stage.ask('/a', { headers: { 'cache-control': 'only-if-cached' } })).status, 504);
    await stage.ask('/a');
    stage.now += 5_000;
    const asked = async (control: string): Promise<string | undefined> =>
      (await stage.ask('/a', { headers: { 'cache-control': control } })).cache;
    assert.equal(await asked('only-if-cached'), 'HIT');
    assert.equal(await asked('max-age=5'), 'HIT');
    assert.equal(await asked('min-fresh=56'), 'EXPIRED');
    assert.equal(await asked('no-cache'), 'EXPIRED');
    assert.equal((await stage.ask('/a', { headers: { pragma: 'no-cache' } })).cache, 'EXPIRED');
    stage.now += 70_000;
    assert.equal(await asked('max-stale=20'), 'STALE');
  });

  it('removes what a successful change of the resource makes untrue', async () => {
    const stage = cachedStage(() => fetched('a', fresh));
    for (const path of ['/a', '/b', '/c?d']) await stage.ask(path);
    stage.content = () => fetched('', { location: '/b', 'content-location': 'http://test/c?d' }, 500);
    await stage.ask('/a', { method: 'POST' });
    assert.equal(stage.store.counts.entries, 3);
    stage.content = () => fetched('', { location: 'http://other/b', 'content-location': 'http://test/c?d' });
    await stage.ask('/a', { method: 'POST' });
    assert.deepEqual(await stage.store.find('http://test/a'), []);
    assert.deepEqual(await stage.store.find('http://test/c?d'), []);
    assert.equal(stage.store.counts.entries, 1);
  });

  it('lets trusted clients remove what is kept', async () => {
    const stage = cachedStage(() => fetched('a', fresh), { purge: { method: 'PURGE', from: ['10.0.0.0/8'] } });
    for (const path of ['/a', '/b', '/c/1', '/c/2']) await stage.ask(path);
    const purged = async (path: string, client: string): Promise<number> =>
      (await stage.ask(path, { method: 'PURGE', client })).status;
    assert.deepEqual(
      [await purged('/a', '127.0.0.1'), await purged('/a', '10.1.1.1'), await purged('/a', '10.1.1.1')],
      [403, 200, 404],
    );
    assert.equal(await purged('/c/*', '10.1.1.1'), 200);
    assert.equal(stage.store.counts.entries, 1);
  });

  it('keeps an answer from the use on that is said', async () => {
    const stage = cachedStage(() => fetched('a', fresh), { minUses: 2 });
    const statuses = [];
    for (let use = 0; use < 3; use++) statuses.push((await stage.ask('/a')).cache);
    assert.deepEqual(statuses, ['MISS', 'MISS', 'HIT']);
  });

  it('passes ranges that begin too far behind the start on', async () => {
    const stage = cachedStage(() => fetched('x', fresh, 206), { maxRangeOffset: 100 });
    await stage.ask('/a', { headers: { range: 'bytes=100-' } });
    await stage.ask('/a', { headers: { range: 'bytes=99-' } });
    assert.deepEqual(
      stage.asked.map((request) => request.header('range')),
      ['bytes=100-', undefined],
    );
  });

  it('takes x-accel-expires for itself', async () => {
    const stage = cachedStage(() => fetched('a', { 'x-accel-expires': '10', 'cache-control': 'no-cache' }));
    assert.equal((await stage.ask('/a')).headers['x-accel-expires'], undefined);
    stage.content = () => fetched('b', { 'x-accel-expires': '0', 'cache-control': 'max-age=9' });
    await stage.ask('/b');
    assert.equal((await stage.ask('/b')).cache, 'MISS');
  });

  it('keeps trailers for the one who fetched', async () => {
    const trailers = (): HeaderList => HeaderList.of([['a', 'b']]);
    const stage = cachedStage(() => ({ ...fetched(pieces('a'), fresh), trailers }));
    const { outcome, request } = stage.begin('/a');
    assert.equal(((await outcome) as Reply).trailers, trailers);
    await answerOf(await outcome, request);
    assert.equal(((await stage.begin('/a').outcome) as Reply).trailers, undefined);
  });
});
