import type { WorkerStream } from './worker-stream.ts';

const firstSize = 256;
const lastId = 0xffffffff;

/**
 * The streams of one worker connection by their number. Numbers go upwards and wrap, since a late frame of an ended stream must
 * not meet a new one. A stream's place is its number modulo the table's size; a number whose place is taken is skipped.
 * A Map would do the same, but one that gains and loses entries all the time keeps the objects of its outgrown tables alive
 * until the next full collection, which makes every minor collection copy them.
 */
export class StreamTable {
  #places: (WorkerStream | undefined)[] = Array.from({ length: firstSize }, () => undefined);
  #size = 0;
  #last = 0;

  get size(): number {
    return this.#size;
  }

  /** A number for the next stream. */
  nextId(): number {
    if (this.#size * 2 >= this.#places.length) this.#grow();
    do this.#last = this.#last === lastId ? 1 : this.#last + 1;
    while (this.#places[this.#placeOf(this.#last)]);
    return this.#last;
  }

  /** Adds a stream whose number came from `nextId`. */
  add(stream: WorkerStream): void {
    this.#places[this.#placeOf(stream.id)] = stream;
    this.#size++;
  }

  get(id: number): WorkerStream | undefined {
    const stream = this.#places[this.#placeOf(id)];
    return stream?.id === id ? stream : undefined;
  }

  delete(stream: WorkerStream): void {
    this.#places[this.#placeOf(stream.id)] = undefined;
    this.#size--;
  }

  *[Symbol.iterator](): Iterator<WorkerStream> {
    for (const stream of this.#places) if (stream) yield stream;
  }

  clear(): void {
    this.#places.fill(undefined);
    this.#size = 0;
  }

  #placeOf(id: number): number {
    return id & (this.#places.length - 1);
  }

  #grow(): void {
    const streams = [...this];
    this.#places = Array.from({ length: this.#places.length * 2 }, () => undefined);
    for (const stream of streams) this.#places[this.#placeOf(stream.id)] = stream;
  }
}
