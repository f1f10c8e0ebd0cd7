import type { QueueLimits } from '../core/limits.ts';

/** Which calling convention a Python app has. */
export type PythonInterface = 'asgi3' | 'asgi2' | 'wsgi';

/** One Python app and how it is run. */
export interface AppOptions {
  /** What a config calls it; its target where there is no config. */
  readonly name: string;
  /** `module:attribute`, the attribute with dots for members; `app` or `application` is looked for where it is left out. */
  readonly target: string;
  /** Absolute path of the folder that comes first on `sys.path` and is the workers' working folder. */
  readonly directory: string;
  /** The interpreter: a path or a command name; undefined means find it (see python.ts). */
  readonly python: string | undefined;
  readonly interface: 'auto' | PythonInterface;
  /** The attribute is called without arguments and returns the app. */
  readonly factory: boolean;
  readonly lifespan: 'auto' | 'on' | 'off';
  /** Where the app is mounted: '' or '/x' without a trailing slash. */
  readonly rootPath: string;
  readonly workers: WorkerRange;
  /** Threads of one WSGI worker; at least one. */
  readonly threads: number;
  /** Requests that one ASGI worker may have under way; at least one. */
  readonly concurrency: number;
  readonly queue: QueueLimits;
  /** Whether workers are forked with the app imported: where that is safe, always, or never. */
  readonly preload: 'auto' | 'always' | 'never';
  readonly recycling: RecyclingLimits;
  /** How many workers more than wanted there may be while some are replaced; at least one. */
  readonly reloadSurge: number;
  /** How long a worker that is replaced may take to finish its requests, in milliseconds. */
  readonly gracefulTimeoutMs: number;
  /** Whether this is development: the workers restart when a Python file below `directory` changes. */
  readonly reload: boolean;
  /** How long an app may take to begin its answer, in milliseconds; 0 means no limit. */
  readonly requestTimeoutMs: number;
  /** Added to the environment of the workers (from `--env-file`). */
  readonly environment: Readonly<Record<string, string>>;
}

/** Workers of one app at most. */
export const mostWorkers = 512;

/** How many worker processes there are; from one to {@link mostWorkers}. */
export interface WorkerRange {
  readonly min: number;
  readonly max: number;
  /** Nobody has chosen: there are as many as CPUs, if the memory suffices. */
  readonly isAuto: boolean;
}

/** When a worker is replaced by a new one; 0 for never. */
export interface RecyclingLimits {
  readonly maxRequests: number;
  /** Each worker has up to so many requests more, so that they do not all end at once. */
  readonly maxRequestsJitter: number;
  /** Memory in RAM, in bytes. */
  readonly maxRssBytes: number;
  readonly maxLifetimeMs: number;
}
