import { ocspLimits } from '../../core/limits.ts';
import type { OcspAnswer } from './ocsp-answer.ts';

/** How long to wait until the CA is asked again: about half of the time that is left, so that servers do not ask together. */
export function refreshMs({ until }: OcspAnswer, now: number, random: number): number {
  const { minRefreshMs, maxRefreshMs } = ocspLimits;
  if (until === undefined) return maxRefreshMs / 24;
  return Math.max(minRefreshMs, Math.min((until - now) * (0.4 + 0.2 * random), maxRefreshMs * (0.9 + 0.1 * random)));
}

/** How long to wait after so many failures in a row. */
export function retryMs(failures: number, random: number): number {
  const { retryMs: first, maxRetryMs } = ocspLimits;
  return Math.min(first * 2 ** (failures - 1), maxRetryMs) * (0.75 + 0.5 * random);
}
