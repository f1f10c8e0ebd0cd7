// A front thread that has a cache and does what it is told: what it does is told to the others by who started it.
import { parentPort, workerData } from 'node:worker_threads';
import type { CacheNews } from '../../src/cache/cache-event.ts';
import type { CacheLock, CachePurgeRequest } from '../../src/cache/cache-store.ts';
import { Caches } from '../../src/cache/caches.ts';
import type { CachePlan } from '../../src/plan/cache-plan.ts';
import { cacheSurroundings, found, store } from './cache-stage.ts';

export interface CacheWorkerData {
  readonly plan: CachePlan;
  readonly front: number;
  readonly locks: SharedArrayBuffer;
}

export type ToCacheWorker =
  | { readonly kind: 'news'; readonly news: readonly CacheNews[] }
  | { readonly kind: 'store'; readonly key: string; readonly body: string }
  | { readonly kind: 'find' | 'lock' | 'release' | 'wait'; readonly key: string }
  | { readonly kind: 'purge'; readonly what: CachePurgeRequest }
  | { readonly kind: 'entries' | 'close' };

export type FromCacheWorker =
  | { readonly kind: 'news'; readonly news: readonly CacheNews[] }
  | { readonly kind: 'done'; readonly result: unknown };

if (!parentPort) throw new Error('A cache worker is started as a thread');
const port = parentPort;
const { plan, front, locks } = workerData as CacheWorkerData;
const tell = (message: FromCacheWorker): void => port.postMessage(message);
const caches = new Caches(
  cacheSurroundings({ front, frontCount: 2, locks, tell: (news) => tell({ kind: 'news', news }) }),
);
const cache = caches.open([plan]).get(plan.name);
if (!cache) throw new Error('It has not opened');
caches.keep();
const held = new Map<string, CacheLock>();

port.on('message', async (message: ToCacheWorker) => {
  if (message.kind === 'news') {
    for (const news of message.news) caches.heard(news);
    return;
  }
  tell({ kind: 'done', result: await doAsTold(message) });
  if (message.kind === 'close') port.close();
});

async function doAsTold(message: Exclude<ToCacheWorker, { kind: 'news' }>): Promise<unknown> {
  if (!cache) return undefined;
  switch (message.kind) {
    case 'store':
      return store(cache, message.key, message.body);
    case 'find':
      return found(cache, message.key);
    case 'purge':
      return cache.purge(message.what);
    case 'lock': {
      const lock = cache.lock(message.key);
      if (lock) held.set(message.key, lock);
      return lock !== undefined;
    }
    case 'release':
      return held.get(message.key)?.release();
    case 'wait':
      return cache.unlocked(message.key, 30_000);
    case 'entries':
      return caches.counts[0]?.entries;
    case 'close':
      return caches.close();
  }
}
