/** What stands in a {@link UseOrder}; the links are the order's own. */
export interface Used<Item> {
  older: Item | undefined;
  newer: Item | undefined;
}

/** Items by when they were last used. */
export class UseOrder<Item extends Used<Item>> {
  #oldest: Item | undefined;
  #newest: Item | undefined;

  get oldest(): Item | undefined {
    return this.#oldest;
  }

  /** Adds one that is in no order, as the one used last. */
  add(item: Item): void {
    const before = this.#newest;
    item.older = before;
    item.newer = undefined;
    if (before) before.newer = item;
    else this.#oldest = item;
    this.#newest = item;
  }

  /** It is used. */
  touch(item: Item): void {
    if (item === this.#newest) return;
    this.remove(item);
    this.add(item);
  }

  remove(item: Item): void {
    const { older, newer } = item;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    item.older = undefined;
    item.newer = undefined;
  }
}
