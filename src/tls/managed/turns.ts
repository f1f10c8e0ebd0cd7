/** Lets so many at a time do something; the others wait for their turn, those first that are urgent. */
export class Turns {
  readonly #urgent: (() => void)[] = [];
  readonly #others: (() => void)[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  async take<Value>(work: () => Promise<Value>, isUrgent: boolean): Promise<Value> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => (isUrgent ? this.#urgent : this.#others).push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#urgent.shift() ?? this.#others.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
