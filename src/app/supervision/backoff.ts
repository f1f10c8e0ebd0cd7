const firstDelayMs = 100;
const longestDelayMs = 10_000; // systemd RestartSec 100 ms, kubelet 10 s to 5 min

/** How long a worker that was ready counts as having failed by chance, in milliseconds. */
export const steadyMs = 10_000;

/** How long to wait before a restart, in milliseconds, after that many failures in a row: at once after the first, then twice as long each time. */
export function restartDelayMs(failuresInRow: number): number {
  if (failuresInRow <= 1) return 0;
  return Math.min(firstDelayMs * 2 ** (failuresInRow - 2), longestDelayMs);
}
