import { type BenchCase, hasSite } from './cases.ts';
import { freePort } from './free-port.ts';
import { measureOpen } from './measure-open.ts';
import { NginxSite } from './nginx/site.ts';
import type { BenchOptions } from './options.ts';
import { probe } from './probe.ts';
import { cpuTimeUs, memoryBytes } from './process-tree.ts';
import type { Measurement } from './results.ts';
import { type AnsweredLoad, runLoad } from './run-load.ts';
import { ServerProcess } from './server-process.ts';
import { appsFolder, type BenchServer } from './servers.ts';
import { BenchUpstream } from './upstream.ts';

/**
 * Starts the server on a free port, measures one run of `seconds` with the case's load, or of the least that this load needs,
 * and ends it. Throws when it does not start, ends during the run or answers nothing; `signal` ends all of it early.
 */
export async function measure(
  server: BenchServer,
  benchCase: BenchCase,
  { python, frontThreads, seconds = benchCase.seconds }: BenchOptions,
  signal: AbortSignal,
): Promise<Measurement> {
  const { load } = benchCase;
  const behind = benchCase.upstream;
  await using upstream = behind === undefined ? undefined : await BenchUpstream.start(behind, benchCase, signal);
  const port = await freePort();
  const ports = { port, upstream: upstream?.port };
  using site = hasSite(benchCase) ? new NginxSite(benchCase.app, ports, frontThreads) : undefined;
  const folder = site?.folder ?? appsFolder;
  const running = new ServerProcess(server.command({ benchCase, port, python, frontThreads, folder }), folder);
  try {
    await running.untilReady(() => probe(benchCase, port), signal);
    return load.kind === 'open'
      ? await measureOpen(running, load, port, seconds, signal)
      : await measureAnswers(running, { ...benchCase, load }, port, seconds, signal);
  } finally {
    await running.stop();
  }
}

async function measureAnswers(
  server: ServerProcess,
  benchCase: BenchCase & { readonly load: AnsweredLoad },
  port: number,
  seconds: number,
  signal: AbortSignal,
): Promise<Measurement> {
  await runLoad(benchCase, port, benchCase.warmUpSeconds, signal);
  const before = cpuTimeUs(server.tree());
  const { load } = benchCase;
  const runSeconds = load.kind === 'mixed' ? Math.max(seconds, load.leastSeconds) : seconds;
  const { answers, durationUs, ...result } = await runLoad(benchCase, port, runSeconds, signal);
  const after = server.tree();
  if (!server.isAlive()) throw server.failure('ended during the run');
  if (answers === 0) throw server.failure('answered nothing');
  return {
    cpuUs: (cpuTimeUs(after) - before) / answers,
    answersPerSecond: answers / (durationUs / 1e6),
    memoryBytes: memoryBytes(after),
    ...result,
  };
}
