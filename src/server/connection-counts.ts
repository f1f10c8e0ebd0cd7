import type { FrontCounts } from '../front/front.ts';
import type { ConnectionCounts } from '../site/content/stub-status.ts';

const fields = ['accepted', 'requests', 'active', 'waiting'] as const;

/** The client connections of all front threads, in memory that they share. Each thread writes its own row now and then. */
export class SharedConnectionCounts implements ConnectionCounts {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Float64Array;
  readonly #refresh: () => void;

  /** `refresh`: called before counts are read, for the thread to write its own. */
  constructor(frontCount: number, buffer?: SharedArrayBuffer, refresh: () => void = () => {}) {
    this.buffer = buffer ?? new SharedArrayBuffer(frontCount * fields.length * Float64Array.BYTES_PER_ELEMENT);
    this.#cells = new Float64Array(this.buffer);
    this.#refresh = refresh;
  }

  get accepted(): number {
    return this.#sum(0);
  }

  get requests(): number {
    return this.#sum(1);
  }

  get active(): number {
    return this.#sum(2);
  }

  get waiting(): number {
    return this.#sum(3);
  }

  /** What a thread has now. */
  write(front: number, counts: FrontCounts): void {
    for (const [index, field] of fields.entries()) this.#cells[front * fields.length + index] = counts[field];
  }

  /** What a thread had when it wrote its row: with that the one that takes its place goes on. */
  totalsOf(front: number): Pick<FrontCounts, 'accepted' | 'requests'> {
    const row = front * fields.length;
    return { accepted: this.#cells[row] as number, requests: this.#cells[row + 1] as number };
  }

  /** A thread has died, and its connections with it. */
  clearFront(front: number): void {
    this.#cells.fill(0, front * fields.length + 2, front * fields.length + 4);
  }

  #sum(field: number): number {
    this.#refresh();
    let sum = 0;
    for (let at = field; at < this.#cells.length; at += fields.length) sum += this.#cells[at] as number;
    return sum;
  }
}
