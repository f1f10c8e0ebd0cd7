import type { Worker } from './worker.ts';
import type { WorkerFronts } from './worker-pool.ts';

/** How long a worker may take to connect to a front thread before it is asked again, in milliseconds. */
const inviteMs = 1_000;

/** Which workers are connected to which front threads: a worker serves once all that there are have heard of it. */
export class FrontLinks {
  readonly #fronts: WorkerFronts;
  readonly #now: () => number;
  readonly #open: Set<number>;

  constructor(fronts: WorkerFronts, now: () => number) {
    this.#fronts = fronts;
    this.#now = now;
    this.#open = new Set(fronts.sockets.keys());
  }

  /** A front thread died. */
  closed(front: number, workers: Iterable<Worker>): void {
    this.#open.delete(front);
    for (const worker of workers) worker.fronts.delete(front);
  }

  /** One has taken its place. */
  opened(front: number, workers: Iterable<Worker>): void {
    this.#open.add(front);
    for (const worker of workers) this.invite(worker);
  }

  /** A front thread has heard of a worker. */
  hello(worker: Worker, front: number): void {
    // It connects to all that there are by itself.
    if (worker.fronts.size === 0) for (const each of this.#open) worker.invitedAt.set(each, this.#now());
    worker.fronts.add(front);
  }

  /** Whether all front threads have heard of a worker. */
  isComplete({ fronts }: Worker): boolean {
    return fronts.size > 0 && fronts.size >= this.#open.size;
  }

  /** Has a worker connect to front threads that were not there when it started. */
  invite(worker: Worker): void {
    const [via] = worker.fronts;
    if (via === undefined) return;
    for (const front of this.#open) {
      const socket = this.#fronts.sockets[front];
      const isConnecting = this.#now() - (worker.invitedAt.get(front) ?? Number.NEGATIVE_INFINITY) < inviteMs;
      if (worker.fronts.has(front) || isConnecting || socket === undefined) continue;
      worker.invitedAt.set(front, this.#now());
      this.#fronts.postTo(via, { kind: 'invite', worker: worker.id, socket });
    }
  }
}
