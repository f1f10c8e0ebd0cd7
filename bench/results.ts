import type { BenchCase } from './cases.ts';
import type { Measurement } from './measure.ts';

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

/** The median of one number over the rounds; NaN when nothing was measured. */
export function medianOf(result: BenchResult, name: keyof Measurement): number {
  return median(result.rounds.map((round) => round[name]));
}

/** What went wrong, in one line; undefined when every request of every round was answered well. */
export function problemOf(result: BenchResult): string | undefined {
  const sum = (name: keyof Measurement): number => result.rounds.reduce((total, round) => total + round[name], 0);
  const counts = [
    [sum('errorStatuses'), 'answers of status 400 or more'],
    [sum('socketErrors'), 'socket errors'],
  ] as const;
  const problems = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  if (result.failure !== undefined) problems.unshift(result.failure);
  return problems.length === 0 ? undefined : problems.join(', ');
}
