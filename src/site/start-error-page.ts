import { emptyBody } from '../core/body.ts';
import { PeerError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import { HeaderList } from '../core/headers.ts';
import type { Reply } from '../core/reply.ts';
import { failureHeader, startErrorReply } from './start-error-reply.ts';
import { describeStartFailure, type StartFailure } from './start-failure.ts';

/** Tells the page that the failure it shows is over. */
const over: Reply = { status: 204, headers: HeaderList.of([['cache-control', 'no-store']]), body: emptyBody };

/** What `--reload` puts before the app: while its newest version cannot start, every request is answered with the reason. */
export class StartErrorPage {
  readonly #directory: string;
  readonly #waiting: Set<PromiseWithResolvers<Reply>> = new Set();
  #failure: StartFailure | undefined;

  /** `directory`: the app's folder. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** From now on this is why the app cannot start; undefined where it has. Pages that show another state load again. */
  show(error: Error | undefined): void {
    this.#failure = error && describeStartFailure(error, this.#directory);
    for (const page of this.#waiting) page.resolve(over);
    this.#waiting.clear();
  }

  /** The answer to a request that is not for the app; undefined for one that is. */
  answer(exchange: Exchange): Reply | Promise<Reply> | undefined {
    const shown = exchange.request.headers.get(failureHeader);
    if (shown !== undefined) return shown === this.#failure?.id ? this.#nextState(exchange) : over;
    return this.#failure && startErrorReply(this.#failure, exchange);
  }

  /** Lets no page wait any longer: Galley stops. */
  close(): void {
    for (const page of this.#waiting) page.reject(new PeerError('shutting-down', 'Galley is stopping'));
    this.#waiting.clear();
  }

  #nextState(exchange: Exchange): Promise<Reply> {
    const page = Promise.withResolvers<Reply>();
    this.#waiting.add(page);
    exchange.onAbort((code) => {
      this.#waiting.delete(page);
      page.reject(new PeerError(code, 'The page that waited for the app was closed'));
    });
    return page.promise;
  }
}
