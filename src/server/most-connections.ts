import { readFileSync } from 'node:fs';
import { maxConnections } from '../core/limits.ts';

/** What is kept free of the files that a process may have open, for the links to workers, their sockets, and files that are sent. */
const leastReserve = 64;

/**
 * Client connections of one front thread at most, where this process may have so many files open and so many front threads. `asked`:
 * what a config says of one thread, as nginx's `worker_connections` is of one worker.
 */
export function mostConnections(openFiles: number, frontThreads: number, asked: number = maxConnections): number {
  if (openFiles === Number.POSITIVE_INFINITY) return Math.min(maxConnections, asked);
  const reserve = Math.max(leastReserve, Math.ceil(openFiles / 10));
  return Math.max(Math.min(maxConnections, asked, Math.floor((openFiles - reserve) / frontThreads)), 1);
}

/** How many files this process may have open, RLIMIT_NOFILE: getrlimit(2). Infinite where it is not known. Node raises it as far as it may. */
export function openFilesLimit(): number {
  try {
    return softLimit(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return Number.POSITIVE_INFINITY; // elsewhere than on Linux
  }
}

/** The soft limit of open files in the text of /proc/self/limits: proc_pid_limits(5). */
export function softLimit(limits: string): number {
  const [, soft] = /^Max open files +(\d+) /m.exec(limits) ?? [];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}
