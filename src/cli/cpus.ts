import { availableParallelism } from 'node:os';
import { workersByCpu } from '../app/supervision/auto-workers.ts';
import { readCgroupLimits } from '../app/supervision/cgroup.ts';

const mostFrontThreads = 32;

/** How many CPUs this process may use. Node knows of the quota of cgroup version 2 only. */
export function currentCpus(): number {
  return workersByCpu(availableParallelism(), readCgroupLimits().cpus);
}

/** How many front threads there are: one keeps about three workers busy. */
export function frontThreadsOf(frontThreads: number | 'auto', cpus: number): number {
  const count = frontThreads === 'auto' ? Math.floor(cpus / 4) : frontThreads;
  return Math.min(Math.max(count, 1), mostFrontThreads);
}
