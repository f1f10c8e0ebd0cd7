/** A connection that may be without a request. */
export interface IdleConnection {
  /** Ends it, if it still is without one. */
  endIdle(): void;
}

/** So few that little can arrive between the last look at a connection and its end. */
const batchSize = 64;

/**
 * Ends connections that are without a request, each right after a turn of the event loop in which all was read that the kernel
 * had of it. What comes later crosses the end on its way: no handler sees it, and the client sees an end and no reset.
 */
export class IdleEnding {
  readonly #waiting: Set<IdleConnection> = new Set();
  #turn: NodeJS.Immediate | undefined;

  add(connection: IdleConnection): void {
    this.#waiting.add(connection);
    this.#turn ??= setImmediate(() => this.#endSome());
  }

  #endSome(): void {
    let count = 0;
    for (const connection of this.#waiting) {
      if (count++ === batchSize) break;
      this.#waiting.delete(connection);
      connection.endIdle();
    }
    this.#turn = this.#waiting.size > 0 ? setImmediate(() => this.#endSome()) : undefined;
  }
}
