import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import type { TlsFinding } from './tls-results.ts';

/** What a testssl that could not do its work exits with, at least; below that it is a count. */
const failedExit = 242;

/** Runs testssl, with these options beside, against a port of 127.0.0.1. Its findings of MEDIUM or above stay at `report`. */
export async function runTestssl(
  port: number,
  report: string,
  options: readonly string[] = [],
  signal?: AbortSignal,
): Promise<TlsFinding[]> {
  // It writes over nothing.
  rmSync(report, { force: true });
  const args = ['--quiet', '--color', '0', '--warnings', 'off', '--severity', 'MEDIUM', '--jsonfile', report];
  const run = spawn('testssl', [...args, ...options, `127.0.0.1:${port}`], { stdio: 'ignore', signal });
  const [code] = await once(run, 'close');
  if (code === null || code >= failedExit) throw new Error(`testssl failed with code ${code}; see ${report}`);
  return JSON.parse(readFileSync(report, 'utf8'));
}
