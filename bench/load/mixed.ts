// The load of wsgi-mixed, a program of its own so that it has a CPU to itself: PORT CONNECTIONS REQUESTS-PER-SECOND WORKERS
// SECONDS. The app answers with the worker's process id.
import { setTimeout as delay } from 'node:timers/promises';
import { LoadClient } from '../../test/support/load-client.ts';
import { percentile } from '../../test/support/load-report.ts';
import { mixedPaths } from '../cases.ts';
import type { LoadResult } from '../run-load.ts';
import { imbalanceOf } from './imbalance.ts';

const [port = 0, keptAlive = 0, requestsPerSecond = 0, workers = 0, seconds = 0] = process.argv.slice(2).map(Number);
const requestsByWorker = new Map<string, number>();
const begin = performance.now();
const load = LoadClient.start({
  ...{ port, keptAlive, oneRequest: 0, requestsPerSecond, timeoutMs: 30_000 },
  paths: [
    { path: mixedPaths.short, weight: 9 },
    { path: mixedPaths.long, weight: 1 },
  ],
  answered: ({ body }) => requestsByWorker.set(body, (requestsByWorker.get(body) ?? 0) + 1),
});
await delay(seconds * 1_000);
const { answered, failed, statuses, latenciesMs } = await load.stop();

const us = (path: string, share: number): number => Math.round(percentile(latenciesMs.get(path) ?? [], share) * 1_000);
const result: LoadResult = {
  answers: answered,
  durationUs: Math.round((performance.now() - begin) * 1_000),
  p50Us: us(mixedPaths.short, 0.5),
  p99Us: us(mixedPaths.short, 0.99),
  badAnswers: answered - (statuses[200] ?? 0),
  socketErrors: failed,
  longP99Us: us(mixedPaths.long, 0.99),
  imbalance: imbalanceOf([...requestsByWorker.values()], workers),
};
console.log(`RESULT ${JSON.stringify(result)}`);
