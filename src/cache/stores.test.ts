import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppFolder } from '../../test/support/app-folder.ts';
import { cachePlan, cacheSurroundings, found, store, storedHead } from '../../test/support/cache-stage.ts';
import { until } from '../../test/support/until.ts';
import type { CachePlan } from '../plan/cache-plan.ts';
import type { CachePurgeRequest, CacheStore } from './cache-store.ts';
import { Caches } from './caches.ts';

const keys = ['/a', '/a/b', '/c', '/d'];

type Action =
  | {
      readonly kind: 'store';
      readonly key: string;
      readonly variant: string;
      readonly size: number;
      readonly tag: string;
    }
  | { readonly kind: 'update' | 'find' | 'remove'; readonly key: string }
  | { readonly kind: 'purge'; readonly what: CachePurgeRequest }
  | { readonly kind: 'restart' };

const key = fc.constantFrom(...keys);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('store'),
      key,
      variant: fc.constantFrom('x', 'y'),
      size: fc.constantFrom(0, 10, 900, 70_000),
      tag: fc.constantFrom('t', 'u'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('update', 'find', 'remove'), key }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('purge'),
      what: fc.oneof(
        fc.record({ kind: fc.constant('key'), value: key }),
        fc.record({ kind: fc.constant('prefix'), value: fc.constantFrom('/', '/a') }),
        fc.record({ kind: fc.constant('tag'), value: fc.constantFrom('t', 'u') }),
        fc.constant({ kind: 'all' } as const),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' } as const) },
) as fc.Arbitrary<Action>;

const actions = fc.array(action, { maxLength: 30 });

/** What may be kept, by key and variant; that it is not is no fault, since there is not room for all. */
class Model {
  readonly #kept: Map<string, { readonly key: string; readonly tag: string; readonly body: string }> = new Map();

  store(key: string, variant: string, tag: string, body: string): void {
    this.#kept.set(`${key} ${variant}`, { key, tag, body });
  }

  removeIf(isMeant: (kept: { readonly key: string; readonly tag: string }) => boolean): void {
    for (const [name, kept] of this.#kept) if (isMeant(kept)) this.#kept.delete(name);
  }

  bodies(key: string): readonly string[] {
    return [...this.#kept.values()].filter((kept) => kept.key === key).map(({ body }) => body);
  }
}

function isMeant(what: CachePurgeRequest): (kept: { readonly key: string; readonly tag: string }) => boolean {
  return ({ key, tag }) => {
    if (what.kind === 'all') return true;
    if (what.kind === 'tag') return tag === what.value;
    return what.kind === 'key' ? key === what.value : key.startsWith(what.value);
  };
}

/** `isRoomy`: there is room for all. */
async function check(plan: CachePlan, actions: readonly Action[], isRoomy: boolean): Promise<void> {
  const model = new Model();
  let [caches, cache] = open(plan);
  let serial = 0;
  for (const each of actions) {
    switch (each.kind) {
      case 'store': {
        const body = `${serial++}`.padEnd(each.size, '.');
        const isKept = await store(cache, each.key, body, { vary: [['v', each.variant]], tags: [each.tag] });
        if (isKept) model.store(each.key, each.variant, each.tag, body);
        break;
      }
      case 'update': {
        const [entry] = await cache.find(each.key);
        if (!entry) break;
        await cache.update(each.key, entry, { ...entry.head, freshUntil: serial++ });
        assert.ok((await cache.find(each.key)).some(({ head }) => head.freshUntil === serial - 1));
        break;
      }
      case 'remove':
        cache.remove(each.key);
        model.removeIf(({ key }) => key === each.key);
        break;
      case 'purge':
        await cache.purge(each.what);
        model.removeIf(isMeant(each.what));
        break;
      case 'restart':
        await caches.close();
        [caches, cache] = open(plan);
        if (!plan.disk) model.removeIf(() => true);
        break;
      case 'find':
        break;
    }
    for (const key of keys) {
      const bodies = isRoomy ? await found(cache, key) : await found(cache, key).catch(() => []);
      const known = model.bodies(key);
      if (isRoomy) assert.deepEqual([...bodies].sort(), [...known].sort());
      assert.ok(
        bodies.every((body) => known.includes(body)),
        `${key} has what was stored`,
      );
      assert.equal(new Set(bodies).size, bodies.length);
    }
    await until(() => (caches.counts[0]?.entries ?? 0) <= plan.maxEntries, 'there are few');
    const most = plan.disk ? plan.disk.maxSize : plan.memorySize;
    await until(() => (caches.counts[0]?.bytes ?? 0) <= (most ?? 0), 'it is small');
  }
  await caches.close();
}

function open(plan: CachePlan): [Caches, CacheStore] {
  const caches = new Caches(cacheSurroundings());
  const cache = caches.open([plan]).get('pages') as CacheStore;
  caches.keep();
  return [caches, cache];
}

describe('A store finds what was kept, and nothing else', () => {
  for (const isRoomy of [true, false]) {
    const room = isRoomy ? 'where there is room for all' : 'and keeps to its bounds';
    const maxEntries = isRoomy ? 100 : 5;

    it(`in memory, ${room}`, async () => {
      const memorySize = isRoomy ? 10_000_000 : 100_000;
      const plan = cachePlan({ memorySize, maxEntrySize: 80_000, maxEntries });
      const property = fc.asyncProperty(actions, (some) => check(plan, some, isRoomy));
      await fc.assert(property, { numRuns: 100 });
    });

    it(`on the disk, ${room}`, async () => {
      const property = fc.asyncProperty(actions, async (some) => {
        await using folder = await AppFolder.with({});
        const maxSize = isRoomy ? 10_000_000 : 200_000;
        const disk = { folder: folder.file('cache'), levels: [2], maxSize, minFree: 0 };
        await check(cachePlan({ disk, memorySize: isRoomy ? 5000 : 100_000, maxEntries }), some, isRoomy);
      });
      await fc.assert(property, { numRuns: 60 });
    });
  }

  it('the newest first', async () => {
    await using folder = await AppFolder.with({});
    const disk = { folder: folder.file('cache'), levels: [], maxSize: undefined, minFree: 0 };
    for (const plan of [cachePlan(), cachePlan({ disk })]) {
      const [caches, cache] = open(plan);
      for (const v of ['x', 'y']) await store(cache, '/a', v, { vary: [['v', v]] });
      assert.deepEqual(await found(cache, '/a'), ['y', 'x']);
      assert.equal(cache.write('/a', storedHead(), 2 ** 40), undefined);
      await caches.close();
    }
  });

  it('and nothing that was asked for before it was purged', async () => {
    await using folder = await AppFolder.with({});
    const disk = { folder: folder.file('cache'), levels: [], maxSize: undefined, minFree: 0 };
    for (const plan of [cachePlan(), cachePlan({ disk })]) {
      const [caches, cache] = open(plan);
      for (const what of [
        { kind: 'key', value: '/a' },
        { kind: 'prefix', value: '/' },
        { kind: 'tag', value: 't' },
        { kind: 'all' },
      ] as const) {
        const begunAt = cache.begin();
        await cache.purge(what);
        const head = storedHead({ tags: ['t'] });
        assert.equal(cache.write('/a', head, undefined, begunAt), undefined, what.kind);
        const writer = cache.write('/a', head, undefined, cache.begin());
        assert.equal(await writer?.commit(), true, what.kind);
      }
      await caches.close();
    }
  });
});
