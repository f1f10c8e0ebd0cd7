import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import {
  bodyText,
  bytesOf,
  cachePlan,
  cacheSurroundings,
  found,
  store,
  storedHead,
} from '../../test/support/cache-stage.ts';
import { until } from '../../test/support/until.ts';
import type { CachePlan } from '../plan/cache-plan.ts';
import type { CacheCounts, CacheNews } from './cache-event.ts';
import type { CacheEntry, CacheStore } from './cache-store.ts';
import { type CacheSurroundings, Caches } from './caches.ts';

describe('DiskStore', () => {
  let folder: AppFolder;
  const opened: Caches[] = [];
  const log: string[] = [];

  beforeEach(async () => {
    folder = await AppFolder.with({});
    log.length = 0;
  });

  afterEach(async () => {
    for (const caches of opened.splice(0)) await caches.close();
    await folder[Symbol.asyncDispose]();
  });

  /** The same folder once more, as after a restart or in another thread. */
  function openCache(given: Partial<CachePlan> = {}, surroundings: Partial<CacheSurroundings> = {}): OpenCache {
    const caches = new Caches(cacheSurroundings({ front: opened.length, ...surroundings }, log));
    opened.push(caches);
    const disk = { folder: folder.file('cache'), levels: [1, 2], maxSize: undefined, minFree: 0, ...given.disk };
    const cache = caches.open([cachePlan({ ...given, disk })]).get('pages') as CacheStore;
    caches.keep();
    return { caches, cache, counts: () => caches.counts[0] as CacheCounts };
  }

  function files(): string[] {
    const all = readdirSync(folder.file('cache'), { recursive: true, withFileTypes: true });
    return all
      .filter((entry) => entry.isFile() && entry.name !== 'galley.lock')
      .map(({ parentPath, name }) => join(parentPath, name));
  }

  async function one(cache: CacheStore, key: string): Promise<CacheEntry> {
    const [entry] = await cache.find(key);
    assert.ok(entry, `nothing is found for ${key}`);
    return entry;
  }

  it('finds what was kept, also after a restart', async () => {
    const first = openCache();
    assert.ok(await store(first.cache, '/a\xff', 'one', { status: 404, tags: ['\xe9'], vary: [['accept', 'x']] }));
    assert.ok(await store(first.cache, '/empty', ''));
    assert.equal(first.cache.find('/a\xff'), first.cache.find('/a\xff'), 'it is in memory');
    await first.caches.close();
    const { cache, counts } = openCache();
    const { head, length } = await one(cache, '/a\xff');
    const { headers, ...facts } = storedHead({ status: 404, tags: ['\xe9'], vary: [['accept', 'x']] });
    assert.deepEqual({ ...head, headers: [...head.headers] }, { ...facts, headers: [...headers] });
    assert.equal(length, 3);
    assert.deepEqual([await found(cache, '/a\xff'), await found(cache, '/empty')], [['one'], ['']]);
    assert.deepEqual(await found(cache, '/b'), []);
    assert.equal(counts().entries, 2);
    const [file = ''] = files();
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match(file, /\/cache\/[0-9a-f]\/[0-9a-f]{2}\/[0-9a-f]{32}(-[0-9a-f]{16})?$/);
    assert.equal(statSync(folder.file('cache')).mode & 0o777, 0o700);
  });

  it('gives large bodies piece by piece, and any part of them', async () => {
    const { cache, caches } = openCache();
    const bytes = Buffer.alloc(700_001, 'abcdefg');
    const writer = cache.write('/a', storedHead(), bytes.length);
    for (let at = 0; at < bytes.length; at += 99_999) assert.ok(await writer?.write(bytes.subarray(at, at + 99_999)));
    assert.equal(await writer?.commit(), true);
    const entry = await one(cache, '/a');
    assert.equal(entry.length, bytes.length);
    const text = bytes.toString('latin1');
    for (const [from, to] of [
      [0, 700_001],
      [1, 2],
      [65_535, 65_537],
      [65_536, 131_072],
      [700_000, 700_001],
    ] as const) {
      assert.equal(await bodyText(entry, from, to), text.slice(from, to));
    }
    await caches.close();
    assert.equal(await bodyText(await one(openCache().cache, '/a')), text);
  });

  it('goes on with a body that was evicted or replaced meanwhile, and says so of one that is not begun', async () => {
    const { cache } = openCache();
    const old = 'x'.repeat(300_000);
    await store(cache, '/a', old);
    const entry = await one(cache, '/a');
    const body = entry.body();
    assert.ok(body);
    await store(cache, '/a', 'y'.repeat(300_000));
    assert.equal((await bytesOf(body)).toString(), old);
    assert.equal(entry.body(), undefined);
    assert.deepEqual(
      (await found(cache, '/a')).map((text) => text[0]),
      ['y'],
    );
    const other = await one(cache, '/a');
    cache.remove('/a');
    assert.equal(other.body(), undefined);
    assert.deepEqual(files(), []);
  });

  it('finds what is kept while the disk is being asked', async () => {
    const first = openCache();
    await store(first.cache, '/a', 'old');
    await first.caches.close();
    const { cache } = openCache();
    assert.deepEqual(await found(cache, '/none'), []);
    for (let round = 0; round < 20; round++) {
      const writer = cache.write('/a', storedHead(), undefined);
      await writer?.write(Buffer.from(`${round}`));
      const other = openCache();
      const [before, isKept, again] = await Promise.all([
        found(cache, '/a'),
        writer?.commit(),
        found(other.cache, '/a'),
      ]);
      assert.deepEqual([before.length, isKept, again.length], [1, true, 1]);
      assert.deepEqual(await found(cache, '/a'), [`${round}`]);
      await other.caches.close();
    }
  });

  it('reads what all wait for once', async () => {
    const first = openCache();
    await store(first.cache, '/a', 'a');
    await first.caches.close();
    const { cache } = openCache();
    assert.equal(cache.find('/a'), cache.find('/a'));
  });

  it('keeps nothing that is not whole or too large, and leaves no file of it', async () => {
    const { cache, caches } = openCache({ maxEntrySize: 600_000 });
    const short = cache.write('/a', storedHead(), 4);
    await short?.write(Buffer.from('ab'));
    assert.equal(await short?.commit(), false);
    assert.equal(cache.write('/a', storedHead(), 600_001), undefined);
    const long = cache.write('/a', storedHead(), undefined);
    assert.ok(await long?.write(Buffer.alloc(500_000)));
    assert.equal(await long?.write(Buffer.alloc(500_000)), false);
    assert.equal(await long?.commit(), false);
    const aborted = cache.write('/a', storedHead(), undefined);
    const writing = aborted?.write(Buffer.alloc(500_000));
    aborted?.abort();
    assert.equal(await writing, false);
    assert.deepEqual(await found(cache, '/a'), []);
    await caches.close();
    assert.deepEqual(files(), []);
  });

  it('gives an answer another head, in place or, where it does not fit, in another file', async () => {
    const { cache, caches } = openCache();
    await store(cache, '/a', 'one');
    for (const [freshUntil, reason] of [
      [10, 'OK'],
      [11, 'OK'],
      [12, 'x'.repeat(2000)],
      [13, 'OK'],
    ] as const) {
      const entry = await one(cache, '/a');
      await cache.update('/a', entry, storedHead({ freshUntil, reason }));
      assert.deepEqual((await one(cache, '/a')).head.freshUntil, freshUntil);
      assert.deepEqual((await one(openCache().cache, '/a')).head.freshUntil, freshUntil);
    }
    assert.deepEqual(await found(cache, '/a'), ['one']);
    await caches.close();
    assert.equal(files().length, 1);
  });

  it('never gives wrong bytes, whichever byte of a file is damaged', async () => {
    const first = openCache();
    await store(first.cache, '/key', 'body');
    await first.cache.update('/key', await one(first.cache, '/key'), storedHead({ freshUntil: 99 }));
    await first.caches.close();
    const [file = ''] = files();
    const whole = readFileSync(file);
    let misses = 0;
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ 0x41;
      writeFileSync(file, damaged);
      const { cache, caches, counts } = openCache();
      const [entry] = await cache.find('/key');
      if (entry) {
        assert.equal(await bodyText(entry), 'body', `byte ${at}`);
        const { headers, ...facts } = entry.head;
        assert.ok(facts.freshUntil === 99 || facts.freshUntil === 3);
        assert.deepEqual(
          [{ ...facts, freshUntil: 3 }, ...headers],
          [(({ headers: _, ...rest }) => rest)(storedHead()), ...storedHead().headers],
        );
      } else {
        misses++;
        assert.equal(counts().discarded, 1);
        await caches.close();
        assert.deepEqual(files(), []);
      }
      await caches.close();
    }
    assert.ok(misses > 50);
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(file, whole.subarray(0, length));
      const { cache, caches } = openCache();
      assert.deepEqual(await found(cache, '/key'), []);
      await caches.close();
    }
    assert.match(log[0] ?? '', /^removed ".*" from the cache "pages": /);
  });

  it('cuts an answer where its large body is damaged', async () => {
    const { cache, counts } = openCache();
    await store(cache, '/a', 'x'.repeat(300_000));
    const [file = ''] = files();
    const bytes = readFileSync(file);
    bytes[200_000] = 0;
    writeFileSync(file, bytes);
    await assert.rejects(bodyText(await one(cache, '/a')), /its body is damaged/);
    assert.equal(counts().discarded, 1);
    assert.deepEqual(await found(cache, '/a'), []);
  });

  it('does not give the answer of another key, whatever the file is called', async () => {
    const first = openCache();
    await store(first.cache, '/a', 'of a');
    await store(first.cache, '/b', 'of b');
    await first.caches.close();
    const [one = '', other = ''] = files();
    writeFileSync(one, readFileSync(other));
    const { cache } = openCache();
    const texts = [...(await found(cache, '/a')), ...(await found(cache, '/b'))];
    assert.equal(texts.length, 1);
    assert.match(log.join(), /its key is another one/);
  });

  it('removes what was used least of late where it is too large or too many', async () => {
    let now = Date.now();
    const { cache, counts } = openCache({ maxEntries: 3 }, { now: () => now });
    await store(cache, '/start', '');
    cache.remove('/start');
    for (const key of ['/a', '/b', '/c']) {
      now += 10;
      await store(cache, key, key);
    }
    now += 1000;
    await cache.find('/a');
    await store(cache, '/d', '/d');
    await until(() => counts().entries === 3, 'one is removed');
    assert.deepEqual([await found(cache, '/a'), await found(cache, '/b')], [['/a'], []]);
    assert.equal(counts().evicted, 1);
    assert.equal(files().length, 3);
  });

  it('stays below its size on the disk, also after a restart with a smaller one', async () => {
    const size = (maxSize: number) => ({ disk: { folder: folder.file('cache'), levels: [], maxSize, minFree: 0 } });
    const { cache, caches, counts } = openCache(size(100_000));
    for (let each = 0; each < 30; each++) await store(cache, `/${each}`, 'x'.repeat(10_000));
    await until(() => counts().bytes <= 100_000, 'it is small');
    assert.ok(counts().entries > 5);
    const bytes = files().reduce((sum, file) => sum + statSync(file).size, 0);
    assert.equal(bytes, counts().bytes);
    await caches.close();
    const smaller = openCache(size(30_000));
    await until(() => files().length === 2, 'it is smaller');
    await until(() => smaller.counts().bytes <= 30_000, 'it is counted');
  });

  it('removes first what was used least before a restart', async () => {
    const first = openCache();
    for (const key of ['/a', '/b', '/c', '/d']) await store(first.cache, key, key);
    await first.caches.close();
    for (const file of files()) utimesSync(file, 1e9, readFileSync(file).includes('/c') ? 2e9 : 1e9);
    const { cache, counts } = openCache({ maxEntries: 1, inactiveMs: 1e12 });
    await until(() => counts().entries === 1, 'three are removed');
    assert.deepEqual(await found(cache, '/c'), ['/c']);
  });

  it('removes nothing that another thread has used of late', async () => {
    let now = Date.now() + 100_000;
    const [one, other] = [
      openCache({ inactiveMs: 200_000 }, { now: () => now }),
      openCache({ inactiveMs: 200_000 }, { now: () => now }),
    ];
    await store(one.cache, '/a', 'a');
    await store(one.cache, '/b', 'b');
    const third = openCache({ inactiveMs: 200_000 }, { now: () => now });
    assert.deepEqual(await found(third.cache, '/a'), ['a']);
    now += 190_000;
    await found(one.cache, '/a');
    await until(() => files().some((file) => statSync(file).mtimeMs > now - 1000), 'its use is marked');
    now += 50_000;
    const later = openCache({ inactiveMs: 200_000 }, { now: () => now });
    await until(() => later.counts().entries === 2, 'both are known');
    assert.deepEqual(await found(other.cache, '/none'), []);
    await third.caches.close();
  });

  it('removes what nobody asked for', async (context) => {
    context.mock.timers.enable({ apis: ['setInterval'] });
    let now = Date.now() + 1000;
    const { cache, counts } = openCache({ inactiveMs: 10_000 }, { now: () => now });
    await store(cache, '/a', 'a');
    await store(cache, '/b', 'b');
    await until(() => Array.isArray(cache.find('/none')), 'all files are known');
    now += 9_000;
    await cache.find('/b');
    now += 5_000;
    context.mock.timers.tick(10_000);
    await until(() => counts().entries === 1, 'one is removed');
    assert.deepEqual([await found(cache, '/a'), await found(cache, '/b')], [[], ['b']]);
  });

  it('removes what is purged, also what is only on the disk', async () => {
    const keys = ['/a', '/a/b', '/c', '/d'];
    for (const [what, left] of [
      [{ kind: 'key', value: '/a' }, ['/a/b', '/c', '/d']],
      [{ kind: 'prefix', value: '/a' }, ['/c', '/d']],
      [{ kind: 'tag', value: 'tag /c' }, ['/a', '/a/b', '/d']],
      [{ kind: 'all' }, []],
    ] as const) {
      const first = openCache();
      for (const key of keys) await store(first.cache, key, key, { tags: [`tag ${key}`] });
      await first.caches.close();
      const { cache, caches } = openCache();
      await found(cache, '/a');
      assert.equal(await cache.purge(what), 4 - left.length);
      assert.deepEqual((await Promise.all(keys.map((key) => found(cache, key)))).flat(), left);
      await store(cache, '/a', 'new');
      assert.deepEqual(await found(cache, '/a'), ['new']);
      await caches.close();
      assert.equal(files().length, new Set([...left, '/a']).size);
    }
  });

  it('removes what is purged, also what was kept before a restart while the clock was ahead', async () => {
    for (const what of [
      { kind: 'key', value: '/a' },
      { kind: 'prefix', value: '/' },
      { kind: 'tag', value: 't' },
      { kind: 'all' },
    ] as const) {
      for (const isInMemory of [false, true]) {
        const first = openCache({}, { now: () => Date.now() + 3_600_000 });
        await store(first.cache, '/a', 'old', { tags: ['t'] });
        await first.caches.close();
        const { cache, caches, counts } = openCache();
        await until(() => counts().entries === 1, 'it is known');
        if (isInMemory) assert.deepEqual(await found(cache, '/a'), ['old']);
        assert.equal(await cache.purge(what), 1, what.kind);
        assert.deepEqual(await found(cache, '/a'), []);
        await caches.close();
        assert.deepEqual(files(), []);
      }
    }
  });

  it('gives nothing that was purged while all files are still looked into', async () => {
    const first = openCache();
    for (let each = 0; each < 50; each++) await store(first.cache, `/${each}`, 'x');
    await first.caches.close();
    const { cache } = openCache();
    const writer = cache.write('/50', storedHead(), undefined);
    const purging = cache.purge({ kind: 'prefix', value: '/' });
    assert.deepEqual(await found(cache, '/49'), []);
    assert.equal(await writer?.commit(), false);
    await purging;
    assert.deepEqual(files(), []);
  });

  it('looks into its files once for all purges that wait, and does not hold up others meanwhile', async () => {
    const keys = Array.from({ length: 2000 }, (_, each) => `/${each}`);
    const first = openCache({ maxEntries: 10_000 });
    for (const key of keys) await store(first.cache, key, 'x');
    await first.caches.close();
    const swept: number[] = [];
    const tell = (news: readonly CacheNews[]): void => {
      for (const { event } of news) if (event.kind === 'swept') swept.push(turns);
    };
    let turns = 0;
    const { cache, counts } = openCache({ maxEntries: 10_000 }, { frontCount: 2, tell });
    await until(() => counts().entries === keys.length, 'all are known');
    const turn = (): void => {
      turns++;
      if (swept.length < 6) setImmediate(turn);
    };
    turn();
    const purges = ['/nothing', '/1', '/22', '/3', '/1', '/nothing'];
    const removed = await Promise.all(purges.map((value) => cache.purge({ kind: 'prefix', value })));
    const meant = (prefix: string): number => keys.filter((key) => key.startsWith(prefix)).length;
    assert.deepEqual(removed, [0, meant('/1'), meant('/22'), meant('/3'), 0, 0]);
    assert.equal(counts().entries, keys.length - meant('/1') - meant('/22') - meant('/3'));
    await until(() => swept.length === 6, 'all are told of');
    assert.ok(turns > 5, `${turns} turns`);
    assert.ok(new Set(swept).size <= 2, `swept after ${swept.join()} turns`);
  });

  it('removes what dead processes have left half written, and nothing that is not its own', async () => {
    const { caches } = openCache();
    await caches.close();
    await folder.write('cache/tmp-999999999-0-0123abcd-1', 'half');
    await folder.write('cache/tmp-1-0-0123abcd-1', 'of another process');
    await folder.write('cache/README', 'kept');
    openCache();
    await until(() => files().length === 2, 'one is removed');
    assert.deepEqual(
      files()
        .map((file) => file.replace(/.*\//, ''))
        .sort(),
      ['README', 'tmp-1-0-0123abcd-1'],
    );
  });

  it('closes every file that it opens', async () => {
    const before = readdirSync('/proc/self/fd').length;
    const { cache, caches } = openCache({ maxEntries: 20 });
    for (let each = 0; each < 50; each++) await store(cache, `/${each}`, 'x'.repeat(each * 10_000));
    for (let each = 0; each < 50; each++) {
      for (const entry of await cache.find(`/${each}`)) {
        const body = entry.body();
        if (!body || body instanceof Uint8Array) continue;
        const iterator = body[Symbol.asyncIterator]();
        if (each % 2) await iterator.next();
        await iterator.return?.();
      }
    }
    for (let each = 0; each < 10; each++)
      cache.write(`/${each}`, storedHead(), undefined)?.write(Buffer.alloc(300_000));
    await caches.close();
    assert.equal(readdirSync('/proc/self/fd').length, before);
    assert.deepEqual(
      files().filter((file) => file.includes('tmp-')),
      [],
    );
  });

  it('says so where its folder cannot be made', () => {
    writeFileSync(folder.file('cache'), '');
    assert.throws(() => openCache(), /Cannot use the folder ".*cache" for a cache: 17: File exists/);
  });

  it('knows 10,000 files soon, and does not hold up others meanwhile', async () => {
    const first = openCache({ maxEntries: 100_000 });
    for (let each = 0; each < 10_000; each++) await store(first.cache, `/${each}`, 'x');
    await first.caches.close();
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    turn();
    const { cache, counts } = openCache({ maxEntries: 100_000 });
    assert.deepEqual(await found(cache, '/5000'), ['x'], 'it is found before all are known');
    assert.ok(counts().entries < 10_000);
    await until(() => counts().entries === 10_000, 'all are known');
    isOver = true;
    assert.ok(turns > 10);
  });
});

interface OpenCache {
  readonly caches: Caches;
  readonly cache: CacheStore;
  counts(): CacheCounts;
}
