/** What JSON can hold in place of infinity. */
const most = 1e9;

/** Requests of the busiest of so many workers, as a multiple of those of the least busy; 1e9 where one had none. */
export function imbalanceOf(requestsByWorker: readonly number[], workers: number): number {
  if (requestsByWorker.length < workers) return most;
  return Math.max(...requestsByWorker) / Math.min(...requestsByWorker);
}
