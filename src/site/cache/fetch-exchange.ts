import { emptyBody } from '../../core/body.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { Exchange, RequestHead } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';
import { ChangedExchange } from '../content/changed-exchange.ts';

/**
 * What a cache asks content with. It goes on where its client has left, since others may want the answer, until it `follows` its client.
 * A detached one has no client.
 */
export class FetchExchange extends ChangedExchange {
  readonly startedAt?: number;
  readonly connectionRequests?: number;
  readonly isPipelined?: boolean;
  readonly requestLength?: number;
  readonly #listeners: ((reason: ErrorCode) => void)[] = [];
  readonly #isDetached: boolean;
  #follows = false;
  /** Why the client has left. */
  #left: ErrorCode | undefined;
  /** Why nobody wants the answer any more. */
  #aborted: ErrorCode | undefined;

  constructor(exchange: Exchange, request: RequestHead, isDetached: boolean) {
    // What the request came in may be gone before the answer is there.
    const headers = HeaderList.empty.withAll(request.headers);
    super(exchange, { ...request, headers }, isDetached ? emptyBody : exchange.body);
    this.#isDetached = isDetached;
    // What variables tell of the client's request holds for this one too.
    const { startedAt, connectionRequests, isPipelined, requestLength } = exchange;
    if (startedAt !== undefined) this.startedAt = startedAt;
    if (connectionRequests !== undefined) this.connectionRequests = connectionRequests;
    if (isPipelined !== undefined) this.isPipelined = isPipelined;
    if (requestLength !== undefined) this.requestLength = requestLength;
    if (isDetached) return;
    exchange.onAbort((reason) => {
      this.#left = reason;
      if (this.#follows) this.abort(reason);
    });
  }

  override inform(status: number, headers: HeaderList): void {
    if (!this.#isDetached) super.inform(status, headers);
  }

  override onAbort(listener: (reason: ErrorCode) => void): void {
    if (this.#aborted === undefined) this.#listeners.push(listener);
    else listener(this.#aborted);
  }

  /** The answer is for its client alone. */
  follow(): void {
    this.#follows = true;
    if (this.#left !== undefined) this.abort(this.#left);
  }

  /** Nobody wants the answer any more. */
  abort(reason: ErrorCode): void {
    if (this.#aborted !== undefined) return;
    this.#aborted = reason;
    for (const listener of this.#listeners.splice(0)) listener(reason);
  }
}
