import { PeerError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { againLimits, type QueueLimits } from '../../core/limits.ts';
import type { Outcome } from '../../core/reply.ts';
import type { AppCounters } from '../counters.ts';
import { LateRequests } from './late-requests.ts';
import { RequestQueue } from './request-queue.ts';
import type { WorkerLink } from './worker-link.ts';
import type { WorkerStream } from './worker-stream.ts';

const sweepMs = 100;
/** What is left after a sweep of the requests that a worker is known to have been sent lately. */
const memory = 0.999;
/** How long a request whose worker died is watched alone for ending another one as well, in milliseconds. */
const trialMs = 200;

export interface DispatcherOptions {
  readonly limits: QueueLimits;
  /** How long an app may take to begin its answer, in milliseconds; 0 for no limit. */
  readonly requestTimeoutMs: number;
  /** Shared by all fronts. */
  readonly counters: AppCounters;
  /** Which front this is. */
  readonly front: number;
  /** A monotonic clock in milliseconds that all threads share. */
  now(): number;
  /** A request has taken too long; its client was told. Call `cancelLate` to have the worker told. */
  late(link: WorkerLink, stream: WorkerStream): void;
  /** The worker has not ended such a request after a grace. */
  stuck(link: WorkerLink, stream: WorkerStream): void;
}

/**
 * Gives each request to the ready worker that has the fewest under way from all fronts; what no worker can take waits in the queue.
 * Between fronts the request that has waited longest comes first: a front that finds another's before its own wakes that.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #counters: AppCounters;
  readonly #links: WorkerLink[] = [];
  readonly #queue: RequestQueue;
  /** Requests that a worker had: they came back, or it died. They go first. */
  readonly #again: RequestQueue;
  /** Those of them whose worker died. One may be why, so no worker gets two of them within a short time. */
  readonly #suspects: WeakSet<Exchange> = new WeakSet();
  readonly #trials: Map<WorkerLink, { readonly stream: WorkerStream; readonly since: number }> = new Map();
  readonly #late: LateRequests;
  readonly #sweep: NodeJS.Timeout;
  readonly #unwatch: () => void;
  #closed = false;

  constructor(options: DispatcherOptions) {
    const { limits, counters, front } = options;
    this.#options = options;
    this.#counters = counters;
    const changed = (): void => this.#tell();
    this.#queue = new RequestQueue(limits, changed);
    this.#again = new RequestQueue(againLimits, changed);
    this.#late = new LateRequests(options);
    this.#sweep = setInterval(() => this.#look(), sweepMs);
    this.#sweep.unref();
    this.#unwatch = counters.frontCount > 1 ? counters.onWake(front, () => this.#pump(false)) : () => {};
  }

  get queueDepth(): number {
    return this.#queue.depth + this.#again.depth;
  }

  /** A worker is ready; its counters are in that slot. */
  add(link: WorkerLink, slot: number): void {
    link.slot = slot;
    // As many as the others: else it would get every request for a while.
    link.recent = this.#links.reduce((sum, { recent }) => sum + recent / this.#links.length, 0);
    this.#links.push(link);
    this.#late.watch(link);
    this.#pump(false);
  }

  /** A worker gets no more requests. */
  remove(link: WorkerLink): void {
    const index = this.#links.indexOf(link);
    if (index >= 0) this.#links.splice(index, 1);
  }

  /** A worker is gone. */
  forget(link: WorkerLink): void {
    this.remove(link);
    this.#late.forget(link);
    this.#trials.delete(link);
    if (link.slot >= 0) this.#counters.lost(this.#options.front, link.slot);
  }

  /** Answers by a worker. Rejects with PeerError, or throws it: queue-full, queue-timeout, worker-lost, app-error, app-timeout, client-closed. */
  dispatch(exchange: Exchange): Promise<Outcome> {
    if (this.#closed) throw new PeerError('shutting-down', 'Galley is stopping');
    const link = this.#counters.longestWaiting() === undefined ? this.#leastBusy() : undefined;
    return link ? this.#send(link, exchange).reply : this.#enqueue(exchange);
  }

  /** A request has ended, after that time. */
  ended(link: WorkerLink, stream: WorkerStream, milliseconds: number): void {
    this.#counters.ended(this.#options.front, link.slot);
    if (!stream.webSocket) this.#counters.took(link.slot, milliseconds);
    if (stream.isRetry) this.#endTrial(link, stream);
    if (stream.isStuck) this.#counters.stuckBy(this.#options.front, link.slot, -1);
    this.#pump(false);
  }

  /** The answer that another worker gives to a request that was sent ahead and came back. Throws PeerError. */
  returned(link: WorkerLink, stream: WorkerStream): Promise<Outcome> {
    this.#counters.returned(this.#options.front, link.slot);
    this.#endTrial(link, stream);
    return this.#sendAgain(stream.exchange);
  }

  /** A worker that hung has room again. */
  recovered(): void {
    this.#pump(false);
  }

  /** The answer that another worker gives to a request whose worker died; undefined where too many wait for that. */
  retry({ exchange }: WorkerStream): Promise<Outcome> | undefined {
    if (this.#closed || this.#again.depth >= againLimits.maxRequests) return undefined;
    this.#suspects.add(exchange);
    return this.#sendAgain(exchange);
  }

  /** Has the worker cancel a request that was reported late. */
  cancelLate(link: WorkerLink, stream: number): void {
    this.#late.cancel(link, stream);
  }

  /** Refuses what is queued, what still comes, and what has no answer yet. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#sweep);
    this.#unwatch();
    const error = new PeerError('shutting-down', 'Galley is stopping');
    this.#queue.clear(error);
    this.#again.clear(error);
    for (const link of this.#late.links) for (const stream of link.streams) if (stream.isWaiting) stream.cancel(error);
  }

  #send(link: WorkerLink, exchange: Exchange, isRetry = false): WorkerStream {
    this.#counters.sent(this.#options.front, link.slot);
    link.recent++;
    return link.request(exchange, isRetry);
  }

  #sendAgain(exchange: Exchange): Promise<Outcome> {
    if (this.#closed) throw new PeerError('shutting-down', 'Galley is stopping');
    const outcome = this.#again.add(exchange, this.#options.now());
    // The caller may be about to take the link away that has lost it.
    setImmediate(() => this.#pump(false));
    return outcome;
  }

  #endTrial(link: WorkerLink, stream: WorkerStream): void {
    if (this.#trials.get(link)?.stream !== stream) return;
    this.#trials.delete(link);
    this.#tell();
  }

  #enqueue(exchange: Exchange): Promise<Outcome> {
    const { limits, front } = this.#options;
    if (this.#counters.queueDepth >= limits.maxRequests) {
      this.#counters.refused(front, 'full', 1);
      throw new PeerError('queue-full', `Cannot queue the request: ${limits.maxRequests} are waiting already`);
    }
    const outcome = this.#queue.add(exchange, this.#options.now());
    this.#pump(false);
    return outcome;
  }

  /** Sends what waits to workers that have room. `isOwn`: without letting other fronts go first. */
  #pump(isOwn: boolean): void {
    const isShared = this.#counters.frontCount > 1;
    if (this.#queue.depth === 0 && this.#again.depth === 0 && !isShared) return;
    for (let next = this.#again.first; next; next = this.#again.first) {
      const link = this.#leastBusy(this.#suspects.has(next.exchange));
      if (!link) break;
      this.#sendNext(this.#again, link);
    }
    for (;;) {
      if (this.#queue.depth === 0 && !isShared) return;
      const first = isShared && !isOwn ? this.#counters.longestWaiting() : this.#options.front;
      if (first === undefined) return;
      const link = this.#leastBusy();
      if (!link) return;
      if (first !== this.#options.front) {
        this.#counters.wake(first);
        return;
      }
      if (this.#queue.depth === 0) return;
      this.#sendNext(this.#queue, link);
    }
  }

  #sendNext(queue: RequestQueue, link: WorkerLink): void {
    const queued = queue.shift();
    if (!queued) return;
    const { exchange, since, resolve } = queued;
    const waitedMs = this.#options.now() - since;
    exchange.queueMs += waitedMs;
    this.#counters.waited(waitedMs);
    const isRetry = this.#suspects.has(exchange);
    const stream = this.#send(link, exchange, isRetry);
    if (isRetry) {
      this.#trials.set(link, { stream, since: this.#options.now() });
      this.#tell();
    }
    resolve(stream.reply);
  }

  /** The worker with the fewest requests under way; of several such the one that was sent the fewest lately. */
  #leastBusy(isSuspect = false): WorkerLink | undefined {
    let best: WorkerLink | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const link of this.#links) {
      const inFlight = this.#counters.inFlight(link.slot);
      if (inFlight > least || inFlight >= link.room || (isSuspect && this.#trials.has(link))) continue;
      if (best && inFlight === least && link.recent >= best.recent) continue;
      best = link;
      least = inFlight;
    }
    return best;
  }

  #tell(): void {
    const { front } = this.#options;
    const again = this.#again.first;
    // One that no worker may have yet holds nobody up.
    const canGo = again && !(this.#suspects.has(again.exchange) && this.#links.every((link) => this.#trials.has(link)));
    const oldest = this.#queue.first?.since ?? Number.POSITIVE_INFINITY;
    this.#counters.queued(front, this.#queue.depth, canGo ? Math.min(again.since, oldest) : oldest);
    this.#counters.queuedAgain(front, this.#again.depth);
  }

  /** What was sent ahead to a worker that got stuck goes to others that are free. */
  #relieve(now: number): void {
    let free = 0;
    for (const link of this.#links) free += Math.max(0, link.concurrency - this.#counters.inFlight(link.slot));
    for (const link of this.#links) {
      const ahead = this.#counters.inFlight(link.slot) - link.concurrency;
      if (free > 0) free -= link.takeBack(Math.min(ahead, free), now);
    }
  }

  #look(): void {
    const now = this.#options.now();
    const expired = this.#queue.expire(now) + this.#again.expire(now);
    this.#counters.refused(this.#options.front, 'timeout', expired);
    for (const link of this.#late.links) link.probe(now);
    for (const [link, { stream, since }] of this.#trials) if (now - since >= trialMs) this.#endTrial(link, stream);
    for (const link of this.#links) link.recent *= memory;
    this.#relieve(now);
    this.#late.look(now);
    // A wake-up may have met a front that had no use for it.
    this.#pump(true);
  }
}
