import type { Body } from '../core/body.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { ConnectionFacts, Exchange, ExchangeObserver, RequestHead } from '../core/exchange.ts';
import { HeaderList } from '../core/headers.ts';
import type { Reply } from '../core/reply.ts';
import type { HandshakeRefusal, WebSocketHandshake } from '../protocol/websocket/handshake.ts';
import { refusalReply } from './open-websocket.ts';

type AbortListener = (reason: ErrorCode) => void;

/** What an exchange needs of the turn it is of. */
export interface ExchangeOwner {
  nextRequestId(): string;
  /** When the request's head came, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Bytes received for it so far. */
  readonly requestLength: number;
  readonly connectionRequests: number;
  /** Those of the request; empty until its end came. */
  readonly trailers: HeaderList;
  inform(status: number, headers: HeaderList): void;
}

/** An exchange on an HTTP/1 connection. */
export class HttpExchange implements Exchange {
  request: RequestHead;
  connection: ConnectionFacts;
  readonly body: Body;
  readonly expectsContinue: boolean;
  /** Of a request that would open a WebSocket. */
  readonly handshake: WebSocketHandshake | HandshakeRefusal | undefined;
  readonly hasUpgrade: boolean;
  queueMs = 0;
  observer: ExchangeObserver | undefined;
  isLast = false;

  #owner: ExchangeOwner;
  #listeners: AbortListener[] | undefined;
  #id: string | undefined;
  #aborted: ErrorCode | undefined;

  constructor(
    request: RequestHead,
    connection: ConnectionFacts,
    body: Body,
    expectsContinue: boolean,
    handshake: WebSocketHandshake | HandshakeRefusal | undefined,
    hasUpgrade: boolean,
    owner: ExchangeOwner,
  ) {
    this.request = request;
    this.connection = connection;
    this.body = body;
    this.expectsContinue = expectsContinue;
    this.handshake = handshake;
    this.hasUpgrade = hasUpgrade;
    this.#owner = owner;
  }

  /** Made when it is first asked for. */
  get id(): string {
    this.#id ??= this.#owner.nextRequestId();
    return this.#id;
  }

  get isWebSocket(): boolean {
    return this.handshake?.kind === 'handshake';
  }

  get handshakeRefusal(): Reply | undefined {
    return this.handshake?.kind === 'refusal' ? refusalReply(this.handshake) : undefined;
  }

  get startedAt(): number {
    return this.#owner.startedAt;
  }

  get requestLength(): number {
    return this.#owner.requestLength;
  }

  get trailers(): HeaderList {
    return this.#owner.trailers;
  }

  get connectionRequests(): number {
    return this.#owner.connectionRequests;
  }

  inform(status: number, headers: HeaderList): void {
    this.#owner.inform(status, headers);
  }

  onAbort(listener: AbortListener): void {
    if (this.#aborted) listener(this.#aborted);
    else if (this.#listeners) this.#listeners.push(listener);
    else this.#listeners = [listener];
  }

  /** Lets go of what the connection owns: the exchange is going to live long, and the slab that its headers lie in holds many others. */
  outlive(): void {
    const { headers } = this.request;
    const bytes = Buffer.alloc(headers.end - headers.start);
    headers.bytes.copy(bytes, 0, headers.start, headers.end);
    this.request = { ...this.request, headers: HeaderList.ofValidBlock(bytes, 0, bytes.length) };
    this.#id = this.id;
    const { startedAt, requestLength, connectionRequests } = this;
    const kept = { startedAt, requestLength, connectionRequests, trailers: HeaderList.empty };
    this.#owner = { ...kept, nextRequestId: () => '', inform: () => {} };
    this.#listeners = undefined;
  }

  /** Tells the listeners, once. */
  abort(reason: ErrorCode): void {
    if (this.#aborted) return;
    this.#aborted = reason;
    for (const listener of this.#listeners ?? []) listener(reason);
    this.#listeners = undefined;
  }
}
