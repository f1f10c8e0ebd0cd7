import { emptyBody } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import type { ConnectionFacts } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';
import { maxDrainSize } from '../../core/limits.ts';
import { isReply, isTunnel, isUpgrade, type Outcome, type Reply } from '../../core/reply.ts';
import type { Tunnel } from '../../core/tunnel.ts';
import type { Upgrade } from '../../core/websocket.ts';
import { frameResponse, type ResponseFraming } from '../../protocol/http1/response.ts';
import { Http2Code } from '../../protocol/http2/codes.ts';
import type { Http2ServerCodec } from '../../protocol/http2/server-codec.ts';
import type { Http2RequestHead, Http2Stream } from '../../protocol/http2/server-sink.ts';
import { errorReply } from '../../site/error-reply.ts';
import { cancelBody } from '../answer.ts';
import { askHandler, exhaust, failureReply, type Settling, tell } from '../exchange-outcome.ts';
import { type ExchangeOwner, HttpExchange } from '../http-exchange.ts';
import { handshakeHeaders } from '../open-websocket.ts';
import { tunnelHeaders } from '../tunnel-connection.ts';
import { acceptHeaders, judgeHandshake, upgradeRequest } from './extended-connect.ts';
import { ExtendedStream } from './extended-stream.ts';
import type { SendQueue } from './send-queue.ts';
import { type AnswerChannel, StreamAnswer } from './stream-answer.ts';
import { type BodyChannel, StreamBody } from './stream-body.ts';

/** What a turn needs of its connection. */
export interface StreamConnection extends AnswerChannel, BodyChannel {
  readonly codec: Http2ServerCodec<Http2Turn>;
  readonly facts: ConnectionFacts;
  /** Requests that it has made so far. */
  readonly requests: number;
  /** The client is told to go. */
  leave(): void;
  /** The turn is over on our side: nothing of it is sent or waited for any more. */
  over(turn: Http2Turn): void;
  /** The turn is over, but that the source of a body that is not sent still runs. */
  exhausting(turn: Http2Turn): void;
  /** That source has ended. */
  exhausted(turn: Http2Turn): void;
}

/** Stands for a head that could not be read, or that may be forgotten. */
export const noHead: Http2RequestHead = {
  method: 'GET',
  target: '',
  path: '',
  query: '',
  normalizedPath: '',
  version: '2',
  headers: HeaderList.empty,
  bodyLength: 0,
  expectsContinue: false,
  hasForwarded: false,
  protocol: undefined,
  headSize: 0,
};

/** One request on a stream of an HTTP/2 connection, from its head to the end of its answer. */
export class Http2Turn implements ExchangeOwner, Settling {
  readonly stream: Http2Stream;
  readonly #connection: StreamConnection;
  readonly #startedAt: number;
  readonly #sending: StreamAnswer;
  #head: Http2RequestHead;
  /** Undefined where the request has no body. */
  readonly #body: StreamBody | undefined;
  /** Where the request is an extended CONNECT. */
  readonly #extended: ExtendedStream | undefined;
  #exchange: HttpExchange | undefined;
  #isReceived = false;
  #trailers: HeaderList = HeaderList.empty;
  #answer: 'none' | 'begun' | 'complete' = 'none';
  #isOver = false;
  #isExhausting = false;
  /** Bytes of the body that came after the answer. */
  #unwanted: number | undefined;
  #isUnwantedSeen = false;

  constructor(stream: Http2Stream, head: Http2RequestHead, connection: StreamConnection) {
    this.stream = stream;
    this.#connection = connection;
    this.#head = head;
    this.#startedAt = connection.context.now();
    this.#sending = new StreamAnswer(stream, connection);
    if (head.protocol !== undefined) this.#extended = new ExtendedStream(stream, connection);
    else if (!stream.isReceiveClosed) this.#body = new StreamBody(stream, head, connection, () => this.#continue());
  }

