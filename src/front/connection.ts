import type { Socket } from 'node:net';
import { type BodySource, emptyBody } from '../core/body.ts';
import { PeerError } from '../core/errors.ts';
import type { ConnectionFacts } from '../core/exchange.ts';
import type { ExchangeRecord } from '../core/exchange-record.ts';
import type { Handler } from '../core/handler.ts';
import { HeaderList } from '../core/headers.ts';
import { bufferedBodySize, type HttpLimits, maxDrainSize, sendBufferSize } from '../core/limits.ts';
import { isUpgrade, type Outcome, type Reply } from '../core/reply.ts';
import type { Upgrade } from '../core/websocket.ts';
import { continueHead, interimHead } from '../protocol/http1/response.ts';
import { type Http1RequestHead, Http1ServerCodec, type RequestSink } from '../protocol/http1/server-codec.ts';
import { type HandshakeRefusal, readHandshake, type WebSocketHandshake } from '../protocol/websocket/handshake.ts';
import { errorReply } from '../site/error-reply.ts';
import { type Answer, prepareAnswer, writeStreamed, writeWhole } from './answer.ts';
import type { BufferGarbage } from './buffer-garbage.ts';
import type { Forwarding } from './forwarding.ts';
import { type ExchangeOwner, HttpExchange } from './http-exchange.ts';
import { IncomingBody } from './incoming-body.ts';
import { openWebSocket } from './open-websocket.ts';
import { SlownessCheck } from './slowness-check.ts';
import type { WebSocketContext } from './websocket-connection.ts';

/** A client connection as its front sees it. */
export interface ClientConnection {
  /** The front is stopping: what can end now is ended, the rest when it is done. */
  stop(): void;
  /** Cuts the connection at once. */
  destroy(): void;
  /** Ends what the client is too slow for. Called at every sweep, with the time in coarse milliseconds. */
  check(now: number): void;
}

/** What the connections of one front share. */
export interface ConnectionContext extends WebSocketContext {
  readonly handle: Handler;
  readonly limits: HttpLimits;
  readonly garbage: BufferGarbage;
  readonly forwarding: Forwarding;
  /** The `date` header's value now (RFC 9110 §5.6.7). */
  readonly date: string;
  /** Whether the front is stopping: answers say `connection: close`. */
  readonly stopping: boolean;
  /** The exact time in milliseconds on the same clock. */
  now(): number;
  nextRequestId(): string;
  /** Told when an exchange is over, where somebody wants to know. */
  readonly done: ((record: ExchangeRecord) => void) | undefined;
  /** A connection speaks another protocol from now on. */
  replaced(connection: ClientConnection, next: ClientConnection): void;
  /** The connection is gone. */
  closed(connection: ClientConnection): void;
}

/** One request on a connection, from its head to the end of its answer. */
interface Turn {
  readonly head: Http1RequestHead;
  /** Undefined where the request has no body. */
  readonly incoming: IncomingBody | undefined;
  readonly startedAt: number;
  exchange: HttpExchange | undefined;
  /** Of a request that opens a WebSocket. */
  handshake: WebSocketHandshake | undefined;
  /** The request's last byte is here; the codec waits for `resume`. */
  received: boolean;
  /** 100 (Continue) was sent. */
  continued: boolean;
  answer: 'none' | 'begun' | 'complete';
  /** Content bytes sent. */
  sent: number;
}

