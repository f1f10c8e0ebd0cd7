import type { RecyclingLimits } from '../options.ts';

/** Why a worker is to be replaced. */
export type RecycleReason = 'max-requests' | 'max-rss' | 'max-lifetime';

/** What one worker may have beyond the limits, so that those of one start do not all end together. */
export interface RecyclingMargin {
  readonly extraRequests: number;
  readonly extraLifetimeMs: number;
}

/** A ready worker as recycling sees it. */
export interface WorkerAge extends RecyclingMargin {
  /** Requests it has ended. */
  readonly requests: number;
  /** Memory in RAM, in bytes; undefined where that is not known. */
  readonly rssBytes: number | undefined;
  /** In milliseconds, of the clock that `now` is of. */
  readonly readyAt: number;
}

/** The part of its lifetime that a worker may live longer. */
const lifetimeJitter = 0.1;

/**
 * How long a worker lives at least whatever memory it takes, in milliseconds: where every new one is above the limit at once they would
 * be replaced without end.
 */
const leastAgeMs = 10_000;

/** The margin of a new worker; `random` is from 0 up to 1. */
export function drawMargin(limits: RecyclingLimits, random: () => number): RecyclingMargin {
  const draw = random();
  return {
    extraRequests: Math.floor(draw * (limits.maxRequestsJitter + 1)),
    extraLifetimeMs: draw * lifetimeJitter * limits.maxLifetimeMs,
  };
}

/** The limit that a worker has reached, if any; a limit of 0 is never reached. */
export function recycleReason(worker: WorkerAge, limits: RecyclingLimits, now: number): RecycleReason | undefined {
  const { maxRequests, maxRssBytes, maxLifetimeMs } = limits;
  if (maxRequests > 0 && worker.requests >= maxRequests + worker.extraRequests) return 'max-requests';
  const ageMs = now - worker.readyAt;
  if (maxRssBytes > 0 && ageMs >= leastAgeMs && (worker.rssBytes ?? 0) >= maxRssBytes) return 'max-rss';
  if (maxLifetimeMs > 0 && ageMs >= maxLifetimeMs + worker.extraLifetimeMs) return 'max-lifetime';
  return undefined;
}
