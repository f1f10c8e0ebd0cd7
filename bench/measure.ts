import { once } from 'node:events';
import { createServer } from 'node:net';
import type { BenchCase } from './cases.ts';
import { probe } from './probe.ts';
import { cpuTimeUs, memoryBytes } from './process-tree.ts';
import { ServerProcess } from './server-process.ts';
import { appsFolder, type BenchServer } from './servers.ts';
import { runWrk } from './wrk.ts';

/** What one measured run of one server came to. */
export interface Measurement {
  /** CPU time of the whole process tree per completed request, in microseconds. */
  readonly cpuUs: number;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Memory of the whole process tree after the run, shared pages divided, in bytes. */
  readonly memoryBytes: number;
  readonly errorStatuses: number;
  readonly socketErrors: number;
}

const warmUpSeconds = 2;

/**
 * Starts the server on a free port, warms it up, measures one run of `seconds`, and ends it. Throws when it does not
 * start, ends during the run or completes no request; `signal` ends all of it early.
 */
export async function measure(
  server: BenchServer,
  benchCase: BenchCase,
  python: string,
  seconds: number,
  signal: AbortSignal,
): Promise<Measurement> {
  const port = await freePort();
  const running = new ServerProcess(server.command({ benchCase, port, python }), appsFolder);
  try {
    await running.untilReady(() => probe(benchCase, port), signal);
    await runWrk(benchCase, port, warmUpSeconds, signal);
    const before = cpuTimeUs(running.tree());
    const load = await runWrk(benchCase, port, seconds, signal);
    const after = running.tree();
    if (!running.isAlive()) throw running.failure('ended during the run');
    if (load.requests === 0) throw running.failure('completed no request');
    return {
      cpuUs: (cpuTimeUs(after) - before) / load.requests,
      requestsPerSecond: load.requests / (load.durationUs / 1e6),
      p50Us: load.p50Us,
      p99Us: load.p99Us,
      memoryBytes: memoryBytes(after),
      errorStatuses: load.errorStatuses,
      socketErrors: load.socketErrors,
    };
  } finally {
    await running.stop();
  }
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  await once(listener, 'close');
  if (address === null || typeof address === 'string') throw new Error('Cannot find a free port: no TCP address');
  return address.port;
}
