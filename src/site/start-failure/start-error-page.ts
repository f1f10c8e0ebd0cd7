import { emptyBody } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import { failureHeader, sameStatus, startErrorReply } from './start-error-reply.ts';
import type { StartFailure } from './start-failure.ts';

const headers = HeaderList.of([['cache-control', 'no-store']]);
/** Tells the page that the failure it shows is over. */
const over: Reply = { status: 204, headers, body: emptyBody };
/** Tells the page that nothing has changed yet, and to ask again. */
const same: Reply = { status: sameStatus, headers, body: emptyBody };
/** How long a page waits for its answer, in milliseconds: browsers have six connections to a server, which all pages share. */
const mostWaitMs = 1_000;

/** What `--reload` puts before the app: while its newest version cannot start, every request is answered with the reason. */
export class StartErrorPage {
  readonly #waiting: Set<PromiseWithResolvers<Reply>> = new Set();
  #failure: StartFailure | undefined;
  #closed = false;

  /** From now on this is why the app cannot start; undefined where it has. Pages that show another state load again. */
  show(failure: StartFailure | undefined): void {
    this.#failure = failure;
    for (const page of this.#waiting) page.resolve(over);
    this.#waiting.clear();
  }

  /** The answer to a request that is not for the app; undefined for one that is. */
  answer(exchange: Exchange): Reply | Promise<Reply> | undefined {
    const { method, headers } = exchange.request;
    const shown = method === 'GET' ? headers.get(failureHeader) : undefined;
    if (shown !== undefined) return shown === this.#failure?.id ? this.#nextState(exchange) : over;
    return this.#failure && startErrorReply(this.#failure, exchange);
  }

  /** Lets no page wait any longer: Galley stops. */
  close(): void {
    this.#closed = true;
    for (const page of this.#waiting) page.reject(stopping());
    this.#waiting.clear();
  }

  #nextState(exchange: Exchange): Promise<Reply> {
    const page = Promise.withResolvers<Reply>();
    if (this.#closed) {
      page.reject(stopping());
      return page.promise;
    }
    this.#waiting.add(page);
    const late = setTimeout(() => page.resolve(same), mostWaitMs);
    exchange.onAbort((code) => page.reject(new PeerError(code, 'The page that waited for the app was closed')));
    return page.promise.finally(() => {
      clearTimeout(late);
      this.#waiting.delete(page);
    });
  }
}

function stopping(): PeerError {
  return new PeerError('shutting-down', 'Galley is stopping');
}
