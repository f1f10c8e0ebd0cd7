import { PeerError } from '../core/errors.ts';
import type { QueueLimits } from '../core/limits.ts';
import type { Choice, Lease } from './lease.ts';
import type { PeerCounters } from './peer-counters.ts';

/** How often what waits is looked at in any case, in milliseconds: a member may be back, a wait may be over. */
const sweepMs = 50;

/** A lease that is waited for. */
export interface QueuedLease {
  /** Rejects with PeerError `queue-timeout` or `shutting-down`. */
  readonly lease: Promise<Lease>;
  /** Nobody waits for it any more: `lease` stays as it is. One that has come already must be ended nevertheless. */
  cancel(): void;
}

export interface LeaseQueueOptions {
  readonly limits: QueueLimits;
  /** Its name, for messages. */
  readonly upstream: string;
  readonly counters: PeerCounters;
  readonly front: number;
  now(): number;
  choose(choice: Choice): Lease | undefined;
}

interface Waiting {
  readonly choice: Choice;
  readonly since: number;
  resolve(lease: Lease): void;
  reject(error: Error): void;
}

/** The requests of one front thread that wait for a member, first come first served, bounded in number and in time. */
export class LeaseQueue {
  readonly #options: LeaseQueueOptions;
  /** In the order in which they came. */
  readonly #waiting: Set<Waiting> = new Set();
  readonly #unwatch: () => void;
  #sweep: NodeJS.Timeout | undefined;
  /** What the other fronts know of the first one's time. */
  #told: number = Number.POSITIVE_INFINITY;
  #isRetired = false;
  #isClosed = false;

  constructor(options: LeaseQueueOptions) {
    const { counters, front } = options;
    this.#options = options;
    this.#unwatch = counters.frontCount > 1 ? counters.onWake(front, () => this.#serve()) : () => {};
  }

  /** Whether a request that comes now has others before it, in any front thread. */
  isWaitedFor(): boolean {
    return this.#waiting.size > 0 || this.#options.counters.longestWaiting() !== undefined;
  }

  /** Throws PeerError `queue-full`, or `shutting-down`. */
  add(choice: Choice): QueuedLease {
    const { limits, upstream, now } = this.#options;
    if (this.#isClosed) throw new PeerError('shutting-down', `Upstream "${upstream}" is closed`);
    if (this.#waiting.size >= limits.maxRequests) {
      throw new PeerError(
        'queue-full',
        `Cannot queue the request for upstream "${upstream}": ${limits.maxRequests} are waiting already`,
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<Lease>();
    const waiting: Waiting = { choice, since: now(), resolve, reject };
    this.#waiting.add(waiting);
    this.#startSweep();
    this.#tell();
    return {
      lease: promise,
      cancel: () => {
        if (this.#waiting.delete(waiting)) this.#tell();
      },
    };
  }

  /** A member may have room: those that can go there do, those that have waited longest first. */
  pump(): void {
    const { counters, front } = this.#options;
    if (this.#isRetired) this.#serve();
    const longest = counters.longestWaiting();
    if (longest === undefined) return;
    if (longest !== front || this.#isRetired) counters.wake(longest);
    else this.#serve();
  }

  /** Another queue takes its place among the fronts. Those that wait here get what their own balancer's requests leave, or is free at a sweep. */
  retire(): void {
    if (this.#isRetired) return;
    this.#tellSince(Number.POSITIVE_INFINITY);
    this.#isRetired = true;
    this.#sweep?.unref();
    this.#unwatch();
  }

  close(): void {
    this.retire();
    this.#isClosed = true;
    for (const waiting of this.#waiting) waiting.reject(new PeerError('shutting-down', 'Galley is stopping'));
    this.#waiting.clear();
    this.#tell();
  }

  #startSweep(): void {
    this.#sweep ??= setInterval(() => this.#look(), sweepMs);
    if (this.#isRetired) this.#sweep.unref();
  }

  #serve(): void {
    // Where one that may go anywhere finds no place, so do all but those that stick to a member.
    let isFull = false;
    for (const waiting of this.#waiting) {
      if (isFull && waiting.choice.route === undefined) continue;
      const lease = this.#options.choose(waiting.choice);
      if (lease) {
        this.#waiting.delete(waiting);
        waiting.resolve(lease);
      } else {
        isFull = true;
      }
    }
    this.#tell();
  }

  #look(): void {
    const { limits, upstream, now } = this.#options;
    const latest = now() - limits.maxWaitMs;
    for (const waiting of this.#waiting) {
      if (waiting.since > latest) break;
      this.#waiting.delete(waiting);
      waiting.reject(
        new PeerError('queue-timeout', `No server of upstream "${upstream}" was free within ${limits.maxWaitMs} ms`),
      );
    }
    // A wake-up may have met a front that had no use for it.
    this.#serve();
  }

  /** Lets the others know since when there is one that waits. */
  #tell(): void {
    const [first] = this.#waiting;
    this.#tellSince(first ? first.since : Number.POSITIVE_INFINITY);
    if (first) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  /** The queue before or after this one of the same front may have said something in the same place, so that nothing is said twice. */
  #tellSince(since: number): void {
    const { counters, front } = this.#options;
    if (this.#isRetired || since === this.#told) return;
    this.#told = since;
    counters.waiting(front, since);
  }
}
