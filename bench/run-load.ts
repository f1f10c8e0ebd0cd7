import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchCase, EchoLoad, HandshakeLoad, MixedLoad, RequestLoad } from './cases.ts';
import { h2load, parseH2load } from './h2load.ts';

/** What the load generator saw in one run. */
export interface LoadResult {
  /** Requests or messages that were answered, or handshakes that were done. */
  readonly answers: number;
  readonly durationUs: number;
  /** Of a mixed load: of the short requests, from when each was due. Not known of HTTP/2. */
  readonly p50Us?: number;
  readonly p99Us?: number;
  /** Answers with a status of 400 or more, or below where that is asked for; echoes that are not what was sent. */
  readonly badAnswers: number;
  /** Connections that failed to open, read, write or answer in time. */
  readonly socketErrors: number;
  /** Of a mixed load: of the long requests. */
  readonly longP99Us?: number;
  /** Of a mixed load: requests of the busiest worker, as a multiple of those of the least busy. */
  readonly imbalance?: number;
}

/** A load whose every request, message or handshake is answered. */
export type AnsweredLoad = RequestLoad | EchoLoad | MixedLoad | HandshakeLoad;

const wrkConnections = 64;
const wrkScript = fileURLToPath(new URL('./browser.lua', import.meta.url));
const echoProgram = fileURLToPath(new URL('./load/echo.ts', import.meta.url));
const mixedProgram = fileURLToPath(new URL('./load/mixed.ts', import.meta.url));
const handshakesProgram = fileURLToPath(new URL('./load/handshakes.ts', import.meta.url));
const run = promisify(execFile);

/** Reads what a load generator prints at the end of a run. Throws when the line is not there or not complete. */
export function parseLoadResult(output: string): LoadResult {
  const line = /^RESULT (\{.*\})$/m.exec(output)?.[1];
  if (line === undefined)
    throw new Error(`Cannot read the output of the load: it has no RESULT line: ${output.trim()}`);
  const fields: Partial<LoadResult> = JSON.parse(line);
  const number = (name: keyof LoadResult): number => {
    const value = fields[name];
    if (typeof value !== 'number')
      throw new Error(`Cannot read the output of the load: no number "${name}" in ${line}`);
    return value;
  };
  return {
    answers: number('answers'),
    durationUs: number('durationUs'),
    p50Us: number('p50Us'),
    p99Us: number('p99Us'),
    badAnswers: number('badAnswers'),
    socketErrors: number('socketErrors'),
    ...(fields.longP99Us === undefined ? {} : { longP99Us: number('longP99Us') }),
    ...(fields.imbalance === undefined ? {} : { imbalance: number('imbalance') }),
  };
}

/** Sends the load from CPU 1 for so many whole seconds. Throws when its generator cannot run or cannot connect. */
export async function runLoad(
  { load, workers }: BenchCase & { readonly load: AnsweredLoad },
  port: number,
  seconds: number,
  signal: AbortSignal,
): Promise<LoadResult> {
  const command = commandOf(load, workers, port, seconds);
  const { stdout } = await run('taskset', ['-c', '1', ...command], { signal });
  return isHttp2(load) ? parseH2load(stdout) : parseLoadResult(stdout);
}

function commandOf(load: AnsweredLoad, workers: number, port: number, seconds: number): readonly string[] {
  if (load.kind === 'requests') return isHttp2(load) ? h2load(load, port, seconds) : wrk(load, port, seconds);
  if (load.kind === 'handshakes') {
    return [process.execPath, handshakesProgram, ...[port, load.connections, seconds].map(String)];
  }
  if (load.kind === 'echo') return echo(load, port, seconds);
  const { connections, requestsPerSecond } = load;
  return [process.execPath, mixedProgram, ...[port, connections, requestsPerSecond, workers, seconds].map(String)];
}

function isHttp2(load: AnsweredLoad): boolean {
  return load.kind === 'requests' && load.protocol === 'h2';
}

function wrk(
  { tls, method, path, requestSize, status }: RequestLoad,
  port: number,
  seconds: number,
): readonly string[] {
  const options = ['-t', '1', '-c', String(wrkConnections), '-d', String(seconds), '-s', wrkScript];
  return [
    'wrk',
    ...options,
    `${tls ? 'https' : 'http'}://127.0.0.1:${port}${path}`,
    '--',
    method,
    ...[requestSize, status].map(String),
  ];
}

function echo({ connections, messageSize }: EchoLoad, port: number, seconds: number): readonly string[] {
  return [process.execPath, echoProgram, ...[port, connections, messageSize, seconds].map(String)];
}
