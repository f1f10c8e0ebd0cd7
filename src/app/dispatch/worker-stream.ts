import { emptyBody } from '../../core/body.ts';
import { type ErrorCode, PeerError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers.ts';
import type { Outcome } from '../../core/reply.ts';
import { pieceOverhead, type Upgrade } from '../../core/websocket.ts';
import { CancelReason, initialWindow, maxBodyPiece } from '../../protocol/worker/kinds.ts';
import type { ResponseFrame } from '../../protocol/worker/response-frame.ts';
import { type FilePart, ResponseBody, type ResponseSource } from './response-body.ts';
import { type WebSocketCarrier, WorkerWebSocket } from './worker-websocket.ts';

/** What a stream needs of the connection that carries it. */
export interface StreamCarrier extends WebSocketCarrier {
  sendBody(stream: number, bytes: Uint8Array, end: boolean): void;
  sendCancel(stream: number, reason: CancelReason): void;
  /** What the app asked for on this stream cannot be done. */
  report(stream: WorkerStream, error: PeerError): void;
}

/** One request at a worker, from REQUEST to the frame that ends it (frame.md, "A stream's life"). */
export class WorkerStream implements ResponseSource {
  readonly id: number;
  readonly exchange: Exchange;
  /** When it was sent, in the front's milliseconds. */
  readonly startedAt: number;
  readonly reply: Promise<Outcome>;

  readonly #carrier: StreamCarrier;
  #resolve!: (outcome: Outcome | Promise<Outcome>) => void;
  #reject!: (error: unknown) => void;
  #state: 'waiting' | 'late' | 'answering' | 'accepted' | 'cancelled' | 'ended' = 'waiting';
  /** Bytes the worker may still be sent. */
  #credit: number;
  #creditGiven: (() => void) | undefined;
  #response: ResponseBody | undefined;
  #webSocket: WorkerWebSocket | undefined;
  /** Bytes of the answer that the client took and the worker was not told of. */
  #taken = 0;
  /** Bytes the worker may still send. */
  #window = initialWindow;
  #trailers: HeaderList = HeaderList.empty;
  #isAskedBack = false;
  /** Whether another worker died while it had the request. */
  readonly isRetry: boolean;
  /** Whether it goes on although it was cancelled long ago. */
  isStuck = false;

  constructor(
    id: number,
    exchange: Exchange,
    startedAt: number,
    held: boolean,
    isRetry: boolean,
    carrier: StreamCarrier,
  ) {
    this.id = id;
    this.exchange = exchange;
    this.startedAt = startedAt;
    this.isRetry = isRetry;
    this.#carrier = carrier;
    this.#credit = held ? 0 : initialWindow;
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** The WebSocket that the worker has accepted. */
  get webSocket(): WorkerWebSocket | undefined {
    return this.#webSocket;
  }

  /** Whether the worker has not begun its answer and somebody still waits for it. */
  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  /** Whether another worker may be tried when this one dies: doing it twice is as doing it once (RFC 9110 §9.2.2), and its body is still here. */
  get mayRetry(): boolean {
    const { exchange } = this;
    return (
      this.#state === 'waiting' &&
      !this.isRetry &&
      !exchange.isWebSocket &&
      exchange.body instanceof Uint8Array &&
      idempotentMethods.has(exchange.request.method)
    );
  }

  /** Sends a streamed request body as credit allows. */
  async sendBody(body: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      if (this.#credit === 0) await this.#moreCredit();
      if (this.#isOver()) return;
      for await (const chunk of body) {
        for (let at = 0; at < chunk.length; ) {
          if (this.#isOver()) return;
          if (this.#credit === 0) await this.#moreCredit();
          const piece = chunk.subarray(at, at + Math.min(this.#credit, maxBodyPiece));
          if (piece.length === 0) return;
          this.#carrier.sendBody(this.id, piece, false);
          this.#credit -= piece.length;
          at += piece.length;
        }
      }
      if (!this.#isOver()) this.#carrier.sendBody(this.id, emptyBody, true);
    } catch (error) {
      this.cancel(error instanceof PeerError ? error : new PeerError('client-closed', 'The client left'));
    }
  }

  /** The answer is no longer wanted, for that reason. The worker still has to end the stream. */
  cancel(error: PeerError): void {
    if (this.#isOver()) return;
    if (this.#webSocket) {
      this.#webSocket.leave();
      return;
    }
    const waiting = this.#state === 'waiting';
    this.#state = 'cancelled';
    this.#carrier.sendCancel(this.id, cancelReasons[error.code] ?? CancelReason.clientLeft);
    if (waiting) this.#reject(error);
    this.#response?.fail(error);
    this.#creditGiven?.();
  }

  /** Has taken too long to be answered: the client is told. The worker is not, until `cancelLate`. */
  expire(error: PeerError): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'late';
    this.#reject(error);
    this.#creditGiven?.();
  }

  /** Cancels what has expired. */
  cancelLate(): void {
    if (this.#state !== 'late') return;
    this.#state = 'cancelled';
    this.#carrier.sendCancel(this.id, CancelReason.deadline);
  }

  /** Asks the worker for the request back, where it can still be sent elsewhere. */
  takeBack(): void {
    if (
      this.#state === 'waiting' &&
      !this.#isAskedBack &&
      !this.exchange.isWebSocket &&
      this.exchange.body instanceof Uint8Array
    ) {
      this.#isAskedBack = true;
      this.#carrier.sendCancel(this.id, CancelReason.takenBack);
    }
  }

  /** The worker gave it back: the answer is now what another gives. */
  returned(elsewhere: () => Promise<Outcome>): void {
    const wanted = this.#state === 'waiting';
    this.#state = 'ended';
    if (!wanted) return;
    try {
      this.#resolve(elsewhere());
    } catch (error) {
      this.#reject(error);
    }
  }

  /** The worker is gone: the answer is now what another gives. */
  answerWith(elsewhere: Promise<Outcome>): void {
    this.#state = 'ended';
    this.#resolve(elsewhere);
  }

  credit(bytes: number): void {
    if (this.#webSocket) {
      this.#webSocket.credit(bytes);
      return;
    }
    this.#credit += bytes;
    this.#creditGiven?.();
  }

  /** A RESPONSE frame. Throws PeerError for one that must not come now. */
  respond(frame: ResponseFrame, body: Buffer, end: boolean): void {
    if (this.#isUnwanted()) return;
    if (this.#state !== 'waiting') throw new PeerError('worker-protocol', 'The worker answered one request twice');
    this.#state = 'answering';
    this.#spend(body.length);
    const { status, reason, headers } = frame;
    if (end) {
      this.#state = 'ended';
      this.#resolve({ status, reason, headers, body });
      return;
    }
    this.#response = new ResponseBody(this);
    this.#response.push(body);
    this.#resolve({ status, reason, headers, body: this.#response.stream, trailers: () => this.#trailers });
  }

  /** A WS_ACCEPT frame. Throws PeerError for one that must not come now. */
  accept({ reason, headers }: ResponseFrame): void {
    if (this.#isUnwanted()) return;
    if (this.#state !== 'waiting' || !this.exchange.isWebSocket) {
      throw new PeerError('worker-protocol', 'The worker accepted a WebSocket that nobody asks for');
    }
    this.#state = 'accepted';
    const webSocket = new WorkerWebSocket(this.id, this.#carrier);
    this.#webSocket = webSocket;
    const upgrade: Upgrade = { subprotocol: reason || undefined, headers, open: (client) => webSocket.join(client) };
    this.#resolve(upgrade);
  }

  inform(status: number, headers: HeaderList): void {
    if (this.#state === 'waiting') this.exchange.inform(status, headers);
  }

  receiveBody(bytes: Uint8Array): void {
    if (this.#isUnwanted()) return;
    if (this.#state !== 'answering') throw new PeerError('worker-protocol', 'The worker sent a body without a head');
    this.#spend(bytes.length);
    this.#response?.push(bytes);
  }

  /** A FILE frame: its bytes come next. */
  receiveFile(part: FilePart): void {
    if (this.#isUnwanted()) return;
    if (this.#state !== 'answering') throw new PeerError('worker-protocol', 'The worker sent a file without a head');
    this.#spend(pieceOverhead);
    this.#response?.pushFile(part);
  }

  takeTrailers(trailers: HeaderList): void {
    this.#trailers = trailers;
  }

  /** The worker's end of the stream. */
  end(): void {
    if (this.#state === 'answering') {
      this.#response?.end();
    } else if (this.#state === 'accepted') {
      this.#webSocket?.end(1000);
    } else if (this.#state === 'waiting') {
      this.#reject(new PeerError('worker-protocol', 'The worker ended a request without an answer'));
    }
    this.#state = 'ended';
    this.#creditGiven?.();
  }

  /** The worker gave up or is gone. */
  fail(error: PeerError): void {
    if (this.#state === 'waiting') this.#reject(error);
    this.#response?.fail(error);
    this.#webSocket?.end(1011);
    this.#state = 'ended';
    this.#creditGiven?.();
  }

  taken(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken < initialWindow / 2 || this.#isOver()) return;
    this.#window += this.#taken;
    this.#carrier.sendWindow(this.id, this.#taken);
    this.#taken = 0;
  }

  opened(): void {
    this.#window += pieceOverhead;
    if (!this.#isOver()) this.#carrier.sendWindow(this.id, pieceOverhead);
  }

  broken(error: PeerError): void {
    this.#carrier.report(this, error);
    this.cancel(error);
  }

  cancelled(): void {
    this.cancel(new PeerError('client-closed', 'The client left'));
  }

  #isUnwanted(): boolean {
    return this.#state === 'cancelled' || this.#state === 'late';
  }

  #isOver(): boolean {
    return this.#isUnwanted() || this.#state === 'ended';
  }

  #moreCredit(): Promise<void> {
    return new Promise((resolve) => {
      this.#creditGiven = () => {
        this.#creditGiven = undefined;
        resolve();
      };
      if (this.#isOver()) this.#creditGiven();
    });
  }

  #spend(bytes: number): void {
    this.#window -= bytes;
    if (this.#window < 0)
      throw new PeerError('worker-protocol', 'The worker sent more of an answer than it had credit for');
  }
}

const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']);

const cancelReasons: Partial<Record<ErrorCode, CancelReason>> = {
  'app-timeout': CancelReason.deadline,
  'request-timeout': CancelReason.deadline,
  'shutting-down': CancelReason.stopping,
};
