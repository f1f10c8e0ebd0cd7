import type { AppCounters } from '../counters.ts';
import type { AppOptions } from '../options.ts';
import type { AppStatus, WorkerStatus } from '../status.ts';
import type { Version } from './version.ts';
import type { Worker } from './worker.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface StatusSource {
  readonly app: AppOptions;
  readonly counters: AppCounters;
  readonly pool: WorkerPool;
  /** The version that serves; undefined where none does. */
  readonly current: Version | undefined;
  readonly lastReload: AppStatus['lastReload'];
  readonly now: number;
}

/** What `galley status` tells of an app. */
export function statusOf({ app, counters, pool, current, lastReload, now }: StatusSource): AppStatus {
  const workers = pool.workers.all();
  const { sampling, totals } = pool;
  const { oldest } = counters;
  const sum = (of: (worker: Worker) => number): number => workers.reduce((total, worker) => total + of(worker), 0);
  return {
    name: app.name,
    interface: current?.loaded?.interface ?? null,
    version: current?.number ?? 0,
    lastReload,
    scale: { min: sampling.range.min, max: sampling.range.max, wanted: sampling.wanted },
    requests: totals.requests,
    inFlight: sum(({ inFlight }) => inFlight),
    latencyMs: totals.latency.percentiles(),
    queue: {
      depth: counters.queueDepth + counters.againDepth,
      limit: app.queue.maxRequests,
      timeoutMs: app.queue.maxWaitMs,
      oldestMs: oldest === undefined ? 0 : Math.round(now - oldest),
      waitMs: sampling.waits,
      refusedFull: counters.refusedFull,
      refusedTimeout: counters.refusedTimeout,
    },
    workers: workers.flatMap((worker) => workerStatus(worker, now) ?? []),
    exits: pool.exits.latest,
  };
}

function workerStatus(worker: Worker, now: number): WorkerStatus | undefined {
  const { state, retire } = worker;
  if (state.name === 'exited') return undefined;
  return {
    id: worker.id,
    pid: worker.pid ?? null,
    state: state.name,
    reason: state.name === 'draining' ? state.reason : (retire ?? null),
    leader: worker.isLeader,
    version: worker.version.number,
    requests: worker.requests,
    inFlight: worker.inFlight,
    latencyMs: worker.latency.percentiles(),
    rssBytes: worker.usage?.rssBytes ?? null,
    cpuShare: worker.cpuShare ?? null,
    uptimeMs: Math.round(now - worker.startedAt),
  };
}
