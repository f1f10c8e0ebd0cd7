import { readdirSync, readFileSync } from 'node:fs';

/** A running process, from /proc. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
}

/** The processes that run with this text in their environment, zombies left out. */
export function processesWith(environment: string): ProcessFacts[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      if (!read(name, 'environ').split('\0').includes(environment)) return [];
      const [state, parent] = read(name, 'stat')
        .replace(/^.*\) /s, '')
        .split(' ');
      return state === undefined || state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent) }];
    });
}

/** Memory that a process has in RAM, in bytes. Throws where it is gone. */
export function residentBytes(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(read(String(pid), 'status')) ?? [];
  if (!kibibytes) throw new Error(`Cannot read the memory of process ${pid}: it is gone`);
  return Number(kibibytes) * 1024;
}

/** Empty where the process is gone, or another user's. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

/** Whether there is a process of that number, be it a zombie. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** How many descriptors a process has open. */
export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Processor time that a process has used, in clock ticks, of which there are 100 in a second. */
export function processorTicks(pid: number): number {
  const fields = read(String(pid), 'stat')
    .replace(/^.*\) /s, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
