import type { Priority } from './priority.ts';

/** What PRIORITY_UPDATE says of streams that are not open yet (RFC 9218 §7.1), of so many at most. */
export class PriorityUpdates {
  readonly #most: number;
  readonly #waiting: Map<number, Priority> = new Map();

  constructor(most: number) {
    this.#most = most;
  }

  /** `last`: the latest stream; what is said of those before it has no use any more. */
  note(stream: number, priority: Priority, last: number): void {
    if (this.#waiting.size >= this.#most) {
      for (const waiting of this.#waiting.keys()) if (waiting <= last) this.#waiting.delete(waiting);
    }
    if (this.#waiting.size < this.#most || this.#waiting.has(stream)) this.#waiting.set(stream, priority);
  }

  /** What is said of a stream that is opened now. */
  take(stream: number): Priority | undefined {
    if (this.#waiting.size === 0) return undefined;
    const priority = this.#waiting.get(stream);
    this.#waiting.delete(stream);
    return priority;
  }
}