  /** Whether the handler can be asked now. */
  get isStartable(): boolean {
    if (this.#exchange || this.#answer !== 'none') return false;
    return this.#isReceived || this.#extended !== undefined || this.#body?.isReady === true;
  }

  /** Whether all of the answer was written. */
  get isAnswered(): boolean {
    return this.#answer === 'complete' && !this.#extended?.spoken;
  }

  /** Bytes that came and that nobody has read. */
  get unread(): number {
    return this.#body?.unread ?? this.#extended?.unread ?? 0;
  }

  /** A piece of the body came. */
  body(bytes: Uint8Array): void {
    if (this.#extended) this.#extended.receive(bytes);
    else this.#body?.push(bytes, this.#connection.context.coarseNow);
    if (this.#unwanted === undefined || this.#isOver) return;
    this.#unwanted += bytes.length;
    if (this.#unwanted > maxDrainSize) this.#endUnwanted();
  }

  /** The request's end came. */
  end(trailers: HeaderList): void {
    this.#isReceived = true;
    this.#trailers = trailers;
    this.#body?.end();
    this.#extended?.receiveEnd();
    if (this.#unwanted !== undefined) this.#over();
  }

  get trailers(): HeaderList {
    return this.#trailers;
  }

  get startedAt(): number {
    return performance.timeOrigin + this.#startedAt;
  }

  get requestLength(): number {
    return this.#head.headSize + (this.#body?.size ?? 0);
  }

  get connectionRequests(): number {
    return this.#connection.requests;
  }

  nextRequestId(): string {
    return this.#connection.context.nextRequestId();
  }

  /** Sends an interim answer, if the final one has not begun. */
  inform(status: number, headers: HeaderList): void {
    // A client that does not read needs no more of them.
    if (this.#isOver || this.#answer !== 'none' || this.#connection.isBehind) return;
    this.#sending.inform(status, headers);
  }

  /** Asks the handler; the answer goes out when it comes. */
  start(): void {
    const { context, facts } = this.#connection;
    const body = this.#body;
    let head = this.#head;
    const isWebSocket = head.protocol === 'websocket';
    if (isWebSocket) head = upgradeRequest(head);
    else if (head.protocol !== undefined) {
      this.refuse(new PeerError('method-unknown', 'The only protocol that CONNECT leads to is websocket'));
      return;
    }
    const judged = head.hasForwarded ? context.forwarding?.judge(head, facts) : undefined;
    const exchange = new HttpExchange(
      judged?.request ?? head,
      judged?.connection ?? facts,
      body ? body.handOver() : emptyBody,
      head.expectsContinue && !this.#isReceived,
      isWebSocket ? judgeHandshake(head) : undefined,
      isWebSocket,
      this,
    );
    this.#exchange = exchange;
    askHandler(context, exchange, this);
  }

  settle(exchange: HttpExchange, outcome: Outcome): void {
    if (isReply(outcome)) this.#reply(exchange, outcome);
    else if (isUpgrade(outcome)) this.#upgrade(exchange, outcome);
    else if (isTunnel(outcome)) this.#beginTunnel(exchange, outcome);
    else this.#drop();
  }

  /** Answers with an error, if no answer has begun; gives whether it did. */
  refuse(error: PeerError): boolean {
    this.#body?.fail(error);
    if (this.#answer !== 'none') return false;
    this.#exchange?.abort(error.code);
    const reply = errorReply(error.status, error.code, this.#exchange);
    this.#whole(reply, this.#frame(reply));
    return true;
  }

  /** Nobody waits for what is missing of the answer: the handler is told. The stream is over, or is to be reset. */
  abandon(code: 'client-closed' | 'http2-protocol' = 'client-closed'): void {
    const exchange = this.#exchange;
    const wasWaited = this.#answer !== 'complete' || this.#isExhausting;
    if (this.#answer === 'none' && !this.#isOver) this.#record(499, false);
    this.#answer = 'complete';
    this.#sending.close();
    this.#over();
    if (!wasWaited) return;
    this.#isExhausting = false;
    this.#body?.fail(new PeerError(code, 'The client left'));
    exchange?.abort(code);
  }

  /** The client may be sent more. */
  sendMore(): void {
    const { queue } = this;
    if (queue?.isWaiting) this.#connection.waits(queue);
  }

  /** What waits to be sent on the stream. */
  get queue(): SendQueue | undefined {
    return this.#extended?.queue ?? this.#sending.queue;
  }

  stop(): void {
    this.#extended?.spoken?.stop?.();
  }

  /** The time for the stop is over. */
  giveUp(): 'cut' | 'refused' | 'nothing' {
    if (this.#isOver) return 'nothing';
    if (this.#unwanted !== undefined) {
      this.#endUnwanted();
      return 'nothing';
    }
    const spoken = this.#extended?.spoken;
    if (spoken) return spoken.giveUp();
    if (this.refuse(new PeerError('shutting-down', 'Galley is stopping'))) return 'refused';
    this.#cut(Http2Code.cancel);
    return 'cut';
  }

  /** Ends what the client is too slow for. Called at every sweep. */
  check(now: number): void {
    if (this.#unwanted !== undefined) {
      if (this.#isUnwantedSeen) this.#endUnwanted();
      this.#isUnwantedSeen = true;
      return;
    }
    const spoken = this.#extended?.spoken;
    if (spoken) {
      spoken.check(now);
      return;
    }
    if (!this.#isOver && this.#body?.isSlow(now)) {
      const error = new PeerError('request-timeout', 'The request body came too slowly');
      if (!this.refuse(error)) this.#cut(Http2Code.cancel);
    }
    if (!this.#isOver && this.#sending.isStuck(now)) this.#cut(Http2Code.cancel);
  }

  /** The client gets no more of it. */
  #cut(code: Http2Code): void {
    this.#connection.codec.reset(this.stream, code);
    this.abandon();
  }

  #upgrade(exchange: HttpExchange, upgrade: Upgrade): void {
    const { handshake } = exchange;
    const extended = this.#extended;
    if (this.#answer !== 'none' || this.#isOver || !extended || handshake?.kind !== 'handshake') return;
    if (extended.hasEnded) {
      this.#cut(Http2Code.cancel);
      return;
    }
    const headSize = this.#accept(exchange, handshakeHeaders(handshake, upgrade));
    extended.openWebSocket(handshake, upgrade, this.#connection.context, (bytes, complete) => {
      this.#spoken(exchange, bytes, bytes + headSize, complete);
    });
  }

  #beginTunnel(exchange: HttpExchange, tunnel: Tunnel): void {
    const { context, timeouts } = this.#connection;
    const extended = this.#extended;
    if (this.#answer !== 'none' || this.#isOver) tunnel.cancel();
    else if (!extended) {
      tunnel.cancel();
      context.bug(new Error('A tunnel for a request that asks for none'), exchange);
      this.#drop();
    } else {
      const headSize = this.#accept(exchange, tunnelHeaders(tunnel));
      extended.openTunnel(tunnel, headSize, timeouts, context, (bytes, sentBytes, complete) => {
        this.#spoken(exchange, bytes, sentBytes, complete);
      });
    }
  }

  /** Answers as 101 does in HTTP/1.1: another protocol is spoken from now on. Gives how many bytes that are. */
  #accept(exchange: HttpExchange, headers: HeaderList): number {
    exchange.outlive();
    // It lies in memory that it shares with others.
    this.#head = noHead;
    this.#answer = 'complete';
    return this.#sending.head(200, acceptHeaders(headers), undefined, false);
  }

  /** What was spoken is over. */
  #spoken(exchange: HttpExchange, bytes: number, sentBytes: number, complete: boolean): void {
    const { context } = this.#connection;
    const durationMs = context.now() - this.#startedAt;
    const { connection } = exchange;
    tell(context, { connection, exchange, status: 200, bytes, sentBytes, complete, durationMs });
    this.#over();
  }

  /** The client waits to be asked for the body. */
  #continue(): void {
    if (this.#isOver || this.#answer !== 'none') return;
    this.#sending.inform(100, HeaderList.empty);
  }

  /** The client gets nothing. */
  #drop(): void {
    if (this.#answer !== 'none' || this.#isOver) return;
    this.#answer = 'complete';
    this.#record(444, true);
    this.#connection.codec.reset(this.stream, Http2Code.protocolError); // as nginx
    this.#over();
  }

  #reply(exchange: HttpExchange, reply: Reply): void {
    if (this.#answer !== 'none' || this.#isOver) {
      cancelBody(reply);
      return;
    }
    if (exchange.isLast) this.#connection.leave();
    let answer = reply;
    let framing: ResponseFraming;
    try {
      // A 2xx would tell the client that its WebSocket is open (RFC 8441 §4).
      if (exchange.hasUpgrade && reply.status < 300)
        throw new PeerError('method-unknown', 'There is no WebSocket here');
      framing = this.#frame(reply);
    } catch (error) {
      cancelBody(reply);
      answer = failureReply(this.#connection.context, error, exchange);
      framing = this.#frame(answer);
    }
    const { body } = answer;
    if (framing.kind === 'none' || body instanceof Uint8Array) {
      this.#whole(answer, framing);
      if (!(body instanceof Uint8Array)) void this.#exhaust(body);
    } else {
      void this.#streamed(exchange, answer, framing);
    }
  }

  #frame({ status, headers, body }: Reply): ResponseFraming {
    return frameResponse(this.#head.method, '1.1', status, headers, body);
  }

  #whole(reply: Reply, framing: ResponseFraming): void {
    this.#answer = 'begun';
    if (this.#sending.whole(reply, framing)) this.#complete(reply.status);
    else void this.#sending.drained().then(() => this.#sent(reply.status));
  }

  async #streamed(exchange: HttpExchange, reply: Reply, framing: ResponseFraming): Promise<void> {
    const { context, codec } = this.#connection;
    this.#answer = 'begun';
    try {
      await this.#sending.streamed(reply, framing);
    } catch (error) {
      if (!(error instanceof PeerError)) context.bug(error, exchange);
      this.#record(reply.status, false);
      if (this.#isOver) return;
      this.#answer = 'complete';
      this.#sending.close();
      codec.reset(this.stream, Http2Code.internalError);
      this.#over();
      return;
    }
    this.#sent(reply.status);
  }

  /** Nothing of the answer waits any more. */
  #sent(status: number): void {
    if (this.#isOver) this.#record(status, false);
    else this.#complete(status);
  }

  /** The answer is written to its end. Of a request that goes on nothing more is wanted, but most end by themselves. */
  #complete(status: number): void {
    this.#answer = 'complete';
    this.#record(status, true);
    if (this.stream.isReceiveClosed) {
      this.#over();
      return;
    }
    this.#body?.discard();
    this.#extended?.discard();
    this.#unwanted = 0;
    if (this.#body?.isAsked === false) this.#endUnwanted();
  }

  /** The client is told that it need not send the rest (RFC 9113 §8.1). */
  #endUnwanted(): void {
    this.#connection.codec.reset(this.stream, Http2Code.noError);
    this.#over();
  }

  /** Lets the source of a body that is not sent (to HEAD, with 304) run to its end, unless the client leaves before. */
  async #exhaust(body: AsyncIterable<Uint8Array>): Promise<void> {
    this.#isExhausting = true;
    this.#connection.exhausting(this);
    await exhaust(body);
    this.#isExhausting = false;
    this.#connection.exhausted(this);
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#body?.release();
    this.#extended?.gone();
    this.#connection.over(this);
  }

  #record(status: number, complete: boolean): void {
    const { facts, context } = this.#connection;
    const exchange = this.#exchange;
    if (!context.done && !exchange?.observer) return;
    const connection = exchange?.connection ?? facts;
    const durationMs = context.now() - this.#startedAt;
    const { bytes, sentBytes } = this.#sending;
    tell(context, { connection, exchange, status, bytes, sentBytes, complete, durationMs });
  }
}
