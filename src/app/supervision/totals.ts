import { bucketCount, RecentHistogram } from '../histogram.ts';
import type { Worker } from './worker.ts';
import type { Workers } from './workers.ts';

/** What all workers of an app have done together, those that have exited as well. */
export class Totals {
  /** From being sent to a worker to their end. */
  readonly latency: RecentHistogram;
  readonly #workers: Workers;
  #exitedRequests = 0;
  #exitedLatencies: Uint32Array = new Uint32Array(bucketCount);

  constructor(workers: Workers, now: number) {
    this.#workers = workers;
    this.latency = new RecentHistogram(() => this.#latencies(), now);
  }

  get requests(): number {
    return this.#workers.all().reduce((sum, { requests }) => sum + requests, this.#exitedRequests);
  }

  /** A worker has exited; it is not among the workers any longer. */
  exited(worker: Worker): void {
    this.#exitedRequests += worker.requests;
    this.#exitedLatencies = sum(this.#exitedLatencies, worker.latencies);
  }

  #latencies(): Uint32Array {
    return this.#workers.all().reduce((total, { latencies }) => sum(total, latencies), this.#exitedLatencies);
  }
}

function sum(one: Uint32Array, other: Uint32Array): Uint32Array {
  return one.map((count, bucket) => count + (other[bucket] ?? 0));
}
