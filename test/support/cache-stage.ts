import type { CacheEntry, CacheStore, StoredHead } from '../../src/cache/cache-store.ts';
import type { CacheSurroundings } from '../../src/cache/caches.ts';
import { FetchLocks } from '../../src/cache/fetch-locks.ts';
import type { Body } from '../../src/core/body.ts';
import { HeaderList } from '../../src/core/headers.ts';
import type { Log } from '../../src/observe/log.ts';
import type { CachePlan } from '../../src/plan/cache-plan.ts';

/** A head with little in it. */
export function storedHead(given: Partial<StoredHead> = {}): StoredHead {
  return {
    status: 200,
    reason: 'OK',
    headers: HeaderList.of([['content-type', 'text/plain']]),
    requestedAt: 1,
    respondedAt: 2,
    freshUntil: 3,
    staleWhileRevalidateUntil: 3,
    staleIfErrorUntil: 3,
    mustRevalidate: 'no',
    vary: [],
    tags: [],
    ...given,
  };
}

/** A cache of 1 MiB in memory. */
export function cachePlan(given: Partial<CachePlan> = {}): CachePlan {
  return {
    name: 'pages',
    disk: undefined,
    memorySize: 1024 * 1024,
    maxEntrySize: 1024 * 1024,
    maxEntries: 1000,
    inactiveMs: 600_000,
    ...given,
  };
}

/** What caches are given, where there is one front thread; `log` gets every message. */
export function cacheSurroundings(given: Partial<CacheSurroundings> = {}, log: string[] = []): CacheSurroundings {
  const write = (message: string): void => {
    log.push(message);
  };
  const logger: Log = { error: write, warn: write, info: write, debug: write };
  return { front: 0, frontCount: 1, locks: FetchLocks.memory(), log: logger, now: Date.now, tell: () => {}, ...given };
}

/** Keeps an answer; false where it was given up. */
export async function store(
  cache: CacheStore,
  key: string,
  body: string | Uint8Array,
  given: Partial<StoredHead> = {},
): Promise<boolean> {
  const writer = cache.write(key, storedHead(given), undefined);
  if (!writer) return false;
  await writer.write(typeof body === 'string' ? Buffer.from(body, 'latin1') : body);
  return writer.commit();
}

/** The bodies that are found for a key, the newest first, as latin-1. */
export async function found(cache: CacheStore, key: string): Promise<readonly string[]> {
  const entries = await cache.find(key);
  return Promise.all(entries.map((entry) => bodyText(entry)));
}

/** What an entry has from `from` to `to`, as latin-1; rejects where it is gone. */
export async function bodyText(entry: CacheEntry, from?: number, to?: number): Promise<string> {
  const body = entry.body(from, to);
  if (!body) throw new Error('The entry is gone');
  return (await bytesOf(body)).toString('latin1');
}

export async function bytesOf(body: Body): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}
