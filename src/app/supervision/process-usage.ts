import { readFileSync } from 'node:fs';

/** What a process takes of the machine. */
export interface ProcessUsage {
  /** Memory in RAM, in bytes. */
  readonly rssBytes: number;
  /** CPU time of all its threads since it began, in user and kernel mode. */
  readonly cpuSeconds: number;
  /** When this was read, in milliseconds. */
  readonly atMs: number;
}

interface Units {
  readonly pageSize: number;
  readonly ticksPerSecond: number;
}

/** Keys of the auxiliary vector: getauxval(3). */
const pageSizeKey = 6n;
const clockTickKey = 17n;

let units: Units | undefined;

/** The usage of a process, from /proc; undefined where it is gone, a zombie or not to be seen. `now` in milliseconds. */
export function readProcessUsage(pid: number, now: number): ProcessUsage | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  units ??= readUnits();
  // proc_pid_stat(5) counts from 1, and the third field is the first behind the name, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  const [state = ''] = fields;
  if (/[ZXx]/.test(state)) return undefined;
  return {
    rssBytes: field(24) * units.pageSize,
    cpuSeconds: (field(14) + field(15)) / units.ticksPerSecond,
    atMs: now,
  };
}

/** How many CPUs the process kept busy from one reading to the next; exact to one clock tick, 10 ms. */
export function cpuShare(earlier: ProcessUsage, later: ProcessUsage): number {
  const seconds = (later.atMs - earlier.atMs) / 1000;
  return seconds > 0 ? (later.cpuSeconds - earlier.cpuSeconds) / seconds : 0;
}

/** What the kernel counts in, as it told this process at its start. */
function readUnits(): Units {
  const values = new Map<bigint, number>();
  try {
    const vector = new BigUint64Array(Uint8Array.from(readFileSync('/proc/self/auxv')).buffer);
    for (let index = 0; index + 1 < vector.length; index += 2)
      values.set(vector[index] ?? 0n, Number(vector[index + 1]));
  } catch {
    // A process that may not be traced cannot read it: the values of most machines must do.
  }
  return { pageSize: values.get(pageSizeKey) ?? 4096, ticksPerSecond: values.get(clockTickKey) ?? 100 };
}
