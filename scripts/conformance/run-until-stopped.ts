/** Runs a suite to its exit code, which becomes that of this process. A signal aborts it; an Error is told in one line. */
export async function runUntilStopped(suite: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort());
  try {
    process.exitCode = await suite(stopping.signal);
  } catch (error) {
    const problem = error instanceof Error ? error.message : error;
    console.error(stopping.signal.aborted ? 'Stopped before the end.' : problem);
    process.exitCode = 1;
  }
}
