import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchCase } from './cases.ts';

/** What the load generator saw in one run. */
export interface LoadResult {
  readonly requests: number;
  readonly durationUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Answers with a status of 400 or more. */
  readonly errorStatuses: number;
  /** Connections that failed to open, read, write or answer in time. */
  readonly socketErrors: number;
}

const connections = 64;
const script = fileURLToPath(new URL('./browser.lua', import.meta.url));
const run = promisify(execFile);

/** Reads what `browser.lua` prints at the end of a run. Throws when the line is not there or not complete. */
export function parseLoadResult(output: string): LoadResult {
  const line = /^RESULT (\{.*\})$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`Cannot read the output of wrk: it has no RESULT line: ${output.trim()}`);
  const fields: Partial<LoadResult> = JSON.parse(line);
  const number = (name: keyof LoadResult): number => {
    const value = fields[name];
    if (typeof value !== 'number') throw new Error(`Cannot read the output of wrk: no number "${name}" in ${line}`);
    return value;
  };
  return {
    requests: number('requests'),
    durationUs: number('durationUs'),
    p50Us: number('p50Us'),
    p99Us: number('p99Us'),
    errorStatuses: number('errorStatuses'),
    socketErrors: number('socketErrors'),
  };
}

/** Sends the case's request from CPU 1 over 64 connections for so many whole seconds. Throws when wrk cannot run. */
export async function runWrk(
  benchCase: BenchCase,
  port: number,
  seconds: number,
  signal: AbortSignal,
): Promise<LoadResult> {
  const load = ['-t', '1', '-c', String(connections), '-d', String(seconds), '-s', script];
  const url = `http://127.0.0.1:${port}${benchCase.path}`;
  const request = ['--', benchCase.method, String(benchCase.requestSize)];
  const { stdout } = await run('taskset', ['-c', '1', 'wrk', ...load, url, ...request], { signal });
  return parseLoadResult(stdout);
}
