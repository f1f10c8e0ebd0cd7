import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { longestTimerMs } from '../../core/limits.ts';

/** Time, and chance. */
export interface Clock {
  /** Milliseconds since 1970, by the clock of the system: it may be set forward and back. */
  now(): number;
  /** Milliseconds since some time, that pass whatever the clock of the system does: pauses are measured by it. */
  steadyMs(): number;
  /** Rejects when the signal is aborted, with its reason. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 to 1. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  steadyMs: () => performance.now(),
  wait: async (ms, signal) => {
    try {
      await delay(Math.min(Math.max(0, ms), longestTimerMs), undefined, { signal });
    } catch {
      throw signal.reason;
    }
  },
  random: Math.random,
};

/** However long somebody wants us to wait. */
const longestRetryMs = 86_400_000;

/** The field `Retry-After` (RFC 9110 §10.2.3) in milliseconds from now, a day at most; undefined where it says nothing that counts. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), longestRetryMs);
}
