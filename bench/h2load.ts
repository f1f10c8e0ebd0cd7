import { readFileSync } from 'node:fs';
import type { RequestLoad } from './cases.ts';
import type { LoadResult } from './run-load.ts';

const clients = 8;
const streams = 10;
const script = readFileSync(new URL('./browser.lua', import.meta.url), 'utf8');
/** The very ones of the other loads. HPACK makes a byte or two of each after the first time. */
const browserHeaders = [...script.matchAll(/^wrk\.headers\["([^"]+)"\] =\s+"([^"]*)"$/gm)].map(
  ([, name, value]) => `${name?.toLowerCase()}: ${value}`,
);

/** Sends GETs over HTTP/2, ten at a time on each of eight connections. */
export function h2load({ path, tls }: RequestLoad, port: number, seconds: number): readonly string[] {
  const options = ['-c', String(clients), '-m', String(streams), '-t', '1', '-D', String(seconds)];
  const headers = browserHeaders.flatMap((header) => ['-H', header]);
  return ['h2load', ...options, ...headers, `${tls ? 'https' : 'http'}://127.0.0.1:${port}${path}`];
}

/** Reads what h2load says at its end, which tells no percentiles. Throws on any other text. */
export function parseH2load(output: string): LoadResult {
  const time = /^finished in ([\d.]+)(ms|s),/m.exec(output);
  const requests = /^requests: .* (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout$/m.exec(output);
  const statuses = /^status codes: (\d+) 2xx/m.exec(output);
  if (!time || !requests || !statuses) throw new Error(`Cannot read the output of h2load: ${output.trim()}`);
  const [, succeeded = 0, failed = 0, errored = 0, timeout = 0] = requests.map(Number);
  return {
    answers: succeeded,
    durationUs: Number(time[1]) * (time[2] === 's' ? 1e6 : 1e3),
    badAnswers: succeeded - Math.min(succeeded, Number(statuses[1])),
    socketErrors: Math.max(failed, errored, timeout),
  };
}
