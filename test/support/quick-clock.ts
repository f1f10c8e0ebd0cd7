import { type Clock, systemClock } from '../../src/tls/managed/clock.ts';

/** Time that passes so many times quicker than it does. */
export function quickClock(factor: number): Clock {
  const start = Date.now();
  const steadyStart = performance.now();
  return {
    now: () => start + (Date.now() - start) * factor,
    steadyMs: () => (performance.now() - steadyStart) * factor,
    wait: (ms, signal) => systemClock.wait(ms / factor, signal),
    random: Math.random,
  };
}
