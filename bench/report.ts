import type { BenchCase } from './cases.ts';
import { type BenchPromise, ratioTo, type Verdict } from './promises.ts';
import { type BenchResult, medianOf, problemOf } from './results.ts';

/** The numbers of one server, below their headings. */
type Columns = Readonly<Record<string, string>>;

/** The table of one case, medians over the rounds; what went wrong stands below a server's row, behind `!!`. */
export function caseTable({ name, load }: BenchCase, results: readonly BenchResult[]): string {
  const ofCase = results.filter((result) => result.case === name);
  const rows = ofCase.map((result) => ({
    server: result.server,
    version: result.version,
    ...columnsOf(load, result, results),
  }));
  const [head = '', ...lines] = align([Object.keys(rows[0] ?? {}), ...rows.map((row) => Object.values(row))]);
  const body = lines.flatMap((line, index) => {
    const result = ofCase[index];
    const problem = result && problemOf(result);
    return problem === undefined ? [line] : [line, `  !! ${problem}`];
  });
  return [name, head, '─'.repeat(head.length), ...body].join('\n');
}

const units = { requests: 'req', echo: 'message', handshakes: 'handshake' } as const;

function columnsOf(load: BenchCase['load'], result: BenchResult, results: readonly BenchResult[]): Columns {
  if (load.kind === 'open') return openColumns(result, results);
  if (load.kind === 'mixed') return mixedColumns(result, results);
  return answerColumns(result, results, units[load.kind]);
}

/** Latencies count from the moment at which a request was due, on whose rate the server has no influence. */
function mixedColumns(result: BenchResult, results: readonly BenchResult[]): Columns {
  const ratio = ratioTo(results, result.case, result.server, 'p99Us');
  return {
    'short p50 ms': show(medianOf(result, 'p50Us') / 1000, 2),
    'p99 ms': show(medianOf(result, 'p99Us') / 1000, 2),
    '× galley': show(1 / ratio, 2),
    'galley/peer': show(ratio, 2),
    'long p99 ms': show(medianOf(result, 'longP99Us') / 1000, 2),
    'busiest/least': show(medianOf(result, 'imbalance'), 2),
    'req/s': show(medianOf(result, 'answersPerSecond'), 0),
    'µs CPU/req': show(medianOf(result, 'cpuUs'), 1),
    MiB: show(medianOf(result, 'memoryBytes') / 2 ** 20, 0),
  };
}

function answerColumns(result: BenchResult, results: readonly BenchResult[], unit: string): Columns {
  const ratio = ratioTo(results, result.case, result.server, 'cpuUs');
  return {
    [`µs CPU/${unit}`]: show(medianOf(result, 'cpuUs'), 1),
    '× galley': show(1 / ratio, 2),
    'galley/peer': show(ratio, 2),
    ...(unit === 'handshake' ? { '/CPU s': show(1e6 / medianOf(result, 'cpuUs'), 0) } : {}),
    [`${unit}/s`]: show(medianOf(result, 'answersPerSecond'), 0),
    'p50 ms': show(medianOf(result, 'p50Us') / 1000, 2),
    'p99 ms': show(medianOf(result, 'p99Us') / 1000, 2),
    MiB: show(medianOf(result, 'memoryBytes') / 2 ** 20, 0),
  };
}

/** Memory is divided between the first process, which is the front of Galley, and those that it started. */
function openColumns(result: BenchResult, results: readonly BenchResult[]): Columns {
  const bytes = medianOf(result, 'connectionBytes');
  const mainBytes = medianOf(result, 'mainConnectionBytes');
  const ratio = ratioTo(results, result.case, result.server, 'connectionBytes');
  return {
    'KiB/connection': show(bytes / 1024, 1),
    'main process': show(mainBytes / 1024, 1),
    workers: show((bytes - mainBytes) / 1024, 1),
    '× galley': show(1 / ratio, 2),
    'galley/peer': show(ratio, 2),
    'µs CPU/connection/s': show(medianOf(result, 'cpuUs'), 1),
    MiB: show(medianOf(result, 'memoryBytes') / 2 ** 20, 0),
  };
}

/** The promises, one a line. */
export function promiseLines(verdicts: readonly Verdict[]): string {
  return align([
    ['promise', 'galley/peer', 'at most', ''],
    ...verdicts.map((verdict) => [promised(verdict), show(verdict.ratio, 2), show(verdict.atMost, 2), verdict.verdict]),
  ]).join('\n');
}

function promised(promise: BenchPromise): string {
  if (promise.of === 'imbalance') return `${promise.case}: requests of the busiest worker to the least busy`;
  return `${promise.case}${promise.of === 'p99Us' ? ', p99 of the short,' : ''} against ${promise.peer}`;
}

function show(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '-';
}

/** Cells in columns below a heading, columns of numbers to the right. */
function align(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = (rows[0] ?? []).map((_, column) => {
    const cells = rows.map((row) => row[column] ?? '');
    return {
      width: Math.max(...cells.map((cell) => cell.length)),
      numbers: cells.slice(1).every((cell) => /^[\d.-]+$/.test(cell)),
    };
  });
  const place = (cell: string, { width, numbers }: { width: number; numbers: boolean }): string =>
    numbers ? cell.padStart(width) : cell.padEnd(width);
  return rows.map((row) =>
    columns
      .map((column, index) => place(row[index] ?? '', column))
      .join('  ')
      .trimEnd(),
  );
}
