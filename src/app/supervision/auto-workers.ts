const MiB = 1024 * 1024;

/** The part of the memory left that workers may take: requests need some as well. */
const usablePart = 0.8;
/** What a forked worker has for itself of the memory of the process it was forked from: it shares the rest until it writes to it. */
const ownPart = 0.5;

/** What an app's memory is known to be once it is loaded. */
export interface LoadedMemory {
  /** The cgroup's limit; undefined where it sets none. */
  readonly limitBytes: number | undefined;
  /** What is used of that now. */
  readonly usedBytes: number | undefined;
  /** Memory in RAM of the process that has loaded the app. */
  readonly zygoteRssBytes: number | undefined;
  /** Whether workers are forked from that process; else each imports the app. */
  readonly forked: boolean;
}

export interface AutoWorkers {
  readonly workers: number;
  /** Why there are fewer than wanted, for the log. */
  readonly reason: string | undefined;
}

/** One worker for each whole CPU that the machine has and the cgroup's quota allows; at least one. */
export function workersByCpu(availableCpus: number, quotaCpus: number | undefined): number {
  return Math.max(Math.floor(Math.min(availableCpus, quotaCpus ?? Number.POSITIVE_INFINITY)), 1);
}

/**
 * As many workers as wanted, or as the memory suffices for; at least one. Only a limit counts: what the machine has free says
 * little, it gives up its caches.
 */
export function workersByMemory(wanted: number, memory: LoadedMemory): AutoWorkers {
  const { limitBytes, usedBytes = 0, zygoteRssBytes = 0, forked } = memory;
  if (limitBytes === undefined || zygoteRssBytes === 0) return { workers: wanted, reason: undefined };
  const leftBytes = Math.max(limitBytes - usedBytes, 0);
  const eachBytes = zygoteRssBytes * (forked ? ownPart : 1);
  const workers = Math.max(Math.floor((leftBytes * usablePart) / eachBytes), 1);
  if (workers >= wanted) return { workers: wanted, reason: undefined };
  const count = workers === 1 ? '1 worker' : `${workers} workers`;
  const reason = `${count} instead of ${wanted}: the cgroup leaves ${inMiB(leftBytes)}, and each worker may need ${inMiB(eachBytes)}`;
  return { workers, reason };
}

function inMiB(bytes: number): string {
  return `${Math.round(bytes / MiB)} MiB`;
}
