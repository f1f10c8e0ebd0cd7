import type { BenchCase } from './cases.ts';
import { type BenchResult, medianOf, problemOf } from './results.ts';

/** A promise of the project: Galley's CPU time per request or message, as a share of the peer's in the same run. */
export interface SpeedPromise {
  readonly case: BenchCase['name'];
  readonly peer: string;
  readonly atMost: number;
}

export const speedPromises: readonly SpeedPromise[] = [
  { case: 'asgi-bare', peer: 'uvicorn', atMost: 0.75 },
  { case: 'fastapi-json', peer: 'uvicorn', atMost: 0.85 },
  { case: 'wsgi-bare', peer: 'gunicorn-gthread', atMost: 0.2 },
  { case: 'websocket-echo', peer: 'uvicorn', atMost: 0.8 },
  { case: 'websocket-echo', peer: 'uvicorn-websockets', atMost: 0.8 },
  { case: 'websocket-echo', peer: 'uvicorn-wsproto', atMost: 0.8 },
];

export interface Verdict extends SpeedPromise {
  /** NaN when either side was not measured. */
  readonly ratio: number;
  readonly verdict: 'met' | 'missed' | 'not measured';
}

/** Galley's share of what the peer takes of one thing; NaN when either was not measured. */
export function ratioTo(
  results: readonly BenchResult[],
  caseName: string,
  peer: string,
  of: 'cpuUs' | 'connectionBytes',
): number {
  const taken = (server: string): number => {
    const result = results.find((candidate) => candidate.case === caseName && candidate.server === server);
    return result === undefined ? Number.NaN : medianOf(result, of);
  };
  return taken('galley') / taken(peer);
}

/** Judges every promise. A run in which Galley's or the peer's answers failed proves nothing and counts as not measured. */
export function judge(results: readonly BenchResult[]): readonly Verdict[] {
  return speedPromises.map((promise) => {
    const sides = results.filter(
      ({ case: name, server }) => name === promise.case && (server === 'galley' || server === promise.peer),
    );
    const clean = sides.every((result) => problemOf(result) === undefined);
    const ratio = clean ? ratioTo(results, promise.case, promise.peer, 'cpuUs') : Number.NaN;
    const verdict = Number.isNaN(ratio) ? 'not measured' : ratio <= promise.atMost ? 'met' : 'missed';
    return { ...promise, ratio, verdict };
  });
}
