import { type BodySource, emptyBody } from '../core/body.ts';
import { PeerError } from '../core/errors.ts';
import { HeaderList } from '../core/headers.ts';
import { bufferedBodySize, maxDrainSize, sendBufferSize } from '../core/limits.ts';
import { isReply, isTunnel, isUpgrade, type Outcome, type Reply } from '../core/reply.ts';
import type { Tunnel } from '../core/tunnel.ts';
import type { Upgrade } from '../core/websocket.ts';
import { wantsUpgrade } from '../http/upgrade.ts';
import { continueHead, interimHead } from '../protocol/http1/response.ts';
import type { Http1RequestHead } from '../protocol/http1/server-codec.ts';
import { readHandshake } from '../protocol/websocket/handshake.ts';
import { errorReply } from '../site/error-reply.ts';
import { type Answer, cancelBody, prepareAnswer, writeStreamed, writeWhole } from './answer.ts';
import type { TurnConnection } from './connection-context.ts';
import { askHandler, exhaust, failureReply, tell } from './exchange-outcome.ts';
import { type ExchangeOwner, HttpExchange } from './http-exchange.ts';
import { IncomingBody } from './incoming-body.ts';

/** One request on a connection, from its head to the end of its answer. */
export class Turn implements BodySource, ExchangeOwner {
  readonly #connection: TurnConnection;
  readonly #head: Http1RequestHead;
  /** Undefined where the request has no body. */
  readonly #incoming: IncomingBody | undefined;
  readonly #startedAt: number;
  #exchange: HttpExchange | undefined;
  /** Waits for the rest of the request. */
  #tunnel: Tunnel | undefined;
  #isReceived = false;
  #trailers: HeaderList = HeaderList.empty;
  /** 100 (Continue) was sent. */
  #isContinued = false;
  #answer: 'none' | 'begun' | 'complete' = 'none';
  #isExhausting = false;
  /** Content bytes sent. */
  #sent = 0;
  /** Bytes sent around the content: head and framing. */
  #sentAround = 0;

  constructor(head: Http1RequestHead, connection: TurnConnection) {
    const { bodyLength } = head;
    const isStreamed = bodyLength === 'chunked' || bodyLength > bufferedBodySize || head.expectsContinue;
    this.#connection = connection;
    this.#head = head;
    this.#incoming = bodyLength === 0 ? undefined : new IncomingBody(isStreamed, this);
    this.#startedAt = connection.context.now();
  }

  /** Undefined until the handler is asked. */
  get exchange(): HttpExchange | undefined {
    return this.#exchange;
  }

  /** Whether the request's last byte is here; the codec waits for `resume` then. */
  get isReceived(): boolean {
    return this.#isReceived;
  }

  /** Whether the handler can be asked now. */
  get isStartable(): boolean {
    return !this.#exchange && (this.#isReceived || this.#incoming?.isReady === true);
  }

  /** Whether something of the final answer is written. */
  get isBegun(): boolean {
    return this.#answer !== 'none';
  }

  /** Whether the answer is written to its end. */
  get isAnswered(): boolean {
    return this.#answer === 'complete';
  }

  /** Whether the source of a body that is not sent still runs, although the request is answered. */
  get isExhausting(): boolean {
    return this.#isExhausting;
  }

  /** Whether it is the client's turn to send the body: it does not wait for 100 (Continue). */
  get isBodyAsked(): boolean {
    return !this.#head.expectsContinue || this.#isContinued || this.#answer === 'complete';
  }

  /** Whether the handler is so far behind that no more should be read from the client. */
  get isBodyFull(): boolean {
    return this.#incoming?.isFull === true;
  }

  /** Bytes of the body that are here. */
  get bodySize(): number {
    return this.#incoming?.size ?? 0;
  }

  /** Bytes of the body that are still to come; where that is unknown, those that came. */
  get bodyLeft(): number {
    const { bodyLength } = this.#head;
    return bodyLength === 'chunked' ? this.bodySize : bodyLength - this.bodySize;
  }

  /** A piece of the body came. */
  body(bytes: Uint8Array): void {
    this.#incoming?.push(bytes);
  }

  /** The request's end came. */
  end(trailers: HeaderList): void {
    this.#isReceived = true;
    this.#trailers = trailers;
    this.#incoming?.end();
  }

  get trailers(): HeaderList {
    return this.#trailers;
  }

