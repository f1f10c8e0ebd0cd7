import { readFileSync } from 'node:fs';

/** The start of a process that there is not. */
export const noStart = '0';

/** When a process began, in ticks since the system did (proc_pid_stat(5)): with its number it names one process. */
export function processStart(pid: number): string {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return noStart;
  }
  const [state, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? noStart : (rest[18] ?? noStart);
}
