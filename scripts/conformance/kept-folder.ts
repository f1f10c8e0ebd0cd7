import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** Runs one command of what fills a folder; throws an Error where it fails. */
export type Run = (command: string, args: readonly string[]) => void;

/**
 * Gives the folder at `path`, filled by `fill` where it is not there yet; one whose filling was cut short does not count.
 * Throws an Error where a command fails, which has then said why.
 */
export function keptFolder(path: string, fill: (unfinished: string, run: Run) => void): string {
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = mkdtempSync(`${path}-`);
  try {
    fill(unfinished, run);
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return path;
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`Cannot fetch the suite: ${error?.message ?? `"${command}" failed, see above`}`);
}
