import { isAbsolute, resolve } from 'node:path';
import type { AppOptions, WorkerRange } from '../app/options.ts';
import { asgiConcurrency, queueLimits } from '../core/limits.ts';
import type { AppConfig } from './app-config.ts';

/** What app options depend on beside their config. */
export interface AppOptionsContext {
  /** What relative paths are below. */
  readonly folder: string;
  /** How many CPUs this process may use: as many workers `auto` means. */
  readonly cpus: number;
  /** How long a worker that is replaced may take where the app says nothing, in milliseconds. */
  readonly gracefulTimeoutMs: number;
  /** Variables of every app's environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** How an app of a config is run, with the same defaults as `galley MODULE:ATTR`. */
export function appOptionsOf(name: string, app: AppConfig, context: AppOptionsContext): AppOptions {
  const { folder, cpus } = context;
  const { interpreter } = app;
  return {
    name,
    target: app.python,
    directory: resolve(folder, app.directory ?? '.'),
    python: interpreter?.includes('/') && !isAbsolute(interpreter) ? resolve(folder, interpreter) : interpreter,
    interface: app.interface ?? 'auto',
    factory: app.factory ?? false,
    lifespan: app.lifespan ?? 'auto',
    rootPath: app.rootPath ?? '',
    workers: workersOf(app.workers ?? 'auto', cpus),
    threads: app.threads ?? 4,
    concurrency: app.concurrency ?? asgiConcurrency,
    queue: {
      maxRequests: app.queueSize ?? queueLimits.maxRequests,
      maxWaitMs: app.queueTimeoutMs ?? queueLimits.maxWaitMs,
    },
    preload: app.preload ?? 'auto',
    recycling: {
      maxRequests: app.maxRequests ?? 0,
      maxRequestsJitter: app.maxRequestsJitter ?? 0,
      maxRssBytes: app.maxRssBytes ?? 0,
      maxLifetimeMs: app.maxLifetimeMs ?? 0,
    },
    reloadSurge: 1,
    gracefulTimeoutMs: app.gracefulTimeoutMs ?? context.gracefulTimeoutMs,
    reload: false,
    requestTimeoutMs: app.requestTimeoutMs ?? 60_000,
    environment: { ...context.environment, ...app.environment },
  };
}

function workersOf(workers: NonNullable<AppConfig['workers']>, cpus: number): WorkerRange {
  if (workers === 'auto') return { min: cpus, max: cpus, isAuto: true };
  return typeof workers === 'number' ? { min: workers, max: workers, isAuto: false } : { ...workers, isAuto: false };
}
