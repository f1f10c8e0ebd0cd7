import { PeerError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { QueueLimits } from '../core/limits.ts';
import type { Reply } from '../core/reply.ts';

/** A request that waits for a worker. */
export interface QueuedRequest {
  readonly exchange: Exchange;
  /** When it came, in the front's milliseconds. */
  readonly since: number;
  resolve(reply: Reply | Promise<Reply>): void;
  reject(error: Error): void;
}

/** The requests that no worker can take yet, first come first served, bounded in number and in time. */
export class RequestQueue {
  readonly #limits: QueueLimits;
  readonly #waiting: Set<QueuedRequest> = new Set();

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get depth(): number {
    return this.#waiting.size;
  }

  /** Waits for a worker. Throws PeerError `queue-full`. A client that leaves is taken out. */
  add(exchange: Exchange, now: number): Promise<Reply> {
    if (this.#waiting.size >= this.#limits.maxRequests) {
      throw new PeerError('queue-full', `Cannot queue the request: ${this.#limits.maxRequests} are waiting already`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const queued: QueuedRequest = { exchange, since: now, resolve, reject };
    this.#waiting.add(queued);
    exchange.onAbort((code) => {
      if (this.#waiting.delete(queued)) reject(new PeerError(code, 'The client left while its request was queued'));
    });
    return promise;
  }

  /** Takes the request that has waited longest. */
  shift(): QueuedRequest | undefined {
    const { value } = this.#waiting.values().next();
    if (value) this.#waiting.delete(value);
    return value;
  }

  /** Refuses those that have waited too long. */
  expire(now: number): void {
    for (const queued of this.#waiting) {
      if (now - queued.since < this.#limits.maxWaitMs) return;
      this.#waiting.delete(queued);
      queued.reject(new PeerError('queue-timeout', `No worker was free within ${this.#limits.maxWaitMs} ms`));
    }
  }

  /** Refuses all. */
  clear(error: PeerError): void {
    for (const queued of this.#waiting) queued.reject(error);
    this.#waiting.clear();
  }
}
