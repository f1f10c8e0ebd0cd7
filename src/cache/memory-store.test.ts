import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bodyText, cachePlan, cacheSurroundings, found, store, storedHead } from '../../test/support/cache-stage.ts';
import { until } from '../../test/support/until.ts';
import type { CachePlan } from '../plan/cache-plan.ts';
import type { CacheNews } from './cache-event.ts';
import type { CacheStore } from './cache-store.ts';
import { Caches } from './caches.ts';

function openMemory(given: Partial<CachePlan> = {}, now: () => number = Date.now): CacheStore {
  return new Caches(cacheSurroundings({ now })).open([cachePlan(given)]).get('pages') as CacheStore;
}

describe('MemoryStore', () => {
  it('finds what was kept, with its head, and nothing for another key', async () => {
    const cache = openMemory();
    assert.ok(await store(cache, '/a', 'one', { status: 404 }));
    const [entry] = await cache.find('/a');
    assert.equal(entry?.head.status, 404);
    assert.equal(entry?.length, 3);
    assert.deepEqual(await found(cache, '/a'), ['one']);
    assert.deepEqual(await found(cache, '/b'), []);
    assert.equal(entry && (await bodyText(entry, 1, 2)), 'n');
  });

  it('gives the same array while nothing changes', async () => {
    const cache = openMemory();
    await store(cache, '/a', 'one');
    assert.equal(cache.find('/a'), cache.find('/a'));
  });

  it('keeps one answer for each way to vary, the newest first', async () => {
    const cache = openMemory();
    await store(cache, '/a', 'en', { vary: [['accept-language', 'en']] });
    await store(cache, '/a', 'de', { vary: [['accept-language', 'de']] });
    await store(cache, '/a', 'en 2', { vary: [['accept-language', 'en']] });
    assert.deepEqual(await found(cache, '/a'), ['en 2', 'de']);
    for (let variant = 0; variant < 100; variant++) await store(cache, '/a', 'x', { vary: [['x', `${variant}`]] });
    assert.equal((await cache.find('/a')).length, 64);
  });

  it('shows nothing before it is whole, and keeps nothing that is not', async () => {
    const cache = openMemory({ maxEntrySize: 10 });
    const writer = cache.write('/a', storedHead(), 4);
    writer?.write(Buffer.from('ab'));
    assert.deepEqual(await found(cache, '/a'), []);
    assert.equal(writer?.commit(), false);
    assert.equal(cache.write('/a', storedHead(), 11), undefined);
    assert.equal(await store(cache, '/a', 'more than ten'), false);
    const aborted = cache.write('/a', storedHead(), undefined);
    aborted?.write(Buffer.from('ab'));
    aborted?.abort();
    assert.equal(aborted?.commit(), false);
    assert.deepEqual(await found(cache, '/a'), []);
  });

  it('does not hold the larger memory that a piece lies in', async () => {
    const cache = openMemory();
    const slab = Buffer.alloc(65536, 'x');
    await store(cache, '/a', slab.subarray(0, 10));
    const [entry] = await cache.find('/a');
    assert.ok(entry);
    assert.equal((entry.body() as Uint8Array).buffer.byteLength, 10);
  });

  it('removes what was used least of late when there is no more room', async () => {
    const cache = openMemory({ maxEntries: 2 });
    await store(cache, '/a', 'a');
    await store(cache, '/b', 'b');
    cache.find('/a');
    await store(cache, '/c', 'c');
    assert.deepEqual([await found(cache, '/a'), await found(cache, '/b')], [['a'], []]);
    const small = openMemory({ memorySize: 4000 });
    for (let each = 0; each < 10; each++) await store(small, `/${each}`, 'x'.repeat(1000));
    assert.deepEqual([await found(small, '/0'), (await found(small, '/9')).length], [[], 1]);
    assert.equal(await store(small, '/big', 'x'.repeat(4000)), false);
  });

  it('gives an answer another head, as long as it is the one that is kept', async () => {
    const cache = openMemory();
    await store(cache, '/a', 'one');
    const [old] = await cache.find('/a');
    assert.ok(old);
    await cache.update('/a', old, storedHead({ freshUntil: 99 }));
    const [entry] = await cache.find('/a');
    assert.deepEqual([entry?.head.freshUntil, await found(cache, '/a')], [99, ['one']]);
    cache.remove('/a', old);
    assert.deepEqual(await found(cache, '/a'), ['one']);
    await cache.update('/a', old, storedHead({ freshUntil: 100 }));
    assert.equal((await cache.find('/a'))[0]?.head.freshUntil, 99);
  });

  it('removes what is purged: all, a key, a prefix, a tag', async () => {
    const cache = openMemory();
    const fill = async (): Promise<void> => {
      for (const key of ['/a', '/a/b', '/c']) await store(cache, key, key, { tags: [`tag ${key}`] });
    };
    for (const [what, left] of [
      [{ kind: 'key', value: '/a' }, ['/a/b', '/c']],
      [{ kind: 'prefix', value: '/a' }, ['/c']],
      [{ kind: 'tag', value: 'tag /c' }, ['/a', '/a/b']],
      [{ kind: 'all' }, []],
    ] as const) {
      await fill();
      assert.equal(await cache.purge(what), 3 - left.length);
      const keys = await Promise.all(['/a', '/a/b', '/c'].map((key) => found(cache, key)));
      assert.deepEqual(keys.flat(), left);
    }
  });

  it('does not keep what was being fetched when it was purged', async () => {
    const cache = openMemory();
    const writer = cache.write('/a', storedHead(), undefined);
    const other = cache.write('/b', storedHead(), undefined);
    cache.remove('/a');
    assert.deepEqual([writer?.commit(), other?.commit()], [false, true]);
    assert.deepEqual(await found(cache, '/a'), []);
  });

  it('tells the other threads what is purged, and does what they tell', async () => {
    const told: CacheNews[] = [];
    const one = new Caches(cacheSurroundings({ frontCount: 2, tell: (news) => told.push(...news) }));
    const other = new Caches(cacheSurroundings());
    const [here, there] = [one, other].map((caches) => caches.open([cachePlan()]).get('pages') as CacheStore);
    assert.ok(here && there);
    one.keep();
    other.keep();
    await store(there, '/a', 'a');
    here.remove('/a');
    assert.deepEqual(await found(there, '/a'), ['a']);
    await until(() => told.length > 0, 'news');
    for (const news of told) other.heard(news);
    assert.deepEqual(await found(there, '/a'), []);
    await Promise.all([one.close(), other.close()]);
  });

  it('counts uses, and forgets those of long ago', () => {
    let now = 0;
    const cache = openMemory({ inactiveMs: 1000 }, () => now);
    assert.deepEqual([cache.countUse('/a'), cache.countUse('/a'), cache.countUse('/b')], [1, 2, 1]);
    now = 1500;
    assert.equal(cache.countUse('/a'), 3);
    now = 9000;
    assert.equal(cache.countUse('/a'), 1);
  });
});