/** One HTTP/1 client connection: requests one after the other, each answered before the next is looked at. */
export class Connection implements ClientConnection, RequestSink, BodySource, ExchangeOwner {
  readonly #socket: Socket;
  readonly #context: ConnectionContext;
  readonly #facts: ConnectionFacts;
  readonly #codec: Http1ServerCodec;
  readonly #slowness: SlownessCheck;
  readonly #listeners: readonly [event: string, listener: (chunk: Buffer) => void][] = [
    ['data', (chunk) => this.#receive(chunk)],
    ['end', () => this.#peerEnd()],
    ['drain', () => this.#advance()],
    ['error', () => this.#gone()],
    ['close', () => this.#gone()],
  ];
  #turn: Turn | undefined;
  /** A request that is answered, while its app still makes a body that is not sent. */
  #exhausted: HttpExchange | undefined;
  #advancing = false;
  /** Our side has ended: what still comes is thrown away until the client closes too. */
  #lingering = false;
  #peerEnded = false;
  #closed = false;

  constructor(socket: Socket, facts: ConnectionFacts, context: ConnectionContext) {
    this.#socket = socket;
    this.#facts = facts;
    this.#context = context;
    this.#codec = new Http1ServerCodec(this, context.limits);
    this.#slowness = new SlownessCheck(socket, context.timeouts, context.coarseNow);
    for (const [event, listener] of this.#listeners) socket.on(event, listener);
  }

  /** The codec found a request head. */
  head(head: Http1RequestHead): void {
    const { bodyLength } = head;
    const streamed = bodyLength === 'chunked' || bodyLength > bufferedBodySize || head.expectsContinue;
    this.#turn = {
      head,
      incoming: bodyLength === 0 ? undefined : new IncomingBody(streamed, this),
      startedAt: this.#context.now(),
      exchange: undefined,
      handshake: undefined,
      received: false,
      continued: false,
      answer: 'none',
      sent: 0,
    };
    this.#slowness.restartBody(this.#context.coarseNow);
  }

  /** The codec found a piece of the body. */
  body(bytes: Uint8Array): void {
    this.#turn?.incoming?.push(bytes);
    this.#context.garbage.streamed(bytes.length);
  }

  /** The codec found the request's end. */
  end(): void {
    const turn = this.#turn;
    if (!turn) return;
    turn.received = true;
    turn.incoming?.end();
  }

  /** The handler asks for the body for the first time. */
  wanted(): void {
    const turn = this.#turn;
    if (!turn?.head.expectsContinue || turn.continued || turn.received || turn.answer !== 'none') return;
    turn.continued = true;
    this.#slowness.restartBody(this.#context.coarseNow);
    this.#socket.write(continueHead);
  }

  /** The handler took some of the body. */
  taken(): void {
    if (!this.#turn?.incoming?.isFull && !this.#turn?.received) this.#socket.resume();
  }

  /** The handler wants no more of the body. */
  cancelled(): void {
    this.#turn?.incoming?.discard();
    if (!this.#turn?.received) this.#socket.resume();
  }

  nextRequestId(): string {
    return this.#context.nextRequestId();
  }

  /** Sends an interim answer, if the final one has not begun and the client knows such answers. */
  inform(exchange: HttpExchange, status: number, headers: HeaderList): void {
    const turn = this.#turn;
    if (this.#closed || turn?.exchange !== exchange || turn.answer !== 'none' || turn.head.version === '1.0') return;
    // A client that does not read needs no more of them.
    if (this.#socket.writableLength > sendBufferSize) return;
    this.#socket.write(interimHead(status, headers));
  }

  /** The front is stopping: a connection without a request is closed now, others after their answer. */
  stop(): void {
    if (!this.#turn && !this.#codec.midMessage) this.#linger();
  }

  /** Closes at once; the request under way, if any, is aborted. */
  destroy(): void {
    this.#socket.destroy();
    this.#gone();
  }

  /** Ends what the client is too slow for. Called at every sweep. */
  check(now: number): void {
    const turn = this.#turn;
    const slowness = this.#slowness;
    if (this.#socket.writableLength > 0) {
      if (slowness.isSendingStuck(now)) this.destroy();
    } else if (this.#lingering) {
      if (slowness.isOver('lingerMs', now)) this.destroy();
    } else if (turn && !turn.received) {
      const asked = !turn.head.expectsContinue || turn.continued || turn.answer === 'complete';
      if (asked && slowness.isBodySlow(now, turn.incoming?.size ?? 0))
        this.#tooSlow('The request body came too slowly');
    } else if (turn) {
      // Whether a client has left cannot be seen behind what is not read.
      if (this.#isBehind && slowness.isOver('bodyMs', now)) this.destroy();
      if (this.#peerEnded && slowness.isOver('halfClosedMs', now)) this.destroy();
    } else if (this.#codec.midMessage) {
      if (slowness.isOver('headMs', now)) this.#tooSlow('The request head came too slowly');
    } else if (slowness.isOver('keepAliveMs', now)) {
      this.destroy();
    }
  }

  /** Whether the client has sent so much behind its request that no more is read until that is answered. */
  get #isBehind(): boolean {
    return this.#codec.buffered >= bufferedBodySize;
  }

  #receive(chunk: Buffer): void {
    if (this.#lingering) return;
    // A head has one deadline in all; a body has one from byte to byte.
    if (this.#turn || !this.#codec.midMessage) this.#slowness.restart(this.#context.coarseNow);
    try {
      this.#codec.receive(chunk);
    } catch (error) {
      this.#broken(error);
      return;
    }
    this.#advance();
  }

  /** Does what can be done now: starts the request, and takes up the next one once it is answered. */
  #advance(): void {
    if (this.#advancing || this.#closed || this.#lingering) return;
    this.#advancing = true;
    try {
      this.#takeTurns();
    } catch (error) {
      this.#broken(error);
    }
    this.#advancing = false;
    if (this.#closed || this.#lingering) return;
    const turn = this.#turn;
    const holdBack = turn?.received ? this.#isBehind : turn?.incoming?.isFull;
    if (holdBack) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
    if (turn) return;
    if (this.#peerEnded || (this.#context.stopping && !this.#codec.midMessage)) this.#linger();
  }

  #takeTurns(): void {
    for (;;) {
      const turn = this.#turn;
      if (!turn) return;
      if (!turn.exchange && (turn.received || turn.incoming?.isReady)) this.#start(turn);
      if (turn.answer !== 'complete' || this.#lingering || this.#closed) return;
      if (!turn.received) {
        this.#boundDrain(turn);
        return;
      }
      if (this.#socket.writableLength > sendBufferSize) return;
      this.#turn = undefined;
      this.#slowness.restart(this.#context.coarseNow);
      this.#codec.resume();
    }
  }

  /** Of a body that nobody wanted only so much is read for the sake of keeping the connection. */
  #boundDrain(turn: Turn): void {
    const { bodyLength } = turn.head;
    const size = turn.incoming?.size ?? 0;
    const left = bodyLength === 'chunked' ? size : bodyLength - size;
    if (left > maxDrainSize) this.#linger();
  }

  #start(turn: Turn): void {
    this.#exhausted?.abort('client-closed');
    const handshake = turn.head.hasUpgrade ? readHandshake(turn.head) : undefined;
    if (handshake?.kind === 'handshake') turn.handshake = handshake;
    const judged = turn.head.hasForwarded ? this.#context.forwarding.judge(turn.head, this.#facts) : undefined;
    const exchange = new HttpExchange(
      judged?.request ?? turn.head,
      judged?.connection ?? this.#facts,
      turn.incoming ? turn.incoming.handOver() : emptyBody,
      turn.head.expectsContinue && !turn.received,
      turn.handshake !== undefined,
      this,
    );
    turn.exchange = exchange;
    let outcome: Outcome | Promise<Outcome>;
    try {
      outcome = handshake?.kind === 'refusal' ? refusalReply(handshake) : this.#context.handle(exchange);
    } catch (error) {
      outcome = this.#failure(error, exchange);
    }
    if (outcome instanceof Promise) {
      outcome.then(
        (late) => this.#answer(turn, exchange, late),
        (error: unknown) => this.#answer(turn, exchange, this.#failure(error, exchange)),
      );
    } else {
      this.#answer(turn, exchange, outcome);
    }
  }

  #answer(turn: Turn, exchange: HttpExchange, outcome: Outcome): void {
    if (isUpgrade(outcome)) this.#upgrade(turn, exchange, outcome);
    else this.#reply(turn, exchange, outcome);
  }

  /** Hands the socket over to a WebSocket. */
  #upgrade(turn: Turn, exchange: HttpExchange, upgrade: Upgrade): void {
    const { handshake } = turn;
    if (turn.answer !== 'none' || this.#closed || !handshake) return;
    if (this.#peerEnded) {
      this.destroy();
      return;
    }
    const socket = this.#socket;
    for (const [event, listener] of this.#listeners) socket.off(event, listener);
    const { startedAt } = turn;
    exchange.outlive();
    const next = openWebSocket(socket, handshake, upgrade, this.#context, (bytes, complete) => {
      const durationMs = this.#context.now() - startedAt;
      this.#context.done?.({ connection: exchange.connection, exchange, status: 101, bytes, complete, durationMs });
      this.#context.closed(next);
    });
    this.#context.replaced(this, next);
    turn.answer = 'complete';
    this.#turn = undefined;
    this.#closed = true;
    next.start(upgrade, this.#codec.takeKept());
    if (this.#context.stopping) next.stop();
  }

  #reply(turn: Turn, exchange: HttpExchange, reply: Reply): void {
    if (turn.answer !== 'none' || this.#closed) {
      cancelBody(reply);
      return;
    }
    const neverAsked = exchange.expectsContinue && !turn.continued;
    const keepAlive = turn.head.keepAlive && !this.#context.stopping && !neverAsked;
    let answer: Answer;
    try {
      answer = prepareAnswer(turn.head, reply, keepAlive, this.#context.date);
    } catch (error) {
      cancelBody(reply);
      answer = prepareAnswer(turn.head, this.#failure(error, exchange), false, this.#context.date);
    }
    turn.answer = 'begun';
    if (answer.isWhole) {
      turn.sent = writeWhole(this.#socket, this.#context.slab, answer);
      if (!(reply.body instanceof Uint8Array)) void this.#exhaust(reply.body, exchange);
      this.#complete(turn, answer);
    } else {
      void this.#stream(turn, exchange, answer);
    }
  }

  async #stream(turn: Turn, exchange: HttpExchange, answer: Answer): Promise<void> {
    try {
      await writeStreamed(this.#socket, this.#context.slab, answer, (bytes) => {
        turn.sent += bytes;
        this.#context.garbage.streamed(bytes);
        this.#slowness.restart(this.#context.coarseNow);
      });
    } catch (error) {
      if (!(error instanceof PeerError)) this.#context.bug(error, exchange);
      this.#record(turn, answer.reply.status, false);
      // What was written before it broke is still the client's.
      this.#socket.uncork();
      this.destroy();
      return;
    }
    if (this.#closed) this.#record(turn, answer.reply.status, false);
    else this.#complete(turn, answer);
  }

  #complete(turn: Turn, answer: Answer): void {
    turn.answer = 'complete';
    this.#record(turn, answer.reply.status, true);
    if (!turn.received) turn.incoming?.discard();
    if (answer.head.keepAlive) this.#advance();
    else this.#linger();
  }

  /** Lets the source of a body that is not sent (to HEAD, with 304) run to its end, unless the client goes on or leaves before. */
  async #exhaust(body: AsyncIterable<Uint8Array>, exchange: HttpExchange): Promise<void> {
    this.#exhausted = exchange;
    try {
      for await (const _ of body);
    } catch {
      // Nobody waits for it, so nobody misses the rest.
    }
    if (this.#exhausted === exchange) this.#exhausted = undefined;
  }

  /** The reply to a failed exchange; a defect of ours is reported. */
  #failure(error: unknown, exchange: HttpExchange): Reply {
    if (error instanceof PeerError) return errorReply(error.status, error.code, exchange);
    this.#context.bug(error, exchange);
    return errorReply(500, 'internal-error', exchange);
  }

  #tooSlow(message: string): void {
    this.#broken(new PeerError('request-timeout', message));
  }

  /** What the client sent cannot be read on: it is told so if it can be, and the connection ends. */
  #broken(error: unknown): void {
    const turn = this.#turn;
    if (!(error instanceof PeerError)) {
      this.#context.bug(error, turn?.exchange);
      this.destroy();
      return;
    }
    turn?.incoming?.fail(error);
    if (turn && turn.answer !== 'none') {
      this.destroy();
      return;
    }
    if (turn) turn.answer = 'complete';
    turn?.exchange?.abort(error.code);
    const reply = errorReply(error.status, error.code, turn?.exchange);
    const request = turn?.head ?? { method: 'GET', version: '1.1' as const, headers: HeaderList.empty };
    const answer = prepareAnswer(request, reply, false, this.#context.date);
    const sent = writeWhole(this.#socket, this.#context.slab, answer);
    this.#context.done?.({
      connection: turn?.exchange?.connection ?? this.#facts,
      exchange: turn?.exchange,
      status: error.status,
      bytes: sent,
      complete: true,
      durationMs: turn ? this.#context.now() - turn.startedAt : 0,
    });
    this.#linger();
  }

  #record(turn: Turn, status: number, complete: boolean): void {
    const { done } = this.#context;
    if (!done) return;
    const { exchange, startedAt, sent } = turn;
    const durationMs = this.#context.now() - startedAt;
    const connection = exchange?.connection ?? this.#facts;
    done({ connection, exchange, status, bytes: sent, complete, durationMs });
  }

  #linger(): void {
    if (this.#lingering || this.#closed) return;
    this.#lingering = true;
    this.#slowness.restart(this.#context.coarseNow);
    this.#socket.end();
    this.#socket.resume();
  }

  #peerEnd(): void {
    this.#peerEnded = true;
    if (this.#lingering || this.#closed) return;
    this.#slowness.restart(this.#context.coarseNow);
    try {
      if (!this.#turn?.received) this.#codec.end();
    } catch (error) {
      this.#broken(error);
      return;
    }
    this.#advance();
  }

  #gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#exhausted?.abort('client-closed');
    const turn = this.#turn;
    if (turn?.exchange && turn.answer !== 'complete') {
      if (turn.answer === 'none') this.#record(turn, 499, false);
      turn.answer = 'complete';
      turn.incoming?.fail(new PeerError('client-closed', 'The client left'));
      turn.exchange.abort('client-closed');
    }
    this.#context.closed(this);
  }
}

/** The answer to a handshake that cannot be accepted. */
function refusalReply({ status, headers, reason }: HandshakeRefusal): Reply {
  return {
    status,
    headers: headers.with('content-type', 'text/plain; charset=utf-8'),
    body: Buffer.from(`${reason}\n`),
  };
}

/** Stops the source of a body that nobody gets. */
function cancelBody({ body }: Reply): void {
  if (!(body instanceof Uint8Array)) void body[Symbol.asyncIterator]().return?.();
}
