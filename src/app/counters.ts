import { bucketCount, bucketOf } from './histogram.ts';

/** Slots for workers; there are more than workers may be, since old ones end while new ones start. */
export const slotCount = 2048;

/**
 * What the front threads and the supervisor share about one app, in memory that all of them see. But for the histograms a front
 * thread writes only cells of its own, so that what one that died had counted can be set back.
 */
export class AppCounters {
  readonly buffer: SharedArrayBuffer;
  readonly frontCount: number;
  // By slot, then front.
  readonly #requests: Float64Array;
  readonly #inFlight: Int32Array;
  readonly #stuck: Int32Array;
  // By front.
  readonly #oldest: Float64Array;
  readonly #refusedFull: Float64Array;
  readonly #refusedTimeout: Float64Array;
  readonly #queueDepth: Int32Array;
  readonly #againDepth: Int32Array;
  readonly #wake: Int32Array;
  // By slot, then bucket.
  readonly #latency: Uint32Array;
  readonly #wait: Uint32Array;

  /** `buffer`: what the counters of another thread lie in, for as many fronts; left out, they are new. */
  constructor(frontCount: number, buffer?: SharedArrayBuffer) {
    const cells = slotCount * frontCount;
    const buckets = slotCount * bucketCount;
    const doubles = cells + 3 * frontCount;
    const words = 2 * cells + 3 * frontCount + buckets + bucketCount;
    this.buffer = buffer ?? new SharedArrayBuffer(doubles * 8 + words * 4);
    this.frontCount = frontCount;
    let at = 0;
    const place = (count: number, size: number): [buffer: SharedArrayBuffer, at: number, count: number] => {
      at += count * size;
      return [this.buffer, at - count * size, count];
    };
    this.#requests = new Float64Array(...place(cells, 8));
    this.#oldest = new Float64Array(...place(frontCount, 8));
    this.#refusedFull = new Float64Array(...place(frontCount, 8));
    this.#refusedTimeout = new Float64Array(...place(frontCount, 8));
    this.#inFlight = new Int32Array(...place(cells, 4));
    this.#stuck = new Int32Array(...place(cells, 4));
    this.#queueDepth = new Int32Array(...place(frontCount, 4));
    this.#againDepth = new Int32Array(...place(frontCount, 4));
    this.#wake = new Int32Array(...place(frontCount, 4));
    this.#latency = new Uint32Array(...place(buckets, 4));
    this.#wait = new Uint32Array(...place(bucketCount, 4));
    if (!buffer) this.#oldest.fill(Number.POSITIVE_INFINITY);
  }

