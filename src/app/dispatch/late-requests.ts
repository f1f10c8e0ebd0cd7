import { PeerError } from '../../core/errors.ts';
import { stuckGraceMs } from '../../core/limits.ts';
import type { DispatcherOptions } from './dispatcher.ts';
import type { WorkerLink } from './worker-link.ts';
import type { WorkerStream } from './worker-stream.ts';

const longestLookMs = 1_000;

/** Finds the requests that take too long, and those that go on after they were cancelled for that. */
export class LateRequests {
  readonly #options: DispatcherOptions;
  /** All that may have requests, those that get no more as well. */
  readonly #links: Set<WorkerLink> = new Set();
  /** When the worker was told to cancel them. */
  readonly #cancelled: Map<WorkerStream, { readonly link: WorkerLink; readonly at: number }> = new Map();
  /** When requests are next looked at: there may be as many as there are open streams. */
  #nextLook = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  get links(): Iterable<WorkerLink> {
    return this.#links;
  }

  watch(link: WorkerLink): void {
    this.#links.add(link);
  }

  forget(link: WorkerLink): void {
    this.#links.delete(link);
  }

  /** Has the worker cancel a request that was reported late. */
  cancel(link: WorkerLink, id: number): void {
    const stream = link.stream(id);
    if (!stream) return;
    stream.cancelLate();
    this.#cancelled.set(stream, { link, at: this.#options.now() });
  }

  look(now: number): void {
    this.#findStuck(now);
    const { requestTimeoutMs, late } = this.#options;
    if (requestTimeoutMs === 0 || now < this.#nextLook) return;
    this.#nextLook = now + Math.min(longestLookMs, requestTimeoutMs / 10);
    for (const link of this.#links) {
      for (const stream of link.streams) {
        if (!stream.isWaiting || now - stream.startedAt < requestTimeoutMs) continue;
        stream.expire(new PeerError('app-timeout', `The app did not begin its answer within ${requestTimeoutMs} ms`));
        late(link, stream);
      }
    }
  }

  #findStuck(now: number): void {
    for (const [stream, { link, at }] of this.#cancelled) {
      const isOver = !link.has(stream);
      if (!isOver && now - at < stuckGraceMs) continue;
      this.#cancelled.delete(stream);
      if (isOver) continue;
      stream.isStuck = true;
      this.#options.counters.stuckBy(this.#options.front, link.slot, 1);
      this.#options.stuck(link, stream);
    }
  }
}
