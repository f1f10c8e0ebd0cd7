import type { WorkerStatus } from '../../app/status.ts';
import type { Line, Span, Style } from './styled-line.ts';
import { durationText, latencyText, memoryText, rateText, shareText } from './units.ts';

interface Column {
  readonly title: string;
  /** The cell's text; `rate` is of requests a second, where it is known. */
  cell(worker: WorkerStatus, rate: number | undefined): string;
  readonly isLeft?: boolean;
  style?(worker: WorkerStatus): Style;
}

const states: Readonly<Record<WorkerStatus['state'], Style>> = { starting: 'cyan', ready: 'green', draining: 'yellow' };

const rateColumn: Column = { title: 'RATE', cell: (_worker, rate) => rateText(rate) };

const columns: readonly Column[] = [
  { title: 'WORKER', cell: ({ id, leader }) => `${leader ? '*' : ''}${id}` },
  { title: 'PID', cell: ({ pid }) => String(pid ?? '-') },
  {
    title: 'STATE',
    cell: ({ state, reason }) => (reason === null ? state : `${state}: ${reason}`),
    isLeft: true,
    style: ({ state }) => states[state],
  },
  { title: 'REQUESTS', cell: ({ requests }) => String(requests) },
  rateColumn,
  { title: 'IN FLIGHT', cell: ({ inFlight }) => String(inFlight) },
  { title: 'P50', cell: ({ latencyMs }) => latencyText(latencyMs.p50) },
  { title: 'P95', cell: ({ latencyMs }) => latencyText(latencyMs.p95) },
  { title: 'P99', cell: ({ latencyMs }) => latencyText(latencyMs.p99) },
  { title: 'RSS', cell: ({ rssBytes }) => memoryText(rssBytes) },
  { title: 'CPU', cell: ({ cpuShare }) => shareText(cpuShare) },
  { title: 'UP', cell: ({ uptimeMs }) => durationText(uptimeMs) },
];

/** What is left out of a table that is too wide, in this order. */
const dispensable: readonly string[] = ['P95', 'UP', 'P50', 'REQUESTS', 'PID', 'CPU', 'P99'];

const gap = '  ';

/** The workers as a table of aligned columns, at most `width` wide as far as leaving columns out can do that. */
export function workerTable(
  workers: readonly WorkerStatus[],
  width: number,
  rates?: ReadonlyMap<number, number>,
): readonly Line[] {
  const cells = columns
    .filter((column) => rates !== undefined || column !== rateColumn)
    .map((column) => {
      const texts = workers.map((worker) => column.cell(worker, rates?.get(worker.id)));
      return { column, texts, size: Math.max(column.title.length, ...texts.map((text) => text.length)) };
    });
  let shown = cells;
  for (const title of dispensable) {
    if (shown.reduce((sum, { size }) => sum + gap.length + size, 0) <= width) break;
    shown = shown.filter(({ column }) => column.title !== title);
  }
  const row = (text: (cell: (typeof cells)[number]) => string, style: (column: Column) => Style | undefined): Line =>
    shown.map((cell): Span => {
      const { size, column } = cell;
      const padded = column.isLeft ? text(cell).padEnd(size) : text(cell).padStart(size);
      return { text: `${gap}${padded}`, style: style(column) };
    });
  return [
    row(
      ({ column }) => column.title,
      () => 'dim',
    ),
    ...workers.map((worker, index) =>
      row(
        ({ texts }) => texts[index] ?? '',
        (column) => column.style?.(worker),
      ),
    ),
  ];
}
