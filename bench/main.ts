import { writeFileSync } from 'node:fs';
import { type BenchCase, hasSite } from './cases.ts';
import { readMachine } from './machine.ts';
import { type BenchOptions, parseOptions, usage } from './options.ts';
import { judge } from './promises.ts';
import { caseTable, promiseLines } from './report.ts';
import { type BenchResult, problemOf } from './results.ts';
import { runCase } from './run-case.ts';

/** Prints a table per case and the promises. Returns the exit code: 1 when a selected server could not be measured well. */
async function runBenchmark(options: BenchOptions, signal: AbortSignal): Promise<number> {
  const { cases, servers, rounds, seconds } = options;
  const { processor, versions, missing } = readMachine(options.python);
  console.log([processor, ...[...versions].map(([name, version]) => `${name} ${version}`)].join(' · '));
  for (const name of missing) console.log(`!! missing: ${name}`);
  const length = seconds === undefined ? '' : ` of ${seconds} s`;
  console.log(`medians of ${rounds} rounds${length}; the server on CPU 0, the load on CPU 1\n`);

  const results: BenchResult[] = [];
  for (const benchCase of cases) {
    const lacking = needs(benchCase).find((name) => !versions.has(name));
    if (lacking !== undefined) {
      console.log(`!! ${benchCase.name} is left out: ${lacking} is missing\n`);
      continue;
    }
    const installed = servers.filter((server) => versions.has(server.package));
    results.push(...(await runCase(benchCase, installed, versions, options, signal)));
    console.log(`${caseTable(benchCase, results)}\n`);
  }
  const promises = judge(results);
  console.log(promiseLines(promises));

  if (options.json !== undefined) {
    const run = { processor, versions: Object.fromEntries(versions), missing, seconds, rounds, results, promises };
    writeFileSync(options.json, `${JSON.stringify(run, undefined, 2)}\n`);
  }
  return results.some((result) => problemOf(result) !== undefined) ? 1 : 0;
}

/** What of `Machine.versions` has to be there. */
function needs(benchCase: BenchCase): readonly string[] {
  const { load, framework } = benchCase;
  return [
    ...(hasSite(benchCase) ? ['nginx'] : []),
    ...(framework === undefined ? [] : [framework]),
    ...(load.kind === 'requests' && load.protocol === 'h2' ? ['h2load'] : []),
  ];
}

function readCommandLine(): BenchOptions {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}

const options = readCommandLine();
const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort());
try {
  process.exitCode = await runBenchmark(options, stopping.signal);
} catch (error) {
  console.error(stopping.signal.aborted ? 'Stopped before the end.' : error);
  process.exitCode = 1;
}
