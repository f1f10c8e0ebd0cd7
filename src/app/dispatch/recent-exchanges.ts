import type { Exchange } from '../../core/exchange.ts';
import type { WorkerStream } from './worker-stream.ts';

const kept = 64;

/** The last exchanges that ended on a worker connection, so that what fails after its answer can still be named in the log. */
export class RecentExchanges {
  readonly #ids: number[] = Array.from({ length: kept }, () => 0);
  readonly #exchanges: (Exchange | undefined)[] = Array.from({ length: kept }, () => undefined);

  add({ id, exchange }: WorkerStream): void {
    const place = id % kept;
    this.#ids[place] = id;
    this.#exchanges[place] = exchange;
  }

  /** The exchange of that stream, if it ended lately. */
  find(stream: number): Exchange | undefined {
    const place = stream % kept;
    return this.#ids[place] === stream ? this.#exchanges[place] : undefined;
  }
}
