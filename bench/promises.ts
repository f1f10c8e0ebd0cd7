import type { BenchCase } from './cases.ts';
import { type BenchResult, medianOf, problemOf } from './results.ts';

/**
 * A promise of the project: Galley's CPU time per request or message, or the p99 of its latencies, as a share of the peer's in
 * the same run; or how unevenly its own workers are busy.
 */
export type BenchPromise =
  | { readonly case: BenchCase['name']; readonly of: 'cpuUs' | 'p99Us'; readonly peer: string; readonly atMost: number }
  | { readonly case: BenchCase['name']; readonly of: 'imbalance'; readonly atMost: number };

export const benchPromises: readonly BenchPromise[] = [
  { case: 'asgi-bare', of: 'cpuUs', peer: 'uvicorn', atMost: 0.75 },
  { case: 'fastapi-json', of: 'cpuUs', peer: 'uvicorn', atMost: 0.85 },
  { case: 'wsgi-bare', of: 'cpuUs', peer: 'gunicorn-gthread', atMost: 0.2 },
  { case: 'wsgi-mixed', of: 'p99Us', peer: 'gunicorn-gthread', atMost: 0.5 },
  { case: 'wsgi-mixed', of: 'imbalance', atMost: 1.1 },
  { case: 'websocket-echo', of: 'cpuUs', peer: 'uvicorn', atMost: 0.8 },
  { case: 'websocket-echo', of: 'cpuUs', peer: 'uvicorn-websockets', atMost: 0.8 },
  { case: 'websocket-echo', of: 'cpuUs', peer: 'uvicorn-wsproto', atMost: 0.8 },
  { case: 'nginx-return', of: 'cpuUs', peer: 'nginx', atMost: 1.5 },
  { case: 'static-1k', of: 'cpuUs', peer: 'nginx', atMost: 1 },
  { case: 'static-10k', of: 'cpuUs', peer: 'nginx', atMost: 1 },
  { case: 'static-1m', of: 'cpuUs', peer: 'nginx', atMost: 3 },
  { case: 'gzip-100k', of: 'cpuUs', peer: 'nginx', atMost: 1.1 },
  { case: 'proxy-1k', of: 'cpuUs', peer: 'nginx', atMost: 1.3 },
  { case: 'cache-10k', of: 'cpuUs', peer: 'nginx', atMost: 1 },
  // At least 0.7 of nginx's handshakes per CPU second.
  { case: 'tls-handshake', of: 'cpuUs', peer: 'nginx', atMost: 1 / 0.7 },
  { case: 'https', of: 'cpuUs', peer: 'nginx', atMost: 1.5 },
];

export type Verdict = BenchPromise & {
  /** NaN when either side was not measured. */
  readonly ratio: number;
  readonly verdict: 'met' | 'missed' | 'not measured';
};

/** Galley's share of what the peer takes of one thing; NaN when either was not measured. */
export function ratioTo(
  results: readonly BenchResult[],
  caseName: string,
  peer: string,
  of: 'cpuUs' | 'p99Us' | 'connectionBytes',
): number {
  const taken = (server: string): number => {
    const result = results.find((candidate) => candidate.case === caseName && candidate.server === server);
    return result === undefined ? Number.NaN : medianOf(result, of);
  };
  return taken('galley') / taken(peer);
}

/** Judges every promise. A run in which Galley's or the peer's answers failed proves nothing and counts as not measured. */
export function judge(results: readonly BenchResult[]): readonly Verdict[] {
  return benchPromises.map((promise) => {
    const ratio = isClean(results, promise) ? kept(results, promise) : Number.NaN;
    const verdict = Number.isNaN(ratio) ? 'not measured' : ratio <= promise.atMost ? 'met' : 'missed';
    return { ...promise, ratio, verdict };
  });
}

function isClean(results: readonly BenchResult[], promise: BenchPromise): boolean {
  const servers = promise.of === 'imbalance' ? ['galley'] : ['galley', promise.peer];
  return results
    .filter(({ case: name, server }) => name === promise.case && servers.includes(server))
    .every((result) => problemOf(result) === undefined);
}

function kept(results: readonly BenchResult[], promise: BenchPromise): number {
  if (promise.of !== 'imbalance') return ratioTo(results, promise.case, promise.peer, promise.of);
  const own = results.find(({ case: name, server }) => name === promise.case && server === 'galley');
  return own === undefined ? Number.NaN : medianOf(own, 'imbalance');
}
