import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { AppFolder } from '../../test/support/app-folder.ts';
import { cachePlan, cacheSurroundings, found, store } from '../../test/support/cache-stage.ts';
import type { CacheWorkerData, FromCacheWorker, ToCacheWorker } from '../../test/support/cache-worker.ts';
import { until } from '../../test/support/until.ts';
import type { CachePlan } from '../plan/cache-plan.ts';
import type { CacheStore } from './cache-store.ts';
import { Caches } from './caches.ts';
import { FetchLocks } from './fetch-locks.ts';

const support = (name: string): string => fileURLToPath(new URL(`../../test/support/${name}`, import.meta.url));

/** Front threads of one Galley, which tell each other what they do. */
class Threads implements AsyncDisposable {
  readonly #workers: readonly Worker[];
  readonly #answers: ((result: unknown) => void)[][];
  /** What the others are told is held back while this is set. */
  heldBack: (() => void)[] | undefined;

  constructor(plan: CachePlan) {
    const locks = FetchLocks.memory();
    this.#answers = [[], []];
    this.#workers = [0, 1].map((front) => {
      const workerData: CacheWorkerData = { plan, front, locks };
      const worker = new Worker(support('cache-worker.ts'), { workerData });
      worker.on('message', (message: FromCacheWorker) => {
        if (message.kind === 'done') this.#answers[front]?.shift()?.(message.result);
        else this.#pass(1 - front, message);
      });
      return worker;
    });
  }

  ask(front: number, message: ToCacheWorker): Promise<unknown> {
    return new Promise((resolve) => {
      this.#answers[front]?.push(resolve);
      this.#workers[front]?.postMessage(message);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exits = this.#workers.map((worker) => once(worker, 'exit'));
    for (const worker of this.#workers) worker.postMessage({ kind: 'close' } satisfies ToCacheWorker);
    await Promise.all(exits);
  }

  #pass(front: number, message: ToCacheWorker): void {
    const pass = (): void => this.#workers[front]?.postMessage(message);
    if (this.heldBack) this.heldBack.push(pass);
    else pass();
  }
}

describe('a folder of a cache that several have', () => {
  let folder: AppFolder;
  let plan: CachePlan;
  const log: string[] = [];

  beforeEach(async () => {
    folder = await AppFolder.with({});
    log.length = 0;
    plan = planIn(folder.file('cache'));
  });

  afterEach(async () => {
    await folder[Symbol.asyncDispose]();
  });

  function planIn(path: string): CachePlan {
    return cachePlan({ disk: { folder: path, levels: [1], maxSize: undefined, minFree: 0 } });
  }

  it('is one cache to all front threads', async () => {
    await using threads = new Threads(plan);
    const find = (front: number) => (key: string) => threads.ask(front, { kind: 'find', key });
    assert.equal(await threads.ask(0, { kind: 'store', key: '/a', body: 'one' }), true);
    await until(async () => (await threads.ask(1, { kind: 'entries' })) === 1, 'the other has heard');
    assert.deepEqual(await find(1)('/a'), ['one']);
    await threads.ask(1, { kind: 'store', key: '/a', body: 'two' });
    await until(async () => String(await find(0)('/a')) === 'two', 'the first has heard');
    await threads.ask(0, { kind: 'purge', what: { kind: 'all' } });
    await until(async () => (await threads.ask(1, { kind: 'entries' })) === 0, 'the other has heard of the purge');
    assert.deepEqual(await find(1)('/a'), []);
  });

  it('has nothing that was purged, also where a thread hears late of what another has kept', async () => {
    await using threads = new Threads(plan);
    for (const what of [
      { kind: 'key', value: '/a' },
      { kind: 'prefix', value: '/' },
    ] as const) {
      threads.heldBack = [];
      await threads.ask(1, { kind: 'store', key: '/a', body: 'old' });
      await threads.ask(0, { kind: 'purge', what });
      const { heldBack } = threads;
      await until(() => heldBack.length >= 2, 'both have told');
      threads.heldBack = undefined;
      for (const pass of heldBack) pass();
      for (const front of [0, 1]) {
        await until(async () => (await threads.ask(front, { kind: 'entries' })) === 0, `thread ${front} has none`);
        assert.deepEqual(await threads.ask(front, { kind: 'find', key: '/a' }), []);
      }
    }
  });

  it('lets one of all threads fetch', async () => {
    await using threads = new Threads(plan);
    const ask = (front: number, kind: 'lock' | 'release' | 'wait'): Promise<unknown> => {
      return threads.ask(front, { kind, key: '/a' });
    };
    assert.deepEqual([await ask(0, 'lock'), await ask(1, 'lock')], [true, false]);
    const waiting = ask(1, 'wait');
    await ask(0, 'release');
    assert.equal(await waiting, true);
    assert.equal(await ask(1, 'lock'), true);
  });

  it('has nothing but whole answers after a process was killed', async () => {
    for (let round = 0; round < 3; round++) {
      const child: ChildProcess = spawn(process.execPath, [support('endless-cache-writer.ts'), folder.file('cache')], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      assert.ok(child.stdout);
      await once(child.stdout, 'data');
      await until(() => readdirSync(folder.file('cache')).some((name) => name.startsWith('tmp-')), 'it writes');
      child.kill('SIGKILL');
      await once(child, 'exit');
      const caches = new Caches(cacheSurroundings({}, log));
      const cache = caches.open([plan]).get('pages') as CacheStore;
      caches.keep();
      for (const key of ['a', 'b', 'c', 'd', 'short']) {
        const [text = ''] = await found(cache, key);
        const unit = key === 'short' ? text.slice(0, 1) : text.slice(0, 2);
        assert.ok(text === unit.repeat(key === 'short' ? 100 : 150_000) && text !== '', `${key} is whole`);
      }
      await until(() => !readdirSync(folder.file('cache')).some((name) => name.startsWith('tmp-')), 'it is tidy');
      await caches.close();
      assert.deepEqual(log, []);
    }
  });

  it('may be full: what does not fit is not kept, and that is logged once', async (context) => {
    const path = folder.file('small');
    mkdirSync(path);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', path], { encoding: 'utf8' });
    if (mounted.status !== 0) {
      context.skip('a small file system cannot be mounted here');
      return;
    }
    const caches = new Caches(cacheSurroundings({}, log));
    try {
      const cache = caches.open([planIn(path)]).get('pages') as CacheStore;
      caches.keep();
      const isKept: boolean[] = [];
      for (let each = 0; each < 20; each++) isKept.push(await store(cache, `/${each}`, 'x'.repeat(50_000)));
      assert.ok(isKept.includes(true) && isKept.includes(false), String(isKept));
      for (const [each, isThere] of isKept.entries()) {
        assert.equal((await found(cache, `/${each}`)).length, isThere ? 1 : 0);
      }
      assert.equal(await store(cache, '/large', 'x'.repeat(1_000_000)), false);
      assert.equal(log.length, 1);
      assert.match(
        log[0] ?? '',
        /cannot use the files of the cache "pages": 28: No space left on device; answers are given/,
      );
      await cache.purge({ kind: 'all' });
      await until(
        () =>
          readdirSync(path, { recursive: true, withFileTypes: true }).every(
            (entry) => !entry.isFile() || entry.name === 'galley.lock',
          ),
        'empty',
      );
      assert.ok(await store(cache, '/a', 'x'));
    } finally {
      await caches.close();
      spawnSync('umount', [path]);
    }
  });

  it('leaves room for others on its file system', async (context) => {
    const path = folder.file('small');
    mkdirSync(path);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path]).status !== 0) {
      context.skip('a small file system cannot be mounted here');
      return;
    }
    let now = Date.now() + 1000;
    const caches = new Caches(cacheSurroundings({ now: () => now }, log));
    try {
      const disk = { folder: path, levels: [], maxSize: undefined, minFree: 700_000 };
      const cache = caches.open([cachePlan({ disk })]).get('pages') as CacheStore;
      caches.keep();
      await until(async () => {
        now += 2000;
        await store(cache, `/${now}`, 'x'.repeat(50_000));
        return (caches.counts[0]?.evicted ?? 0) > 3;
      }, 'some were removed');
      assert.ok((caches.counts[0]?.bytes ?? 0) < 500_000);
    } finally {
      await caches.close();
      spawnSync('umount', [path]);
    }
  });
});
