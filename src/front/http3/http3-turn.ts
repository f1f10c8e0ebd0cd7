import type { QuicStream } from 'node:quic';
import { type BodySource, emptyBody } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import type { ConnectionFacts } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';
import { bufferedBodySize, type ConnectionTimeouts, type HttpLimits, maxHttp3Unread } from '../../core/limits.ts';
import { isReply, isTunnel, isUpgrade, type Outcome, type Reply } from '../../core/reply.ts';
import { frameResponse, type ResponseFraming } from '../../protocol/http1/response.ts';
import type { Http3RequestHead } from '../../protocol/http3/request-head.ts';
import { errorReply } from '../../site/error-reply.ts';
import { Http3Code } from '../../tls/quic.ts';
import { cancelBody } from '../answer.ts';
import type { ConnectionContext } from '../connection-context.ts';
import { askHandler, exhaust, failureReply, type Settling, tell } from '../exchange-outcome.ts';
import { type ExchangeOwner, HttpExchange } from '../http-exchange.ts';
import { IncomingBody } from '../incoming-body.ts';
import { SlownessCheck } from '../slowness-check.ts';
import { answerFields, interimFields, trailerFields } from './http3-headers.ts';

/** Named in the `server` header of answers that have none. */
const serverName = 'galley';
/** Of a body at hand, in bytes. */
const sliceSize = 64 * 1024;
/** Which of a writer's methods tells when it takes more (`node:stream/iter`, which not every runtime has). */
const drainable = Symbol.for('Stream.drainableProtocol');

/** Of the writer of a stream, what is used. */
interface Writer {
  /** Whether it has taken all of the bytes; else none of them. */
  writeSync(bytes: Uint8Array): boolean;
  endSync(): number;
  /** False where it will never take more. */
  [drainable]?(): Promise<boolean> | null;
}

/** What a turn needs of its connection. */
export interface Http3TurnConnection {
  readonly facts: ConnectionFacts;
  readonly context: ConnectionContext;
  readonly timeouts: ConnectionTimeouts;
  readonly limits: HttpLimits;
  /** Requests that it has made so far. */
  readonly requests: number;
  /** Takes no more of them. */
  stop(): void;
  over(turn: Http3Turn): void;
}

/** One request on a stream of an HTTP/3 connection, from its head to the end of its answer. */
export class Http3Turn implements ExchangeOwner, Settling, BodySource {
  readonly #stream: QuicStream;
  readonly #connection: Http3TurnConnection;
  readonly #head: Http3RequestHead;
  readonly #startedAt: number;
  readonly #incoming: IncomingBody;
  readonly #reading: SlownessCheck;
  #isReceived = false;
  #isAsked: boolean;
  #exchange: HttpExchange | undefined;
  #answer: 'none' | 'begun' | 'complete' = 'none';
  #isOver = false;
  /** Reads on. */
  #resume: (() => void) | undefined;
  readonly #writing: SlownessCheck;
  #isBlocked = false;
  #sent = 0;

  constructor(stream: QuicStream, head: Http3RequestHead, connection: Http3TurnConnection) {
    const { context, timeouts } = connection;
    const { bodyLength, expectsContinue } = head;
    const isStreamed = bodyLength === undefined || bodyLength > bufferedBodySize || expectsContinue;
    this.#stream = stream;
    this.#connection = connection;
    this.#head = head;
    this.#startedAt = context.now();
    this.#isAsked = !expectsContinue;
    this.#incoming = new IncomingBody(isStreamed, this);
    const isPaused = (): boolean => this.#resume !== undefined;
    this.#reading = new SlownessCheck({ bytesWritten: 0, writableLength: 0, isPaused }, timeouts, context.coarseNow);
    const sent = (): number => this.#sent;
    const pace = {
      get bytesWritten(): number {
        return sent();
      },
      writableLength: 0,
      isPaused: () => false,
    };
    this.#writing = new SlownessCheck(pace, timeouts, context.coarseNow);
    const gone = (): void => this.abandon();
    stream.closed.then(gone, gone);
  }

