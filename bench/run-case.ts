import type { BenchCase } from './cases.ts';
import { measure } from './measure.ts';
import type { BenchOptions } from './options.ts';
import type { BenchResult, Measurement } from './results.ts';
import type { BenchServer } from './servers.ts';

/**
 * Measures every server that has the case's interface once a round, in turn, so that noise of the machine meets all
 * alike. A server that fails is left out of the later rounds; the others go on. Throws only when `signal` ends the run.
 */
export async function runCase(
  benchCase: BenchCase,
  servers: readonly BenchServer[],
  versions: ReadonlyMap<string, string>,
  options: BenchOptions,
  signal: AbortSignal,
): Promise<readonly BenchResult[]> {
  const { rounds } = options;
  const able = servers.filter(({ interfaces }) => interfaces.includes(benchCase.interface));
  const entries = able.map((server) => ({
    server,
    measured: [] as Measurement[],
    failure: undefined as string | undefined,
  }));
  for (let round = 1; round <= rounds; round++) {
    for (const entry of entries.filter(({ failure }) => failure === undefined)) {
      const label = `${benchCase.name} round ${round}/${rounds} ${entry.server.name}`;
      try {
        const measurement = await measure(entry.server, benchCase, options, signal);
        entry.measured.push(measurement);
        console.error(`${label}: ${measurement.cpuUs.toFixed(1)} µs`);
      } catch (error) {
        signal.throwIfAborted();
        entry.failure = error instanceof Error ? error.message : String(error);
        console.error(`${label}: ${entry.failure.split('\n', 1)}`);
      }
    }
  }
  return entries.map(({ server, measured, failure }) => ({
    case: benchCase.name,
    server: server.name,
    version: versions.get(server.package) ?? '',
    rounds: measured,
    failure,
  }));
}
