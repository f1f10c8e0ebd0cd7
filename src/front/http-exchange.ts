import type { Body } from '../core/body.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { ConnectionFacts, Exchange, RequestHead } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';

type AbortListener = (reason: ErrorCode) => void;

/** An exchange on an HTTP/1 connection. */
export class HttpExchange implements Exchange {
  readonly request: RequestHead;
  readonly connection: ConnectionFacts;
  readonly body: Body;
  readonly expectsContinue: boolean;
  queueMs = 0;

  readonly #name: () => string;
  readonly #inform: (status: number, headers: HeaderList) => void;
  readonly #listeners: AbortListener[] = [];
  #id: string | undefined;
  #aborted: ErrorCode | undefined;

  /** `name` makes the id when it is first asked for. */
  constructor(
    request: RequestHead,
    connection: ConnectionFacts,
    body: Body,
    expectsContinue: boolean,
    name: () => string,
    inform: (status: number, headers: HeaderList) => void,
  ) {
    this.request = request;
    this.connection = connection;
    this.body = body;
    this.expectsContinue = expectsContinue;
    this.#name = name;
    this.#inform = inform;
  }

  get id(): string {
    this.#id ??= this.#name();
    return this.#id;
  }

  inform(status: number, headers: HeaderList): void {
    this.#inform(status, headers);
  }

  onAbort(listener: AbortListener): void {
    if (this.#aborted) listener(this.#aborted);
    else this.#listeners.push(listener);
  }

  /** Tells the listeners, once. */
  abort(reason: ErrorCode): void {
    if (this.#aborted) return;
    this.#aborted = reason;
    for (const listener of this.#listeners.splice(0)) listener(reason);
  }
}
