import { PeerError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { QueueLimits } from '../../core/limits.ts';
import type { Outcome } from '../../core/reply.ts';
import { RequestQueue } from './request-queue.ts';
import type { WorkerLink } from './worker-link.ts';

const sweepMs = 100;
const longestLookMs = 1_000;

/** Gives each request to the ready worker with the fewest under way; what no worker can take waits in the queue. */
export class Dispatcher {
  readonly #links: WorkerLink[] = [];
  /** Those that get no more requests and still have some. */
  readonly #leaving: Set<WorkerLink> = new Set();
  readonly #queue: RequestQueue;
  readonly #requestTimeoutMs: number;
  readonly #now: () => number;
  readonly #sweep: NodeJS.Timeout;
  /** Where the next search begins, so that equally busy workers take turns. */
  #turn = 0;
  /** When requests are next looked at for being late: there may be as many as there are open streams. */
  #nextLook = 0;
  #closed = false;

  /** `requestTimeoutMs`: how long an app may take to begin its answer, 0 for no limit. `now`: a monotonic clock in milliseconds. */
  constructor(limits: QueueLimits, requestTimeoutMs: number, now: () => number) {
    this.#queue = new RequestQueue(limits);
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#now = now;
    this.#sweep = setInterval(() => this.#expire(), sweepMs);
    this.#sweep.unref();
  }

  get queueDepth(): number {
    return this.#queue.depth;
  }

  /** A worker is ready. */
  add(link: WorkerLink): void {
    this.#links.push(link);
    this.free(link);
  }

  /** A worker gets no more requests. */
  remove(link: WorkerLink): void {
    const index = this.#links.indexOf(link);
    if (index < 0) return;
    this.#links.splice(index, 1);
    this.#leaving.add(link);
  }

  /** A worker is gone. */
  forget(link: WorkerLink): void {
    this.remove(link);
    this.#leaving.delete(link);
  }

  /** Answers by a worker. Rejects with PeerError: queue-full, queue-timeout, worker-lost, app-error, app-timeout, client-closed. */
  dispatch(exchange: Exchange): Promise<Outcome> {
    if (this.#closed) throw new PeerError('shutting-down', 'Galley is stopping');
    const link = this.#queue.depth === 0 ? this.#leastBusy() : undefined;
    return link ? link.request(exchange).reply : this.#queue.add(exchange, this.#now());
  }

  /** A worker has room for queued requests. */
  free(link: WorkerLink): void {
    while (this.#queue.depth > 0 && link.hasRoom && this.#links.includes(link)) {
      const queued = this.#queue.shift();
      if (!queued) return;
      queued.exchange.queueMs = this.#now() - queued.since;
      queued.resolve(link.request(queued.exchange).reply);
    }
  }

  /** Refuses what is queued and what still comes. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#sweep);
    this.#queue.clear(new PeerError('shutting-down', 'Galley is stopping'));
  }

  #leastBusy(): WorkerLink | undefined {
    const links = this.#links;
    const count = links.length;
    let best: WorkerLink | undefined;
    for (let step = 0; step < count; step++) {
      const link = links[(this.#turn + step) % count] as WorkerLink;
      if (link.hasRoom && (!best || link.inFlight < best.inFlight)) best = link;
    }
    this.#turn = count > 0 ? (this.#turn + 1) % count : 0;
    return best;
  }

  /** What was sent ahead to a worker that got stuck goes to others that are free. */
  #relieve(now: number): void {
    let free = 0;
    for (const link of this.#links) free += link.idleRoom;
    for (const link of this.#links) if (free > 0) free -= link.takeBack(free, now);
  }

  #expire(): void {
    const now = this.#now();
    this.#queue.expire(now);
    this.#relieve(now);
    if (this.#requestTimeoutMs === 0 || now < this.#nextLook) return;
    this.#nextLook = now + Math.min(longestLookMs, this.#requestTimeoutMs / 10);
    for (const link of [...this.#links, ...this.#leaving]) {
      for (const stream of link.streams) {
        if (stream.isWaiting && now - stream.startedAt >= this.#requestTimeoutMs) {
          stream.cancel(
            new PeerError('app-timeout', `The app did not begin its answer within ${this.#requestTimeoutMs} ms`),
          );
        }
      }
    }
  }
}
