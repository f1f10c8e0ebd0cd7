import type { PaceReport } from '../../test/support/floods/flood-report.ts';
import { type FloodCase, type FloodResult, wrongEnd } from '../../test/support/floods/run-flood.ts';

/** How many times the calm 99th percentile an honest client may wait. */
const mostSlowdown = 5;
/** Memory may grow by so much while a flood lasts, in bytes: buffers of its connections, and what is not collected yet. */
const mostGrowth = 96 * 1024 * 1024;
/** Where 8 connections have 128 answers each under way that they do not take: as much as each keeps ready, 256 KiB. */
const mostHeld = 256 * 1024 * 1024;

export interface FloodRow {
  readonly line: string;
  readonly problems: readonly string[];
  /** Whether all is well but for how fast answers came. */
  readonly isOnlySlow: boolean;
}

export const tableHead: string = `${'flood'.padEnd(44)}${'over'.padEnd(11)}${'calm p99'.padStart(9)}${'p50'.padStart(8)}${'p99'.padStart(8)}${'×calm'.padStart(7)}${'failed'.padStart(8)}${'MB'.padStart(10)}  ended`;

/** One line of the table, and what is not as it must be. */
export function floodRow(each: FloodCase, result: FloodResult, calm: PaceReport): FloodRow {
  const { honest, flood, memory } = result;
  const [from, to] = memory;
  const slowdown = honest.p99 / calm.p99;
  const wrong = wrongEnd(each, flood);
  const problems = [
    ...(slowdown < mostSlowdown ? [] : [`p99 is ${slowdown.toFixed(1)} times the calm one`]),
    ...(honest.failed === 0 ? [] : [`${honest.failed} honest requests failed`]),
    ...(to - from < (each.end === 'harmless' ? mostHeld : mostGrowth)
      ? []
      : [`memory grew by ${megabytes(to - from)} MB`]),
    ...(wrong === undefined ? [] : [wrong]),
  ];
  const goaways = Object.entries(flood.goaways).map(([code, count]) => `, ${count} GOAWAY ${code}`);
  const ended = `${flood.closed} of ${flood.connections}${goaways.join('')}`;
  const line = `${each.name.padEnd(44)}${each.over.padEnd(11)}${calm.p99.toFixed(1).padStart(9)}${honest.p50.toFixed(1).padStart(8)}${honest.p99.toFixed(1).padStart(8)}${slowdown.toFixed(1).padStart(7)}${String(honest.failed).padStart(8)}${`${megabytes(from)}→${megabytes(to)}`.padStart(10)}  ${ended}`;
  const isOnlySlow = problems.length === 1 && slowdown >= mostSlowdown;
  return { line, problems, isOnlySlow };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
