import { isMapped } from '../../http/network.ts';
import { PlanError } from '../compile-context.ts';

interface Range<Value> {
  readonly first: number;
  readonly last: number;
  readonly value: Value;
}

/** Values of ranges of IPv4 addresses. A range inside of another one counts before it. */
export class AddressRanges<Value> {
  readonly #ranges: Range<Value>[] = [];
  /** Where another value begins, in order. */
  #starts: number[] = [];
  #values: (Value | undefined)[] = [];

  add(first: number, last: number, value: Value): void {
    this.#ranges.push({ first, last, value });
  }

  /** Call it when all are there. Throws PlanError for two ranges of which neither is inside of the other. */
  complete(): void {
    const ranges = this.#ranges.toSorted((a, b) => a.first - b.first || b.last - a.last);
    const open: Range<Value>[] = [];
    this.#starts = [];
    this.#values = [];
    for (const range of ranges) {
      this.#close(open, range.first - 1);
      const outer = open.at(-1);
      if (outer && range.last > outer.last) throw new PlanError(`range "${textOf(range)}" overlaps "${textOf(outer)}"`);
      this.#begin(range.first, range.value);
      open.push(range);
    }
    this.#close(open, Number.POSITIVE_INFINITY);
  }

  /** For an address as bytes, IPv4 or IPv4-mapped. */
  find(address: Uint8Array): Value | undefined {
    if (address.length !== 4 && !isMapped(address)) return undefined;
    const number = address.subarray(-4).reduce((sum, byte) => sum * 256 + byte, 0);
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) <= number) low = middle + 1;
      else high = middle;
    }
    return this.#values[low - 1];
  }

  /** Ends the open ranges that end at `last` or before; what is around them goes on. */
  #close(open: Range<Value>[], last: number): void {
    for (let inner = open.at(-1); inner && inner.last <= last; inner = open.at(-1)) {
      open.pop();
      this.#begin(inner.last + 1, open.at(-1)?.value);
    }
  }

  #begin(start: number, value: Value | undefined): void {
    if (this.#starts.at(-1) === start) {
      this.#values[this.#values.length - 1] = value;
      return;
    }
    this.#starts.push(start);
    this.#values.push(value);
  }
}

function textOf({ first, last }: Range<unknown>): string {
  return `${dotted(first)}-${dotted(last)}`;
}

function dotted(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}
