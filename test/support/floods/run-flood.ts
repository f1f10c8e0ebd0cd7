import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { residentBytes } from '../processes.ts';
import type { FloodReport, PaceReport } from './flood-report.ts';
import { type FloodEnd, http2Floods } from './http2-floods.ts';
import { tlsFloods } from './tls-floods.ts';

export type FloodTransport = 'cleartext' | 'TLS';

/** A flood over one transport. */
export interface FloodCase {
  readonly name: string;
  readonly end: FloodEnd;
  readonly over: FloodTransport;
}

export interface FloodedServer {
  readonly pid: number;
  readonly port: (over: FloodTransport) => number;
}

export interface FloodResult {
  readonly honest: PaceReport;
  readonly flood: FloodReport;
  /** Memory of the server in bytes, before and after. */
  readonly memory: readonly [before: number, after: number];
}

/** How much longer the flood lasts than what is counted of the honest client, in seconds. */
const marginSeconds = 0.7;

/** All floods, each over what it can come by. */
export function floodCases(): FloodCase[] {
  const overBoth: readonly FloodTransport[] = ['cleartext', 'TLS'];
  return [
    ...http2Floods.flatMap(({ name, end }) => overBoth.map((over) => ({ name, end, over }))),
    ...tlsFloods.map(({ name, end }) => ({ name, end, over: 'TLS' as const })),
  ];
}

/** An honest client alone. */
export function runPace(server: FloodedServer, over: FloodTransport, seconds: number): Promise<PaceReport> {
  return run('pace-program.ts', [String(server.port(over)), over, String(seconds)]);
}

/** One flood with an honest client beside it, each in its own process. */
export async function runFlood(server: FloodedServer, each: FloodCase, seconds: number): Promise<FloodResult> {
  const { name, over } = each;
  const before = residentBytes(server.pid);
  const [flood, honest] = await Promise.all([
    run<FloodReport>('flood-program.ts', [name, String(server.port(over)), over, String(seconds + marginSeconds)]),
    runPace(server, over, seconds),
  ]);
  return { honest, flood, memory: [before, residentBytes(server.pid)] };
}

/** Why what the flooding client saw is not what it was to see; undefined where it is. */
export function wrongEnd(
  { end }: FloodCase,
  { connections, closed, goaways, refused }: FloodReport,
): string | undefined {
  if (refused > 0) return `${refused} connections were refused`;
  const calm = goaways[11] ?? 0;
  if (end === 'calm' && (calm === 0 || calm < closed)) return `${closed} were closed, ${calm} told to be calm`;
  if (end === 'slow' && closed === 0) return 'no slow connection was ended';
  if (end === 'closed' && closed === 0) return `none of ${connections} connections was closed`;
  return undefined;
}

async function run<Report>(program: string, args: readonly string[]): Promise<Report> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [path, ...args], { timeout: 120_000 });
  return JSON.parse(stdout);
}