describe('Caches', () => {
  it('take over what is the same in the next config, and close the rest', async () => {
    const caches = new Caches(cacheSurroundings());
    const before = caches.open([cachePlan(), cachePlan({ name: 'other' })]);
    caches.keep();
    const [pages, other] = ['pages', 'other'].map((name) => before.get(name) as CacheStore);
    assert.ok(pages && other);
    await store(pages, '/a', 'a');
    await store(pages, '/b', 'b');
    await store(other, '/a', 'a');
    const after = caches.open([cachePlan({ maxEntries: 1 }), cachePlan({ name: 'new' })]);
    assert.equal(after.get('pages'), pages);
    caches.keep();
    assert.deepEqual([await found(pages, '/a'), await found(pages, '/b')], [[], ['b']]);
    assert.equal(other.write('/b', storedHead(), 1), undefined);
    assert.deepEqual(await found(other, '/a'), []);
    assert.deepEqual(
      caches.counts.map(({ name, entries }) => [name, entries]),
      [
        ['pages', 1],
        ['new', 0],
      ],
    );
    await caches.close();
  });

  it('go on with what they had where the next config is not used', async () => {
    const caches = new Caches(cacheSurroundings());
    const pages = caches.open([cachePlan()]).get('pages') as CacheStore;
    caches.keep();
    await store(pages, '/a', 'a');
    const fresh = caches.open([cachePlan({ maxEntries: 0 }), cachePlan({ name: 'new' })]).get('new') as CacheStore;
    caches.drop();
    assert.deepEqual(await found(pages, '/a'), ['a']);
    assert.equal(await store(fresh, '/a', 'a'), false);
    await caches.close();
    assert.equal(await store(pages, '/a', 'a'), false);
  });

  it('remove what nobody asked for', async (context) => {
    context.mock.timers.enable({ apis: ['setInterval'] });
    let now = 0;
    const caches = new Caches(cacheSurroundings({ now: () => now }));
    const pages = caches.open([cachePlan({ inactiveMs: 1000 })]).get('pages') as CacheStore;
    caches.keep();
    await store(pages, '/a', 'a');
    await store(pages, '/b', 'b');
    now = 900;
    pages.find('/b');
    now = 1500;
    context.mock.timers.tick(10_000);
    assert.deepEqual([await found(pages, '/a'), await found(pages, '/b')], [[], ['b']]);
    await caches.close();
  });
});
