import { emptyBody } from '../../core/body.ts';
import { PeerError } from '../../core/errors.ts';
import { pieceOverhead, type WebSocketEnd } from '../../core/websocket.ts';
import { initialWindow, maxBodyPiece } from '../../protocol/worker/kinds.ts';

/** What a WebSocket needs of the connection to its worker. */
export interface WebSocketCarrier {
  sendMessage(stream: number, bytes: Uint8Array, isText: boolean, more: boolean): void;
  sendBody(stream: number, bytes: Uint8Array, end: boolean): void;
  /** `isLast`: no message follows. */
  sendClose(stream: number, code: number, reason: string, isLast: boolean): void;
  sendWindow(stream: number, credit: number): void;
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly isText: boolean;
  readonly more: boolean;
}

/** How many pieces that were sent are kept in front of those that wait, since taking each out by itself would move all the others. */
const longestTail = 256;

const noPiece: Piece = { bytes: new Uint8Array(0), isText: false, more: false };

/** The app's end of a WebSocket: one that its worker has accepted (frame.md, "WebSockets"). */
export class WorkerWebSocket implements WebSocketEnd {
  readonly #id: number;
  readonly #carrier: WebSocketCarrier;
  #client: WebSocketEnd | undefined;
  /** What came from the worker before the client's end was there; bounded by its credit. */
  #early: ((client: WebSocketEnd) => void)[] = [];
  /** What the worker has no credit for yet; the client's end bounds it. */
  readonly #queue: Piece[] = [];
  #next = 0;
  #credit = initialWindow;
  #window = initialWindow;
  #taken = 0;
  /** WS_CLOSE was sent. */
  #isClosed = false;
  #ended = false;

  constructor(id: number, carrier: WebSocketCarrier) {
    this.#id = id;
    this.#carrier = carrier;
  }

  /** The handshake was answered: what the worker has sent so far goes to the client. */
  join(client: WebSocketEnd): this {
    this.#client = client;
    for (const tell of this.#early.splice(0)) tell(client);
    return this;
  }

  /** The client is gone before `join`. */
  leave(): void {
    if (!this.#client) this.close(1006, '');
  }

  message(bytes: Uint8Array, isText: boolean, more: boolean): void {
    if (this.#isClosed || this.#ended) return;
    const cost = bytes.length + pieceOverhead;
    if (this.#queue.length === 0 && bytes.length <= maxBodyPiece && cost <= this.#credit) {
      this.#credit -= cost;
      this.#carrier.sendMessage(this.#id, bytes, isText, more);
      this.#client?.taken(cost);
      return;
    }
    this.#queue.push({ bytes, isText, more });
    this.#flush();
  }

  /** The app hears of it at once, and gets what waits for credit all the same, unless the connection was lost. */
  close(code: number, reason: string): void {
    if (this.#isClosed || this.#ended) return;
    this.#isClosed = true;
    if (code === 1006) this.#clear();
    this.#carrier.sendClose(this.#id, code, reason, this.#queue.length === 0);
  }

  taken(amount: number): void {
    this.#taken += amount;
    if (this.#taken < initialWindow / 2 || this.#ended) return;
    this.#window += this.#taken;
    this.#carrier.sendWindow(this.#id, this.#taken);
    this.#taken = 0;
  }

  /** A WINDOW frame. */
  credit(bytes: number): void {
    this.#credit += bytes;
    this.#flush();
  }

  /** A WS_MESSAGE frame. Throws PeerError where it goes beyond the credit. */
  receive(bytes: Uint8Array, isText: boolean, more: boolean): void {
    this.#window -= bytes.length + pieceOverhead;
    if (this.#window < 0)
      throw new PeerError('worker-protocol', 'The worker sent more messages than it had credit for');
    if (this.#client) this.#client.message(bytes, isText, more);
    else this.#early.push((client) => client.message(bytes, isText, more));
  }

  /** A WS_CLOSE frame. */
  receiveClose(code: number, reason: string): void {
    this.#tell((client) => client.close(code, reason));
  }

  /** The worker's end of the stream: what is still open is closed with that code. */
  end(code: 1000 | 1011): void {
    this.#ended = true;
    this.#clear();
    this.#tell((client) => client.close(code, ''));
  }

  /** The worker is to end: both ends are told to start anew elsewhere. */
  restart(): void {
    this.#tell((client) => client.close(1012, ''));
    if (this.#isClosed && this.#queue.length > 0) this.#carrier.sendBody(this.#id, emptyBody, true);
    this.#clear();
    this.close(1012, '');
  }

  #tell(tell: (client: WebSocketEnd) => void): void {
    if (this.#client) tell(this.#client);
    else this.#early.push(tell);
  }

  #flush(): void {
    while (this.#next < this.#queue.length && this.#credit >= pieceOverhead) {
      const { bytes, isText, more } = this.#queue[this.#next] as Piece;
      const size = Math.min(bytes.length, maxBodyPiece, this.#credit - pieceOverhead);
      if (size === 0 && bytes.length > 0) return;
      const isLast = size === bytes.length;
      this.#carrier.sendMessage(this.#id, isLast ? bytes : bytes.subarray(0, size), isText, more || !isLast);
      this.#credit -= size + pieceOverhead;
      if (isLast) this.#advance();
      else this.#queue[this.#next] = { bytes: bytes.subarray(size), isText, more };
      this.#client?.taken(isLast ? size + pieceOverhead : size);
    }
    if (this.#queue.length === 0 || this.#next < this.#queue.length) return;
    this.#clear();
    if (this.#isClosed) this.#carrier.sendBody(this.#id, emptyBody, true);
  }

  #advance(): void {
    this.#queue[this.#next++] = noPiece;
    if (this.#next < longestTail) return;
    this.#queue.splice(0, longestTail);
    this.#next = 0;
  }

  #clear(): void {
    this.#queue.length = 0;
    this.#next = 0;
  }
}
