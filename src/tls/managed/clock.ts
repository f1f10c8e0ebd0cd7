import { setTimeout as delay } from 'node:timers/promises';
import { longestTimerMs } from '../../core/limits.ts';

/** Time, and chance. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Rejects when the signal is aborted, with its reason. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 to 1. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  wait: async (ms, signal) => {
    try {
      await delay(Math.min(Math.max(0, ms), longestTimerMs), undefined, { signal });
    } catch {
      throw signal.reason;
    }
  },
  random: Math.random,
};

/** The field `Retry-After` (RFC 9110 §10.2.3) in milliseconds from now; undefined where it says nothing that counts. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
