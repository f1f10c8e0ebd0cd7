import { readdirSync, readFileSync } from 'node:fs';

/** What one line of `/proc/PID/stat` says, as far as the benchmark needs it. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** It has exited and its parent has not asked for its status yet; its CPU time still stands here. */
  readonly ended: boolean;
  /** CPU time of the process and of its children that have exited and been waited for, in clock ticks. */
  readonly cpuTicks: number;
}

/** The kernel reports times to user space in hundredths of a second on every platform that Node runs on (proc(5), USER_HZ). */
const tickUs = 10_000;

/** Reads one `/proc/PID/stat` (proc_pid_stat(5)). Throws on any other text. */
export function parseProcessStat(text: string): ProcessStat {
  // The name may hold spaces and parentheses, so the fields after it are found from the last one.
  const nameEnd = text.lastIndexOf(')');
  const fields = text.slice(nameEnd + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  const numbers = {
    pid: Number.parseInt(text, 10),
    parent: field(4),
    session: field(6),
    cpuTicks: field(14) + field(15) + field(16) + field(17),
  };
  if (nameEnd < 0 || !Object.values(numbers).every(Number.isSafeInteger)) {
    throw new Error(`Cannot read process statistics ${JSON.stringify(text)}: not in the form of /proc/PID/stat`);
  }
  return { ...numbers, ended: fields[0] === 'Z' };
}

/** The root, what is in its session and all their descendants: a child whose parent died is still in the session. */
export function selectTree(root: number, processes: readonly ProcessStat[]): readonly ProcessStat[] {
  const members = new Set(processes.filter(({ pid, session }) => pid === root || session === root));
  const pids = new Set([...members].map(({ pid }) => pid));
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const candidate of processes) {
      if (!pids.has(candidate.parent)) continue;
      members.add(candidate);
      pids.add(candidate.pid);
    }
  }
  return [...members];
}

/** The tree that `root` leads (it must lead its session); empty when all are gone. */
export function readTree(root: number): readonly ProcessStat[] {
  const texts = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readIfAlive(`/proc/${pid}/stat`));
  return selectTree(
    root,
    texts.filter((text) => text !== undefined).map((text) => parseProcessStat(text)),
  );
}

/**
 * CPU time that the tree has used so far, in microseconds. A child that exited stands in its parent's numbers and no
 * longer in the tree, so nothing is counted twice.
 */
export function cpuTimeUs(tree: readonly ProcessStat[]): number {
  return tree.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0) * tickUs;
}

/** Memory of the tree in bytes, pages that processes share divided among them (PSS, proc_pid_smaps(5)). */
export function memoryBytes(tree: readonly ProcessStat[]): number {
  return tree.reduce((sum, { pid }) => {
    const kilobytes = /^Pss: +(\d+) kB$/m.exec(readIfAlive(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
    return sum + Number(kilobytes ?? 0) * 1024;
  }, 0);
}

function readIfAlive(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
