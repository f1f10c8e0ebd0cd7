import type { BenchCase } from './cases.ts';

/** What one measured run of one server came to; what its kind of load does not tell is absent. */
export interface Measurement {
  /**
   * CPU time of the whole process tree in microseconds: per answered request or message; of open connections per
   * connection and second.
   */
  readonly cpuUs: number;
  /** Memory of the whole process tree after the run, shared pages divided, in bytes. */
  readonly memoryBytes: number;
  /** Answers with a status of 400 or more, or below where that is asked for, echoes that are not what was sent, events that did not come. */
  readonly badAnswers: number;
  readonly socketErrors: number;
  readonly answersPerSecond?: number;
  readonly p50Us?: number;
  readonly p99Us?: number;
  /** Of a mixed load, whose other percentiles are of the short requests. */
  readonly longP99Us?: number;
  /** Of a mixed load: requests of the busiest worker, as a multiple of those of the least busy. */
  readonly imbalance?: number;
  /** What an open connection adds to the memory of the process tree, in bytes. */
  readonly connectionBytes?: number;
  /** The part of it that the server's first process takes: the front of Galley, without its workers. */
  readonly mainConnectionBytes?: number;
}

/** All rounds of one server in one case. */
export interface BenchResult {
  readonly case: BenchCase['name'];
  readonly server: string;
  readonly version: string;
  readonly rounds: readonly Measurement[];
  /** Why it was not measured to the end, in one or more lines. */
  readonly failure: string | undefined;
}

/** The middle value; of an even count the mean of the middle two; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return (at(Math.floor((sorted.length - 1) / 2)) + at(Math.floor(sorted.length / 2))) / 2;
}

/** The median of one number over the rounds; NaN where it was not measured. */
export function medianOf(result: BenchResult, name: keyof Measurement): number {
  return median(result.rounds.map((round) => round[name] ?? Number.NaN));
}

/** What went wrong, in one line; undefined when every round went well. */
export function problemOf(result: BenchResult): string | undefined {
  const sum = (name: 'badAnswers' | 'socketErrors'): number =>
    result.rounds.reduce((total, round) => total + round[name], 0);
  const counts = [
    [sum('badAnswers'), 'bad or missing answers'],
    [sum('socketErrors'), 'socket errors'],
  ] as const;
  const problems = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  if (result.failure !== undefined) problems.unshift(result.failure);
  return problems.length === 0 ? undefined : problems.join(', ');
}
