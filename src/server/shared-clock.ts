import { performance } from 'node:perf_hooks';
import { turnNow } from '../upstream/turn-clock.ts';

/** A monotonic clock in milliseconds that reads the same in all threads of this process, which `performance.now` does not. */
export function sharedNow(): () => number {
  const offset = sharedOffset();
  return () => performance.now() + offset;
}

/** The same, read once in a turn of the event loop. */
export function sharedTurnNow(): () => number {
  const offset = sharedOffset();
  return () => turnNow() + offset;
}

function sharedOffset(): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now();
}
