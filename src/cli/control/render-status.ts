import type { AppStatus, ExitStatus, Percentiles } from '../../app/status.ts';
import type { GalleyStatus } from '../../server/control/galley-status.ts';
import { interfaceNames } from '../interface-names.ts';
import type { RequestRates } from './request-rates.ts';
import { type Line, line, paint } from './styled-line.ts';
import { counted, durationText, latencyText, rateText } from './units.ts';
import { workerTable } from './worker-table.ts';

export interface RenderOptions {
  /** Columns; longer lines are cut. */
  readonly width: number;
  readonly color: boolean;
  /** Milliseconds since 1970, by the clock of the machine. */
  readonly now: number;
  /** Requests a second, where they are known. */
  readonly rates?: RequestRates | undefined;
}

/** How many of an app's last exits are shown. */
const mostExits = 5;

/** The status as people read it, each line ended. */
export function renderStatus(status: GalleyStatus, options: RenderOptions): string {
  const lines = [
    ...headLines(status),
    ...status.apps.flatMap((app) => [line(''), ...appLines(app, options)]),
    ...upstreamLines(status),
  ];
  return lines.map((each) => `${paint(each, options.width, options.color)}\n`).join('');
}

function headLines({ galley, pid, state, uptimeMs, addresses, frontThreads }: GalleyStatus): readonly Line[] {
  const restarts = frontThreads.reduce((sum, thread) => sum + thread.restarts, 0);
  const threads = `${counted(frontThreads.length, 'front thread')}${restarts > 0 ? ` (replaced ${restarts} times)` : ''}`;
  return [
    [
      { text: `Galley ${galley}`, style: 'bold' },
      { text: `, pid ${pid}, up ${durationText(uptimeMs)}, ${threads}` },
      ...(state === 'stopping' ? [{ text: ', stopping', style: 'yellow' } as const] : []),
    ],
    line(addresses.join('  ')),
  ];
}

function upstreamLines({ upstreams }: GalleyStatus): readonly Line[] {
  if (upstreams.length === 0) return [];
  const size = Math.max(...upstreams.map(({ name }) => name.length));
  return [
    line(''),
    line('Upstreams', 'bold'),
    ...upstreams.map(({ name, usable, members }): Line => {
      const style = usable === members ? undefined : usable === 0 ? 'red' : 'yellow';
      return [{ text: `  ${name.padEnd(size)}  ` }, { text: `${usable} of ${counted(members, 'member')} up`, style }];
    }),
  ];
}

function appLines(app: AppStatus, { width, now, rates }: RenderOptions): readonly Line[] {
  const { scale, workers, queue, latencyMs, exits } = app;
  const of = rates?.get(app.name);
  const ready = workers.filter(({ state }) => state === 'ready').length;
  const range = scale.min === scale.max ? '' : `, of ${scale.min} to ${scale.max}`;
  return [
    [
      { text: app.name, style: 'bold' },
      { text: `  ${app.interface ? interfaceNames[app.interface] : 'not loaded'}, version ${app.version}` },
      ...(app.lastReload?.ok ? [{ text: `, reloaded ${agoText(app.lastReload.at, now)}` }] : []),
    ],
    ...(app.lastReload?.ok === false
      ? [line(`  Reload    ${agoText(app.lastReload.at, now)}: ${app.lastReload.text}`, 'red')]
      : []),
    line(`  Workers   ${scale.wanted} wanted${range}; ${ready} ready`),
    line(`  Requests  ${app.requests}${of ? `, ${rateText(of.perSecond)}` : ''}, ${app.inFlight} in flight`),
    line(`  Latency   ${percentilesText(latencyMs)}`),
    [
      { text: '  Queue     ' },
      { text: `${queue.depth} of ${queue.limit} waiting`, style: queue.depth > 0 ? 'yellow' : undefined },
      ...(queue.depth > 0
        ? [{ text: `, the oldest for ${latencyText(queue.oldestMs)} of ${latencyText(queue.timeoutMs)}` }]
        : []),
      { text: `; refused ${queue.refusedFull} when full, ${queue.refusedTimeout} after too long` },
    ],
    ...(queue.waitMs.p50 === null ? [] : [line(`  Waited    ${percentilesText(queue.waitMs)}`)]),
    line(''),
    ...workerTable(workers, width, of?.workers),
    ...(exits.length > 0 ? [line(''), line('  Last exits')] : []),
    ...exits.slice(0, mostExits).map((exit) => line(`  ${exitText(exit, now)}`, exitStyle(exit))),
  ];
}

function percentilesText({ p50, p95, p99 }: Percentiles): string {
  if (p50 === null) return '-';
  return `p50 ${latencyText(p50)}, p95 ${latencyText(p95)}, p99 ${latencyText(p99)}`;
}

function exitStyle({ reason, code }: ExitStatus): 'red' | undefined {
  return reason === null && code !== 0 ? 'red' : undefined;
}

function exitText({ worker, pid, at, code, signal, oom, reason }: ExitStatus, now: number): string {
  const ago = agoText(at, now);
  const withCode = code === 0 && reason !== null ? '' : ` with code ${code}`;
  const how = signal === null ? `ended ${ago}${withCode}` : `was killed by ${signal} ${ago}`;
  const why = `${oom ? ', out of memory' : ''}${reason === null ? '' : ` (${reason})`}`;
  return `worker ${worker}${pid === null ? '' : `, pid ${pid},`} ${how}${why}`;
}

function agoText(at: string, now: number): string {
  return `${durationText(now - Date.parse(at))} ago`;
}
