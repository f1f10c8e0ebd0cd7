import { PeerError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { QueueLimits } from '../../core/limits.ts';
import type { Outcome } from '../../core/reply.ts';

/** A request that waits for a worker. */
export interface QueuedRequest {
  readonly exchange: Exchange;
  /** When it came, in the front's milliseconds. */
  readonly since: number;
  resolve(outcome: Outcome | Promise<Outcome>): void;
  reject(error: Error): void;
}

/** The requests that no worker can take yet, first come first served, bounded in number and in time. */
export class RequestQueue {
  readonly #limits: QueueLimits;
  /** A ring. The place of a client that left stays empty until its turn comes. */
  #places: (QueuedRequest | undefined)[];
  #first = 0;
  #used = 0;
  #depth = 0;

  readonly #changed: () => void;

  /** `changed` is called whenever a request came or went. */
  constructor(limits: QueueLimits, changed: () => void) {
    this.#limits = limits;
    this.#changed = changed;
    this.#places = Array.from({ length: limits.maxRequests }, () => undefined);
  }

  get depth(): number {
    return this.#depth;
  }

  /** The one that has waited longest. */
  get first(): QueuedRequest | undefined {
    for (let index = 0; this.#depth > 0 && index < this.#used; index++) {
      const queued = this.#places[(this.#first + index) % this.#places.length];
      if (queued) return queued;
    }
    return undefined;
  }

  /** Waits for a worker. Throws PeerError `queue-full`. A client that leaves is taken out. */
  add(exchange: Exchange, now: number): Promise<Outcome> {
    if (this.#depth >= this.#limits.maxRequests) {
      throw new PeerError('queue-full', `Cannot queue the request: ${this.#limits.maxRequests} are waiting already`);
    }
    if (this.#used === this.#places.length) this.#compact();
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const queued: QueuedRequest = { exchange, since: now, resolve, reject };
    this.#places[(this.#first + this.#used) % this.#places.length] = queued;
    this.#used++;
    this.#depth++;
    this.#changed();
    exchange.onAbort((code) => {
      const place = this.#places.indexOf(queued);
      if (place < 0) return;
      this.#places[place] = undefined;
      this.#depth--;
      this.#changed();
      reject(new PeerError(code, 'The client left while its request was queued'));
    });
    return promise;
  }

  /** Takes the request that has waited longest. */
  shift(): QueuedRequest | undefined {
    while (this.#used > 0) {
      const queued = this.#places[this.#first];
      this.#places[this.#first] = undefined;
      this.#first = (this.#first + 1) % this.#places.length;
      this.#used--;
      if (!queued) continue;
      this.#depth--;
      this.#changed();
      return queued;
    }
    return undefined;
  }

  /** Refuses those that have waited too long; gives how many. */
  expire(now: number): number {
    const { maxWaitMs } = this.#limits;
    let count = 0;
    while (this.#depth > 0) {
      const first = this.#places[this.#first];
      if (first && now - first.since < maxWaitMs) return count;
      if (first) {
        count++;
        this.shift()?.reject(new PeerError('queue-timeout', `No worker was free within ${maxWaitMs} ms`));
      } else {
        this.#compact();
      }
    }
    return count;
  }

  /** Refuses all. */
  clear(error: PeerError): void {
    for (let queued = this.shift(); queued; queued = this.shift()) queued.reject(error);
  }

  #compact(): void {
    const waiting: (QueuedRequest | undefined)[] = [];
    for (let index = 0; index < this.#used; index++) {
      const queued = this.#places[(this.#first + index) % this.#places.length];
      if (queued) waiting.push(queued);
    }
    this.#first = 0;
    this.#used = waiting.length;
    waiting.length = this.#places.length;
    this.#places = waiting;
  }
}
