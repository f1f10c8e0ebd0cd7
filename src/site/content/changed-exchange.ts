import type { Body } from '../../core/body.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { ConnectionFacts, Exchange, ExchangeObserver, RequestHead } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';

/** An exchange with another head, another body, and maybe another client. */
export class ChangedExchange implements Exchange {
  readonly request: RequestHead;
  readonly body: Body;
  connection: ConnectionFacts;
  readonly #exchange: Exchange;

  constructor(exchange: Exchange, request: RequestHead, body: Body, connection: ConnectionFacts = exchange.connection) {
    this.#exchange = exchange;
    this.connection = connection;
    this.request = request;
    this.body = body;
  }

  get id(): string {
    return this.#exchange.id;
  }

  get expectsContinue(): boolean {
    return this.#exchange.expectsContinue;
  }

  get isWebSocket(): boolean {
    return this.#exchange.isWebSocket;
  }

  get hasUpgrade(): boolean {
    return this.#exchange.hasUpgrade === true;
  }

  get trailers(): HeaderList {
    return (this.body === this.#exchange.body && this.#exchange.trailers) || HeaderList.empty;
  }

  get queueMs(): number {
    return this.#exchange.queueMs;
  }

  set queueMs(queueMs: number) {
    this.#exchange.queueMs = queueMs;
  }

  get observer(): ExchangeObserver | undefined {
    return this.#exchange.observer;
  }

  inform(status: number, headers: HeaderList): void {
    this.#exchange.inform(status, headers);
  }

  onAbort(listener: (reason: ErrorCode) => void): void {
    this.#exchange.onAbort(listener);
  }
}
