/** A monotonic clock in milliseconds that reads the same in all threads of this process, which `performance.now` does not. */
export function sharedNow(): () => number {
  const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  return () => performance.now() + offset;
}