  /** Reads the request; the handler is asked as soon as it is known whether there is a body, or that is complete. */
  async receive(): Promise<void> {
    const incoming = this.#incoming;
    if (this.#head.expectsContinue) this.#start();
    try {
      for await (const pieces of this.#stream) {
        for (const piece of pieces) incoming.push(piece);
        this.#reading.restart(this.#connection.context.coarseNow);
        if (incoming.size > this.#connection.limits.maxBodySize) {
          this.refuse(new PeerError('body-too-large', 'The body is longer than is taken'));
          return;
        }
        if (incoming.isReady) this.#start();
        if (incoming.isFull) await new Promise<void>((resolve) => (this.#resume = resolve));
        if (this.#isOver) return;
      }
    } catch {
      this.abandon();
      return;
    }
    this.#isReceived = true;
    incoming.end();
    this.#start();
  }

  get isAnswered(): boolean {
    return this.#answer === 'complete';
  }

  get startedAt(): number {
    return performance.timeOrigin + this.#startedAt;
  }

  get requestLength(): number {
    return this.#head.headSize + this.#incoming.size;
  }

  get connectionRequests(): number {
    return this.#connection.requests;
  }

  /** Those of requests are not read (RFC 9110 §6.5.1 lets them be left out). */
  get trailers(): HeaderList {
    return HeaderList.empty;
  }

  nextRequestId(): string {
    return this.#connection.context.nextRequestId();
  }

  inform(status: number, headers: HeaderList): void {
    if (this.#isOver || this.#answer !== 'none') return;
    this.#stream.sendInformationalHeaders(interimFields(status, headers));
  }

  wanted(): void {
    if (this.#isAsked || this.#isReceived) return;
    this.#isAsked = true;
    this.inform(100, HeaderList.empty);
  }

  taken(): void {
    if (!this.#incoming.isFull) this.#readOn();
  }

  cancelled(): void {
    this.#incoming.discard();
    this.#readOn();
  }

  settle(exchange: HttpExchange, outcome: Outcome): void {
    if (isReply(outcome)) this.#reply(exchange, outcome);
    else if (isTunnel(outcome)) outcome.cancel();
    else if (!isUpgrade(outcome)) this.#cut(444, Http3Code.requestCancelled);
  }

  /** Answers with an error, if no answer has begun; gives whether it did. */
  refuse(error: PeerError): boolean {
    this.#incoming.fail(error);
    if (this.#answer !== 'none' || this.#isOver) return false;
    this.#exchange?.abort(error.code);
    const reply = errorReply(error.status, error.code, this.#exchange);
    void this.#send(reply, this.#frame(reply));
    return true;
  }

  /** Nobody waits for what is missing of the answer: the handler is told. */
  abandon(): void {
    if (this.#isOver) return;
    const wasAnswered = this.#answer === 'complete';
    if (this.#answer === 'none') this.#record(499, false);
    this.#end();
    if (wasAnswered) return;
    this.#incoming.fail(new PeerError('client-closed', 'The client left'));
    this.#exchange?.abort('client-closed');
  }

  /** The time for a stop is over. */
  giveUp(): 'cut' | 'refused' | 'nothing' {
    if (this.#isOver) return 'nothing';
    if (this.refuse(new PeerError('shutting-down', 'Galley is stopping'))) return 'refused';
    this.#reset(Http3Code.requestCancelled);
    return 'cut';
  }

  /** Ends what the client is too slow for, and what is sent ahead of its reader. Called at every sweep. */
  check(now: number): void {
    if (this.#isOver) return;
    const { bytesReceived } = this.#stream.stats;
    if (Number(bytesReceived) - this.#incoming.size > maxHttp3Unread) this.#reset(Http3Code.excessiveLoad);
    else if (this.#isBlocked && this.#writing.isSendingStuck(now)) this.#reset(Http3Code.requestCancelled);
    else if (this.#isAsked && !this.#isReceived && this.#reading.isBodySlow(now, this.#incoming.size)) {
      const error = new PeerError('request-timeout', 'The request body came too slowly');
      if (!this.refuse(error)) this.#reset(Http3Code.requestCancelled);
    }
  }

  #start(): void {
    if (this.#exchange || this.#answer !== 'none') return;
    const head = this.#head;
    const { context, facts } = this.#connection;
    const judged = head.hasForwarded ? context.forwarding?.judge(head, facts) : undefined;
    const hasBody = !this.#isReceived || this.#incoming.size > 0;
    const exchange = new HttpExchange(
      judged?.request ?? head,
      judged?.connection ?? facts,
      hasBody ? this.#incoming.handOver() : emptyBody,
      head.expectsContinue && !this.#isReceived,
      undefined,
      false,
      this,
    );
    this.#exchange = exchange;
    askHandler(context, exchange, this);
  }

  #readOn(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  #reply(exchange: HttpExchange, reply: Reply): void {
    if (this.#answer !== 'none' || this.#isOver) {
      cancelBody(reply);
      return;
    }
    if (exchange.isLast) this.#connection.stop();
    try {
      void this.#send(reply, this.#frame(reply));
    } catch (error) {
      cancelBody(reply);
      const answer = failureReply(this.#connection.context, error, exchange);
      void this.#send(answer, this.#frame(answer));
    }
  }

  #frame({ status, headers, body }: Reply): ResponseFraming {
    return frameResponse(this.#head.method, '1.1', status, headers, body);
  }

  async #send(reply: Reply, framing: ResponseFraming): Promise<void> {
    const { context } = this.#connection;
    const { status, headers, body } = reply;
    const contentLength = framing.kind === 'length' || framing.kind === 'none' ? framing.length : undefined;
    const isEnd = framing.kind === 'none' || (body instanceof Uint8Array && body.length === 0);
    const fixed = { date: context.date, server: serverName, contentLength };
    this.#answer = 'begun';
    try {
      this.#stream.sendHeaders(answerFields(status, headers, fixed, isEnd), { terminal: isEnd });
      if (!isEnd) await this.#sendBody(reply, framing);
      if (this.#isOver) throw new PeerError('client-closed', 'The client left');
    } catch (error) {
      if (!this.#isOver && !(error instanceof PeerError)) context.bug(error, this.#exchange);
      this.#cut(status, Http3Code.internalError);
      return;
    }
    this.#answer = 'complete';
    this.#record(status, true);
    // Of a request that goes on, nothing more is wanted (RFC 9114 §4.1).
    if (!this.#isReceived) stopSending(this.#stream, Http3Code.noError);
    this.#end();
    if (framing.kind === 'none' && !(body instanceof Uint8Array)) void exhaust(body);
  }

  async #sendBody({ body, trailers }: Reply, framing: ResponseFraming): Promise<void> {
    const writer = this.#stream.writer as unknown as Writer;
    let left = framing.kind === 'length' ? framing.length : Number.POSITIVE_INFINITY;
    for await (const piece of body instanceof Uint8Array ? slices(body) : body) {
      const chunk = piece.length > left ? piece.subarray(0, left) : piece;
      left -= chunk.length;
      while (chunk.length > 0 && !writer.writeSync(chunk)) {
        this.#isBlocked = true;
        const isOpen = await writer[drainable]?.();
        this.#isBlocked = false;
        if (this.#isOver || isOpen !== true) throw new PeerError('client-closed', 'The client left');
      }
      if (this.#isOver) throw new PeerError('client-closed', 'The client left');
      this.#sent += chunk.length;
    }
    if (framing.kind === 'length' && left > 0) {
      throw new PeerError('app-response-invalid', `The app's answer ended ${left} bytes before its content-length`);
    }
    const last = trailers && trailerFields(trailers());
    if (last) this.#stream.onwanttrailers = () => void this.#stream.sendTrailers(last);
    writer.endSync();
  }

  /** The client gets no more of an answer. */
  #cut(status: number, code: bigint): void {
    this.#answer = 'complete';
    this.#record(status, status === 444);
    this.#reset(code);
  }

  #reset(code: bigint): void {
    if (!this.#isOver) resetStream(this.#stream, code);
    this.abandon();
  }

  #end(): void {
    this.#isOver = true;
    this.#readOn();
    this.#connection.over(this);
  }

  #record(status: number, complete: boolean): void {
    const { facts, context } = this.#connection;
    const exchange = this.#exchange;
    if (!context.done && !exchange?.observer) return;
    const connection = exchange?.connection ?? facts;
    const durationMs = context.now() - this.#startedAt;
    // What HTTP/3 and QUIC put around it is not told.
    const bytes = this.#sent;
    tell(context, { connection, exchange, status, bytes, sentBytes: bytes, complete, durationMs });
  }
}

/** Tells the client both that nothing more comes and that nothing more is wanted. */
export function resetStream(stream: QuicStream, code: bigint): void {
  if (stream.destroyed) return;
  (stream as unknown as { resetStream(code: bigint): void }).resetStream(code);
  stopSending(stream, code);
}

/** The types of Node do not have these two methods yet. */
function stopSending(stream: QuicStream, code: bigint): void {
  if (!stream.destroyed) (stream as unknown as { stopSending(code: bigint): void }).stopSending(code);
}

function* slices(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sliceSize) yield bytes.subarray(at, at + sliceSize);
}
