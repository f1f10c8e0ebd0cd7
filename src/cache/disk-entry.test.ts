import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppFolder } from '../../test/support/app-folder.ts';
import { bodyText, cachePlan, cacheSurroundings, store } from '../../test/support/cache-stage.ts';
import type { CacheStore } from './cache-store.ts';
import { Caches } from './caches.ts';
import { type EntryPlace, readEntry, readEntryNow } from './disk-entry.ts';
import { DiskPace } from './disk-pace.ts';
import { BrokenFile } from './entry-file.ts';

describe('A file of the cache', () => {
  it('is read the same in this thread and in another, whatever its size', async () => {
    await using folder = await AppFolder.with({});
    const disk = { folder: folder.path, levels: [], maxSize: undefined, minFree: 0 };
    const place: EntryPlace = {
      pathOf: (file) => folder.file(file),
      gone: () => {},
      changed: () => {},
      broken: () => {},
      failed: assert.fail,
    };
    for (const [key, size] of [
      ['/a', 0],
      ['/b', 10],
      ['/c', 65_536],
      ['/d', 65_537],
      ['/d', 200_000],
      ['/long'.repeat(20_000), 65_536],
      ['/long'.repeat(20_000), 65_537],
    ] as const) {
      const caches = new Caches(cacheSurroundings());
      const cache = caches.open([cachePlan({ disk })]).get('pages') as CacheStore;
      caches.keep();
      await cache.purge({ kind: 'all' });
      const body = 'x'.repeat(size);
      assert.ok(await store(cache, key, body));
      await caches.close();
      const [file = ''] = readdirSync(folder.path);
      const entries = [readEntryNow(file, place), await readEntry(file, place)];
      for (const entry of entries) {
        assert.deepEqual([entry.start.key, entry.length, await bodyText(entry)], [key, size, body]);
        assert.equal(entry.bytes !== undefined, size <= 65_536);
      }
      assert.deepEqual(entries[0]?.start, entries[1]?.start);
      writeFileSync(folder.file(file), 'galleyc1 and no more');
      assert.throws(() => readEntryNow(file, place), BrokenFile);
      await assert.rejects(readEntry(file, place), BrokenFile);
    }
  });
});

describe('DiskPace', () => {
  it('is not quick for a while after something took long', () => {
    const pace = new DiskPace();
    assert.equal(
      pace.run(() => 1),
      1,
    );
    assert.equal(pace.isQuick, true);
    const end = performance.now() + 10;
    pace.run(() => {
      while (performance.now() < end);
    });
    assert.equal(pace.isQuick, false);
  });
});
