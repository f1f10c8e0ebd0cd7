import { cpuRatio, type Verdict } from './promises.ts';
import { type BenchResult, medianOf, problemOf } from './results.ts';

const headings = ['server', 'version', 'µs CPU/req', '× galley', 'galley/peer', 'req/s', 'p50 ms', 'p99 ms', 'MiB'];

/** The table of one case, medians over the rounds; what went wrong stands below a server's row, behind `!!`. */
export function caseTable(caseName: string, results: readonly BenchResult[]): string {
  const ofCase = results.filter((result) => result.case === caseName);
  const rows = ofCase.map((result) => {
    const ratio = cpuRatio(results, caseName, result.server);
    return [
      result.server,
      result.version,
      show(medianOf(result, 'cpuUs'), 1),
      show(1 / ratio, 2),
      show(ratio, 2),
      show(medianOf(result, 'requestsPerSecond'), 0),
      show(medianOf(result, 'p50Us') / 1000, 2),
      show(medianOf(result, 'p99Us') / 1000, 2),
      show(medianOf(result, 'memoryBytes') / 2 ** 20, 0),
    ];
  });
  const [head = '', ...lines] = align([headings, ...rows]);
  const body = lines.flatMap((line, index) => {
    const result = ofCase[index];
    const problem = result && problemOf(result);
    return problem === undefined ? [line] : [line, `  !! ${problem}`];
  });
  return [caseName, head, '─'.repeat(head.length), ...body].join('\n');
}

/** The promises, one a line. */
export function promiseLines(verdicts: readonly Verdict[]): string {
  return align([
    ['promise', 'galley/peer', 'at most', ''],
    ...verdicts.map(({ case: name, peer, ratio, atMost, verdict }) => [
      `${name} against ${peer}`,
      show(ratio, 2),
      show(atMost, 2),
      verdict,
    ]),
  ]).join('\n');
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