  /** A request was sent to the worker in that slot. */
  sent(front: number, slot: number): void {
    const cell = slot * this.frontCount + front;
    Atomics.store(this.#inFlight, cell, (this.#inFlight[cell] as number) + 1);
    this.#requests[cell] = (this.#requests[cell] as number) + 1;
  }

  /** A request there has ended. */
  ended(front: number, slot: number): void {
    const cell = slot * this.frontCount + front;
    Atomics.store(this.#inFlight, cell, (this.#inFlight[cell] as number) - 1);
  }

  /** A request came back from there that the app was not called for. */
  returned(front: number, slot: number): void {
    this.ended(front, slot);
    const cell = slot * this.frontCount + front;
    this.#requests[cell] = (this.#requests[cell] as number) - 1;
  }

  /** The connection to the worker is gone, with all requests that were on it. */
  lost(front: number, slot: number): void {
    Atomics.store(this.#inFlight, slot * this.frontCount + front, 0);
    Atomics.store(this.#stuck, slot * this.frontCount + front, 0);
  }

  /** So many more requests there, or fewer, go on although they were cancelled; they are under way as well. */
  stuckBy(front: number, slot: number, change: number): void {
    Atomics.add(this.#stuck, slot * this.frontCount + front, change);
  }

  /** The requests at the worker in that slot that go on although they were cancelled. */
  stuck(slot: number): number {
    const first = slot * this.frontCount;
    let sum = 0;
    for (let front = 0; front < this.frontCount; front++) sum += Atomics.load(this.#stuck, first + front);
    return sum;
  }

  /** A request took that long at the worker in that slot. */
  took(slot: number, milliseconds: number): void {
    Atomics.add(this.#latency, slot * bucketCount + bucketOf(milliseconds), 1);
  }

  /** The requests that all fronts have at the worker in that slot. */
  inFlight(slot: number): number {
    const first = slot * this.frontCount;
    let sum = 0;
    for (let front = 0; front < this.frontCount; front++) sum += Atomics.load(this.#inFlight, first + front);
    return sum;
  }

  /** All requests that the worker in that slot was sent. */
  requests(slot: number): number {
    const first = slot * this.frontCount;
    let sum = 0;
    for (let front = 0; front < this.frontCount; front++) sum += this.#requests[first + front] as number;
    return sum;
  }

  /** The latencies of the worker in that slot, counted by bucket (see histogram.ts); only ever grow, modulo 2³². */
  latencies(slot: number): Uint32Array {
    return this.#latency.slice(slot * bucketCount, (slot + 1) * bucketCount);
  }

  /** A worker takes the slot over. */
  clearSlot(slot: number): void {
    const first = slot * this.frontCount;
    this.#requests.fill(0, first, first + this.frontCount);
    this.#inFlight.fill(0, first, first + this.frontCount);
    this.#stuck.fill(0, first, first + this.frontCount);
    this.#latency.fill(0, slot * bucketCount, (slot + 1) * bucketCount);
  }

  /** A front thread died: what it had sent and queued is gone. */
  clearFront(front: number): void {
    for (let slot = 0; slot < slotCount; slot++) this.lost(front, slot);
    this.queued(front, 0, Number.POSITIVE_INFINITY);
    this.queuedAgain(front, 0);
  }

  /** How many requests wait at a front for the first time; and since when the one has waited that is to go first, infinity for none. */
  queued(front: number, depth: number, oldest: number): void {
    this.#oldest[front] = oldest;
    Atomics.store(this.#queueDepth, front, depth);
  }

  /** How many requests wait at a front that a worker had already. */
  queuedAgain(front: number, depth: number): void {
    Atomics.store(this.#againDepth, front, depth);
  }

  /** Those of all fronts. */
  get againDepth(): number {
    return this.#againDepth.reduce((sum, depth) => sum + depth, 0);
  }

  /** The requests that wait at all fronts for the first time. */
  get queueDepth(): number {
    let sum = 0;
    for (let front = 0; front < this.frontCount; front++) sum += Atomics.load(this.#queueDepth, front);
    return sum;
  }

  /** Since when the request has waited that has waited longest; undefined where none does. */
  get oldest(): number | undefined {
    const front = this.longestWaiting();
    return front === undefined ? undefined : this.#oldest[front];
  }

  /** The front whose first request has waited longest; undefined where none waits. */
  longestWaiting(): number | undefined {
    let longest: number | undefined;
    let since = Number.POSITIVE_INFINITY;
    for (let front = 0; front < this.frontCount; front++) {
      const oldest = this.#oldest[front] as number;
      if (oldest >= since) continue;
      longest = front;
      since = oldest;
    }
    return longest;
  }

  /** A request was sent to a worker after it had waited. */
  waited(milliseconds: number): void {
    Atomics.add(this.#wait, bucketOf(milliseconds), 1);
  }

  /** The waits, counted by bucket; only ever grow, modulo 2³². */
  waits(): Uint32Array {
    return this.#wait.slice();
  }

  /** So many requests were refused for want of room in the queue, or after too long in it. */
  refused(front: number, why: 'full' | 'timeout', count: number): void {
    const counts = why === 'full' ? this.#refusedFull : this.#refusedTimeout;
    counts[front] = (counts[front] as number) + count;
  }

  get refusedFull(): number {
    return this.#refusedFull.reduce((sum, count) => sum + count, 0);
  }

  get refusedTimeout(): number {
    return this.#refusedTimeout.reduce((sum, count) => sum + count, 0);
  }

  /** Lets a front know that there is room for what waits there. */
  wake(front: number): void {
    Atomics.add(this.#wake, front, 1);
    Atomics.notify(this.#wake, front);
  }

  /** Calls back, in a turn of its own, each time another front has woken this one. Gives the function that ends that. */
  onWake(front: number, woken: () => void): () => void {
    let isOver = false;
    const wait = (): void => {
      if (isOver) return;
      const result = Atomics.waitAsync(this.#wake, front, Atomics.load(this.#wake, front));
      void Promise.resolve(result.value).then(() => {
        if (isOver) return;
        wait();
        woken();
      });
    };
    wait();
    return () => {
      isOver = true;
      this.wake(front);
    };
  }
}
