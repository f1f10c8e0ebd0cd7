import { performance } from 'node:perf_hooks';

let now = 0;
let isKnown = false;

/**
 * The monotonic clock in milliseconds, read once in a turn of the event loop, as nginx does: many requests share a turn, and each asks
 * for the time ten times.
 */
export function turnNow(): number {
  if (isKnown) return now;
  isKnown = true;
  setImmediate(forget);
  now = performance.now();
  return now;
}

function forget(): void {
  isKnown = false;
}
