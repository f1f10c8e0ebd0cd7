import type { PythonInterface } from './options.ts';

/** Percentiles of times, in milliseconds; null where there were none lately. */
export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** One worker process, as `galley status` tells. */
export interface WorkerStatus {
  readonly id: number;
  readonly pid: number | null;
  readonly state: 'starting' | 'ready' | 'draining';
  /** Why it drains, or is to be replaced; null where it is to stay. */
  readonly reason: string | null;
  /** Whether it has GALLEY_WORKER_LEADER. */
  readonly leader: boolean;
  /** Which version of the app it runs: 1 for the first, one more for each reload. */
  readonly version: number;
  readonly requests: number;
  readonly inFlight: number;
  /** Of the requests of the last minute, from being sent to the worker to their end. */
  readonly latencyMs: Percentiles;
  readonly rssBytes: number | null;
  /** Of one CPU, 0 to 1, over the last second. */
  readonly cpuShare: number | null;
  readonly uptimeMs: number;
}

/** How a worker ended. */
export interface ExitStatus {
  readonly worker: number;
  readonly pid: number | null;
  /** ISO 8601. */
  readonly at: string;
  readonly code: number | null;
  readonly signal: string | null;
  /** Whether it was killed for want of memory. */
  readonly oom: boolean;
  /** Why it was drained; null where nobody had asked it to end. */
  readonly reason: string | null;
}

/** One app, as `galley status` tells. */
export interface AppStatus {
  /** What the config calls it, or its target, `main:app`. */
  readonly name: string;
  /** Null until it has been loaded. */
  readonly interface: PythonInterface | null;
  readonly version: number;
  /** How the last reload went; null where there was none. */
  readonly lastReload: { readonly at: string; readonly ok: boolean; readonly text: string } | null;
  readonly scale: { readonly min: number; readonly max: number; readonly wanted: number };
  readonly requests: number;
  readonly inFlight: number;
  /** Of the requests of the last minute, from being sent to a worker to their end. */
  readonly latencyMs: Percentiles;
  readonly queue: {
    readonly depth: number;
    readonly limit: number;
    readonly timeoutMs: number;
    /** How long the one that waits longest has waited, in milliseconds. */
    readonly oldestMs: number;
    /** Of the requests of the last minute that had to wait. */
    readonly waitMs: Percentiles;
    readonly refusedFull: number;
    readonly refusedTimeout: number;
  };
  readonly workers: readonly WorkerStatus[];
  /** The latest first, at most 20. */
  readonly exits: readonly ExitStatus[];
}

/** What came of a reload. `text` is one sentence; `traceback` is the app's, where it is why. */
export interface ReloadOutcome {
  readonly ok: boolean;
  readonly text: string;
  readonly traceback?: string;
}
