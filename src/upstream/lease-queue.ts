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
  #isClosed = false;

  constructor(options: LeaseQueueOptions) {
    const { counters, front } = options;
    this.#options = options;
    this.#unwatch = counters.frontCount > 1 ? counters.onWake(front, () => this.#serve()) : () => {};
  }

  /** Whether a request that comes now has others before it, in any front thread. */
  isWaitedFor(): boolean {
    return this.#options.counters.longestWaiting() !== undefined;
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
    this.#sweep ??= setInterval(() => this.#look(), sweepMs);
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
    const longest = counters.longestWaiting();
    if (longest === undefined) return;
    if (longest !== front) counters.wake(longest);
    else this.#serve();
  }

  close(): void {
    this.#isClosed = true;
    for (const waiting of this.#waiting) waiting.reject(new PeerError('shutting-down', 'Galley is stopping'));
    this.#waiting.clear();
    this.#tell();
    this.#unwatch();
  }

  #serve(): void {
    // Where one that may go anywhere finds no place, so do all but those that stick to a member.
    let isFull = false;
    for (const waiting of this.#waiting) {
      const { tried, route } = waiting.choice;
      if (isFull && route === undefined) continue;
      const lease = this.#options.choose(waiting.choice);
      if (lease) {
        this.#waiting.delete(waiting);
        waiting.resolve(lease);
      } else if (tried.size === 0) {
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
    const { counters, front } = this.#options;
    const [first] = this.#waiting;
    counters.waiting(front, first ? first.since : Number.POSITIVE_INFINITY);
    if (first) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}
