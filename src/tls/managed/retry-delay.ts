const firstDelayMs = 60_000;
const longestDelayMs = 6 * 3_600_000; // Caddy 6 h

/** How long to wait after that many failures in a row, in milliseconds: twice as long each time, and less by chance. */
export function retryDelayMs(failures: number, random: number): number {
  const delayMs = Math.min(firstDelayMs * 2 ** (failures - 1), longestDelayMs);
  return Math.round(delayMs * (1 - random / 4));
}