  /** The handler asks for the body for the first time. */
  wanted(): void {
    if (!this.#head.expectsContinue || this.#isContinued || this.#isReceived || this.#answer !== 'none') return;
    const { socket, slowness, context } = this.#connection;
    this.#isContinued = true;
    slowness.restartBody(context.coarseNow);
    socket.write(continueHead);
  }

  /** The handler took some of the body. */
  taken(): void {
    if (!this.isBodyFull && !this.#isReceived) this.#connection.socket.resume();
  }

  /** The handler wants no more of the body. */
  cancelled(): void {
    this.#incoming?.discard();
    if (!this.#isReceived) this.#connection.socket.resume();
  }

  get startedAt(): number {
    return performance.timeOrigin + this.#startedAt;
  }

  get requestLength(): number {
    return this.#head.headSize + this.bodySize;
  }

  get connectionRequests(): number {
    return this.#connection.requests;
  }

  nextRequestId(): string {
    return this.#connection.context.nextRequestId();
  }

  /** Sends an interim answer, if the final one has not begun and the client knows such answers. */
  inform(status: number, headers: HeaderList): void {
    const { socket, isClosed } = this.#connection;
    if (isClosed || this.#answer !== 'none' || this.#head.version === '1.0') return;
    // A client that does not read needs no more of them.
    if (socket.writableLength > sendBufferSize) return;
    socket.write(interimHead(status, headers));
  }

  /** Asks the handler; the answer goes out when it comes. */
  start(): void {
    const head = this.#head;
    const incoming = this.#incoming;
    const { context, facts } = this.#connection;
    const judged = head.hasForwarded ? context.forwarding?.judge(head, facts) : undefined;
    const exchange = new HttpExchange(
      judged?.request ?? head,
      judged?.connection ?? facts,
      incoming ? incoming.handOver() : emptyBody,
      head.expectsContinue && !this.#isReceived,
      head.hasUpgrade ? readHandshake(head) : undefined,
      head.hasUpgrade && wantsUpgrade(head),
      this,
    );
    this.#exchange = exchange;
    askHandler(context, exchange, this);
  }

  /** Whether the handler has given a tunnel and the request is here to its end, behind which the tunnel begins. */
  get isTunnelReady(): boolean {
    return this.#tunnel !== undefined && this.#isReceived;
  }

  /** Makes the connection a tunnel, once `isTunnelReady`. */
  openTunnel(): void {
    const exchange = this.#exchange;
    const tunnel = this.#tunnel;
    if (!exchange || !tunnel) return;
    exchange.outlive();
    const { context } = this.#connection;
    const startedAt = this.#startedAt;
    this.#tunnel = undefined;
    this.#answer = 'complete';
    this.#connection.tunnel(tunnel, (bytes, sentBytes, complete) => {
      const durationMs = context.now() - startedAt;
      tell(context, { connection: exchange.connection, exchange, status: 101, bytes, sentBytes, complete, durationMs });
    });
  }

  /** Answers with an error, if no answer has begun; gives whether it did. The connection must then be ended. */
  refuse(error: PeerError): boolean {
    const { context } = this.#connection;
    this.#incoming?.fail(error);
    this.#cancelTunnel();
    if (this.#answer !== 'none') return false;
    this.#answer = 'complete';
    this.#exchange?.abort(error.code);
    const reply = errorReply(error.status, error.code, this.#exchange);
    this.#write(prepareAnswer(this.#head, reply, false, context.date));
    this.#record(error.status, true);
    return true;
  }

  /** Nobody waits for what is missing of the answer: the handler is told. */
  abandon(): void {
    const exchange = this.#exchange;
    if (!exchange || (this.#answer === 'complete' && !this.#isExhausting)) return;
    if (this.#answer === 'none') this.#record(499, false);
    this.#answer = 'complete';
    this.#incoming?.fail(new PeerError('client-closed', 'The client left'));
    this.#cancelTunnel();
    exchange.abort('client-closed');
  }

  settle(exchange: HttpExchange, outcome: Outcome): void {
    if (isUpgrade(outcome)) this.#upgrade(exchange, outcome);
    else if (isReply(outcome)) this.#reply(exchange, outcome);
    else if (isTunnel(outcome)) this.#beginTunnel(outcome);
    else this.#drop();
  }

  #upgrade(exchange: HttpExchange, upgrade: Upgrade): void {
    const connection = this.#connection;
    const { handshake } = exchange;
    if (this.#answer !== 'none' || connection.isClosed || handshake?.kind !== 'handshake') return;
    if (connection.hasPeerEnded) {
      connection.destroy();
      return;
    }
    exchange.outlive();
    // What the WebSocket keeps for its record is not this turn, whose head lies in memory that it shares with others.
    const { context } = connection;
    const startedAt = this.#startedAt;
    connection.upgrade(handshake, upgrade, (bytes, complete) => {
      const durationMs = context.now() - startedAt;
      tell(context, { connection: exchange.connection, exchange, status: 101, bytes, complete, durationMs });
    });
    this.#answer = 'complete';
  }

  #beginTunnel(tunnel: Tunnel): void {
    if (this.#answer !== 'none' || this.#connection.isClosed) tunnel.cancel();
    else if (!this.#exchange?.hasUpgrade) {
      tunnel.cancel();
      this.#connection.context.bug(new Error('A tunnel for a request that asks for none'), this.#exchange);
      this.#drop();
    } else {
      this.#tunnel = tunnel;
      if (this.#isReceived) this.openTunnel();
    }
  }

  #cancelTunnel(): void {
    this.#tunnel?.cancel();
    this.#tunnel = undefined;
  }

  /** The client gets nothing. */
  #drop(): void {
    if (this.#answer !== 'none') return;
    this.#answer = 'complete';
    this.#record(444, true);
    this.#connection.destroy();
  }

  #reply(exchange: HttpExchange, reply: Reply): void {
    const { context, isClosed } = this.#connection;
    if (this.#answer !== 'none' || isClosed) {
      cancelBody(reply);
      return;
    }
    const head = this.#head;
    const neverAsked = exchange.expectsContinue && !this.#isContinued;
    // More than is read for the sake of keeping the connection.
    const leavesBody = reply.body instanceof Uint8Array && !this.#isReceived && this.bodyLeft > maxDrainSize;
    const isLast = exchange.isLast || context.stopping || neverAsked || leavesBody;
    const keepAlive = head.keepAlive && !isLast && this.#connection.isKept;
    let answer: Answer;
    try {
      answer = prepareAnswer(head, reply, keepAlive, context.date);
    } catch (error) {
      cancelBody(reply);
      answer = prepareAnswer(head, failureReply(context, error, exchange), false, context.date);
    }
    this.#answer = 'begun';
    if (answer.isWhole) {
      this.#write(answer);
      if (!(reply.body instanceof Uint8Array)) void this.#exhaust(reply.body);
      this.#complete(answer);
    } else {
      void this.#stream(exchange, answer);
    }
  }

  #write(answer: Answer): void {
    const { socket, context } = this.#connection;
    const { head, content } = writeWhole(socket, context, answer);
    this.#sent = content;
    this.#sentAround = head;
  }

  async #stream(exchange: HttpExchange, answer: Answer): Promise<void> {
    const connection = this.#connection;
    const { socket, context, slowness } = connection;
    try {
      await writeStreamed(socket, context.slab, answer, (bytes, around) => {
        this.#sent += bytes;
        this.#sentAround += around;
        context.garbage.streamed(bytes);
        slowness.restart(context.coarseNow);
      });
    } catch (error) {
      if (!(error instanceof PeerError)) context.bug(error, exchange);
      this.#record(answer.reply.status, false);
      connection.destroy();
      return;
    }
    if (connection.isClosed) this.#record(answer.reply.status, false);
    else this.#complete(answer);
  }

  #complete(answer: Answer): void {
    this.#answer = 'complete';
    this.#record(answer.reply.status, true);
    if (!this.#isReceived) this.#incoming?.discard();
    this.#connection.answered(answer.head.keepAlive);
  }

  /** Lets the source of a body that is not sent (to HEAD, with 304) run to its end, unless the client goes on or leaves before. */
  async #exhaust(body: AsyncIterable<Uint8Array>): Promise<void> {
    this.#isExhausting = true;
    await exhaust(body);
    this.#isExhausting = false;
  }

  #record(status: number, complete: boolean): void {
    const { facts, context } = this.#connection;
    const exchange = this.#exchange;
    if (!context.done && !exchange?.observer) return;
    const connection = exchange?.connection ?? facts;
    const durationMs = context.now() - this.#startedAt;
    const bytes = this.#sent;
    tell(context, {
      connection,
      exchange,
      status,
      bytes,
      sentBytes: bytes + this.#sentAround,
      complete,
      durationMs,
    });
  }
}
