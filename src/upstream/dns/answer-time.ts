import { longestTimerMs } from '../../core/limits.ts';

/** An answer holds at least so long, in milliseconds, whatever its time to live. */
const shortestMs = 1_000; // Envoy 1 s
/** … and at most. */
const longestMs = 3_600_000;
/** What the system says holds so long: it tells no time to live. */
export const systemAnswerMs = 10_000; // HAProxy hold valid 10 s

/** How long an answer holds, in milliseconds. `ttl`: the shortest of its records, in seconds. `validMs`: what the config says in place of it. */
export function holdMs(ttl: number, validMs: number | undefined): number {
  if (validMs !== undefined) return Math.min(Math.max(validMs, shortestMs), longestTimerMs);
  return Math.min(Math.max(ttl * 1_000, shortestMs), longestMs);
}

const longestRetryMs = 30_000; // nginx 30 s

/** How long to wait before a name is asked for again, in milliseconds, after that many failures in a row. */
export function retryMs(failuresInRow: number): number {
  return Math.min(shortestMs * 2 ** (failuresInRow - 1), longestRetryMs);
}
