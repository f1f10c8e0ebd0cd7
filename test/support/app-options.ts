import type { AppOptions } from '../../src/app/options.ts';
import { queueLimits } from '../../src/core/limits.ts';

/** An app of `main.py` in the root folder with one worker, but for what is given. */
export function appOptions(given: Partial<AppOptions> = {}): AppOptions {
  return {
    name: 'main:app',
    target: 'main:app',
    directory: '/',
    python: undefined,
    interface: 'auto',
    factory: false,
    lifespan: 'auto',
    rootPath: '',
    workers: { min: 1, max: 1, isAuto: false },
    threads: 1,
    concurrency: 1_000,
    queue: queueLimits,
    preload: 'auto',
    recycling: { maxRequests: 0, maxRequestsJitter: 0, maxRssBytes: 0, maxLifetimeMs: 0 },
    reloadSurge: 1,
    gracefulTimeoutMs: 5_000,
    reload: false,
    requestTimeoutMs: 0,
    environment: {},
    ...given,
  };
}
